# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NICs of instances: their networks, added and removed at any time, and the addresses that they have there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, ip_address
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, Update
from .instance_nic_checks import check_wish, secondary_ips_of
from .instance_steps import is_gone
from .owned import check_owner
from .vm_snapshots import OF_INSTANCE

_MAC = re.compile(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}")


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    if given.get("ip_address") is not None:
        _check_address("ip_address", given["ip_address"], "IPv4 address")
    for text in given.get("secondary_ips") or ():
        _check_address("secondary_ips", text, "IP address")
    if given.get("ip_address") is not None and given["ip_address"] in (given.get("secondary_ips") or ()):
        raise InvalidInput(
            f"{given['ip_address']} cannot be the first and a secondary address",
            option="secondary_ips",
            remedy="leave it out of one of the two options",
        )
    if given.get("mac_address") is not None:
        _check_mac(given["mac_address"])


def _check_address(option: str, text: Any, what: str) -> None:
    try:
        IPv4Address(text) if option == "ip_address" else ip_address(text)
    except ValueError:
        raise InvalidInput(f"{option}: {text!r} is no {what}", option=option, remedy=f"give an {what}") from None


def _check_mac(text: Any) -> None:
    """What is no MAC address is answered by the server with one of its own, and no word [UserVmManagerImpl]."""
    if not _MAC.fullmatch(str(text)) or int(str(text).partition(":")[0], 16) & 1:
        raise InvalidInput(
            f"mac_address {text!r} is no address of a single interface",
            option="mac_address",
            remedy="give six pairs of hexadecimal digits with an even first one, 02:00:5e:00:00:01 for example",
        )


def _same_mac(want: Any, have: Any) -> bool:
    return [part.zfill(2).lower() for part in str(want).split(":")] == str(have or "").lower().split(":")


def _rows(ctx: Any) -> list[Row]:
    """The NICs of the instance in the network of this name or id. An instance is in a network once at most.

    What is destroyed can only be recovered, so its NICs are gone for those who want one gone.
    """
    vm = ctx.ref("vm")
    if ctx.state == "absent" and is_gone(vm):
        return []
    listed: list[Row] = ctx.view.rows(ctx.resource, {"virtualmachineid": vm["id"]})
    if ctx.id:
        return listed
    meant = [row for row in listed if ctx.given["network"] in (row.get("networkid"), row.get("networkname"))]
    if not meant or not ctx.given.get("vpc"):
        return meant
    vpc = ctx.ref_id("vpc")
    return [row for row in meant if row.get("vpcid") == vpc]


def _create(ctx: Any, params: dict[str, Any]) -> str:
    """The answer is the instance with all its NICs."""
    nics = ctx.change("addNicToVirtualMachine", params)["virtualmachine"].get("nic") or ()
    return "".join(str(nic["id"]) for nic in nics if nic.get("networkid") == params["networkid"])


def _set_addresses(ctx: Any, row: Row, changes: tuple[Any, ...]) -> None:
    """Gives back first, then takes: an address may go from one of the two options to the other."""
    changed = {change.option for change in changes}
    wanted = ctx.given.get("secondary_ips") if "secondary_ips" in changed else None
    have = secondary_ips_of(row)
    for entry in row.get("secondaryip") or () if wanted is not None else ():
        if entry["ipaddress"] not in wanted:
            ctx.change("removeIpFromNic", {"id": entry["id"]})
    if "ip_address" in changed:
        ctx.change("updateVmNicIp", {"nicid": row["id"], "ipaddress": ctx.given["ip_address"]})
    for address in wanted or ():
        if address not in have:
            ctx.change("addIpToNic", {"nicid": row["id"], "ipaddress": address})


def _make_default(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    params = {"nicid": row["id"], "virtualmachineid": row["virtualmachineid"]}
    ctx.change("updateDefaultNicForVirtualMachine", params)


INSTANCE_NIC = Resource(
    name="instance_nic",
    noun="NIC",
    summary="Manage NICs of instances",
    description=(
        "Puts instances into networks and takes them out, while they run or are stopped.",
        "Changes the addresses of a NIC, and which NIC is the default one.",
    ),
    notes=(
        "An instance is in a network once at most, so O(vm) and O(network) tell the NIC.",
        "The default NIC is not removed, nor one that rules or a static NAT lead to.",
        "While an instance has snapshots of itself, no NIC is added or removed, and none is made the default.",
        "In a basic zone an instance has the one NIC that it was deployed with.",
        "A guest learns of another address or default NIC by DHCP, so restart it or its network service.",
        "Secondary addresses are given out by the server only; the guest has to set them up itself.",
        "In a shared network a NIC of a stopped instance gets its address at the start, unless it is given one here.",
    ),
    exported=False,
    commands=Commands(
        list="listNics",
        create="addNicToVirtualMachine",
        delete="removeNicFromVirtualMachine",
        filters={},
        parents={"vm": "virtualmachineid"},
        id="nicid",
        delete_fields=("virtualmachineid",),
    ),
    identity=("network",),
    scope=("vm",),
    parent="vm",
    unique=True,
    updates=(
        Update("updateVmNicIp", options=("ip_address", "secondary_ips"), run=_set_addresses),
        Update("updateDefaultNicForVirtualMachine", options=("default",), run=_make_default),
    ),
    options=(
        Option(
            "network", "ref", required=True, api="networkid", refers_to="network", name_field="networkname",
            # The rows are those of the network already, which may be called as others of other owners.
            equal=lambda want, have: want == have, help="Network of the NIC.",
        ),
        Option(
            "vm", "ref", required=True, api="virtualmachineid", refers_to="instance", aliases=("instance", "name"),
            help="The instance.",
        ),
        Option(
            "vpc", "ref", api="", refers_to="vpc", behaviour=True,
            help="VPC that the network is a tier of; tells networks of the same name apart.",
        ),
        *(Option(o.name, o.type, o.help, refers_to=o.refers_to, behaviour=True) for o in OF_INSTANCE),
        Option(
            "ip_address", api="ipaddress", updatable=True,
            help=(
                "IPv4 address; any free one if it is left out at creation.",
                "A change needs a stopped instance, unless the network has no services.",
                "Rules that lead to the old address lead to the new one then.",
            ),
        ),
        Option(
            "mac_address", api="macaddress", equal=_same_mac,
            help="MAC address; the server chooses one if it is left out at creation. It cannot be changed.",
        ),
        Option(
            "default", "bool", field="isdefault", on_create=False, updatable=True, aliases=("is_default",),
            one_way="the NIC that was the default before has to be made it again",
            help=(
                "Whether it is the default NIC, by which the guest reaches everything else.",
                "V(true) makes it so. V(false) is refused for the NIC that is: make another one the default instead.",
            ),
        ),
        Option(
            "secondary_ips", "set", api="", field="", decode=secondary_ips_of, on_create=False, updatable=True,
            help="All secondary addresses of the NIC: others are removed, and an empty list removes all.",
        ),
    ),
    omitted={
        "addNicToVirtualMachine.dhcpoptions": "can be said at creation alone, so they could not be kept",
    },
    returns={"isdefault": "default"},
    settle_timeout=1800,
    validate=_validate,
    check_wish=check_wish,
    rows=_rows,
    create=_create,
)  # fmt: skip

RESOURCES = (INSTANCE_NIC,)
