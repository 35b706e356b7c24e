# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks that instances are in: isolated, shared and L2 ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, Update
from .defaults import same_as_name
from .owned import OWNER, PROJECT_PARENT, SCOPE, ZONE, check_owner, tagging

_TAGS, _SET_TAGS = tagging("Network")
_RANGES = (("start_ip", "end_ip"), ("start_ipv6", "end_ipv6"))


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    for first, last in _RANGES:
        if given.get(last) and not given.get(first):
            raise InvalidInput(f"{last} needs {first}", option=first, remedy=f"give {first}, the begin of the range")
    if given.get("start_ip") and not given.get("gateway"):
        raise InvalidInput("start_ip needs gateway and netmask", option="gateway", remedy="give both")
    if given.get("acl_type") == "Domain" and given.get("account"):
        raise InvalidInput(
            "a network with acl_type Domain belongs to a whole domain, not to an account",
            option="account",
            remedy="leave out account",
        )


def _check_wish(ctx: Any, row: Row | None) -> None:
    if row is not None and ctx.state == "absent":
        _refuse_if_used(ctx, row)
        return
    if row is None and ctx.state != "absent":
        missing = [name for name in ("zone", "network_offering") if not ctx.given.get(name)]
        if missing:
            raise InvalidInput(
                f"{ctx.name} does not exist, and creating it needs {' and '.join(missing)}",
                option=missing[0],
                obj=ctx.name,
                remedy=f"give {' and '.join(missing)}, or check the name",
            )


def _refuse_if_used(ctx: Any, row: Row) -> None:
    question = {"networkid": row["id"], "listall": True}
    if row.get("projectid"):
        question["projectid"] = row["projectid"]
    names = sorted(vm["name"] for vm in ctx.client.list("listVirtualMachines", question))
    if names:
        raise InvalidInput(
            f"{ctx.name} has {len(names)} instances: {', '.join(names[:5])}",
            option="state",
            obj=ctx.name,
            remedy="take their interfaces out of the network or remove the instances first",
        )


def _extra(ctx: Any, _row: Row) -> Mapping[str, Any]:
    chosen = {"update_in_sequence": "updateinsequence", "force": "forced"}
    return {parameter: True for option, parameter in chosen.items() if ctx.given.get(option)}


def _before_create(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    # The server would call a network without this text by none.
    return {**params, "displaytext": params.get("displaytext") or ctx.given["name"]}


def _vlan(row: Row) -> str | None:
    return row.get("vlan") or str(row.get("broadcasturi") or "").removeprefix("vlan://") or None


def _fixed(name: str, text: str, **more: Any) -> Option:
    return Option(name, help=text, **more)


def _not_told(name: str, text: str, kind: str = "str", **more: Any) -> Option:
    return Option(name, kind, help=f"{text} The server does not tell it back.", field="", **more)


NETWORK = Resource(
    name="network",
    noun="network",
    summary="Manage networks",
    description=(
        "Creates, changes and deletes isolated, shared and L2 networks.",
        "A shared network has its VLAN and addresses from the admin; an isolated one gets them from the server.",
    ),
    notes=(
        "Names are not unique at the server. If more than one network has the name, the task fails and lists the ids.",
        "A change of O(network_offering) makes new virtual routers; with O(update_in_sequence) one after the other.",
        "A network that instances are in is not deleted.",
    ),
    exported=False,
    commands=Commands(
        list="listNetworks",
        create="createNetwork",
        update="updateNetwork",
        delete="deleteNetwork",
        fixed={"list": {"listall": True}},
        filters={},
        parents=PROJECT_PARENT,
    ),
    scope=(*SCOPE, "vpc"),
    is_shared=lambda row: row.get("acltype") == "Domain",
    after_parts=("zone",),
    updates=(Update("updateNetwork", extra=_extra), _SET_TAGS),
    options=(
        Option("name", help="Name of the network. With O(id) it is the new name.", required=True, updatable=True),
        Option(
            "display_text", help="What users see.", api="displaytext", updatable=True, server_default=same_as_name
        ),
        replace(ZONE, help="Zone of the network."),
        *OWNER,
        Option(
            "network_offering", "ref", help="Network offering. A change needs new virtual routers.", updatable=True,
            api="networkofferingid", refers_to="network_offering", name_field="networkofferingname",
        ),
        Option(
            "physical_network", "ref", help="Physical network, where the offering does not tell by its tags.",
            api="physicalnetworkid", refers_to="physical_network",
        ),
        Option(
            "vpc", "ref", help="VPC that the network is a tier of.", api="vpcid", refers_to="vpc", name_field="vpcname",
            # Told also where there is none: what is in no VPC is not meant by those who name one.
            decode=lambda row: row.get("vpcid"),
        ),
        _fixed(
            "acl_type", "Who may use a shared network: one account, or a whole domain.",
            choices=("Account", "Domain"),
        ),
        Option(
            "subdomain_access", "bool", api="subdomainaccess",
            help="Subdomains may use it too, with O(acl_type=Domain).",
        ),
        _fixed("gateway", "Gateway of its instances, for IPv4."),
        _fixed("netmask", "Netmask for IPv4."),
        _not_told("start_ip", "First address for instances."),
        _not_told("end_ip", "Last address for instances. The first one, if it is left out."),
        _fixed("ip6_gateway", "Gateway for IPv6.", api="ip6gateway"),
        _fixed("ip6_cidr", "Network for IPv6.", api="ip6cidr"),
        _not_told("start_ipv6", "First IPv6 address for instances."),
        _not_told("end_ipv6", "Last IPv6 address for instances."),
        Option(
            "vlan", help="VLAN of a shared network, or of an isolated one whose offering asks for it. Admins only.",
            decode=_vlan, equal=lambda want, have: str(want).removeprefix("vlan://") == str(have or ""),
        ),
        _not_told(
            "bypass_vlan_overlap_check", "Take a VLAN that another network or range has.", "bool",
        ),
        _not_told("isolated_pvlan", "Secondary VLAN of a private VLAN."),
        _not_told(
            "isolated_pvlan_type", "Kind of private VLAN.", choices=("isolated", "promiscuous", "community")
        ),
        Option("network_domain", help="DNS domain of its instances.", updatable=True),
        Option("dns1", help="First name server.", updatable=True, since="4.18.0"),
        Option("dns2", help="Second name server.", updatable=True, since="4.18.0"),
        Option("ip6_dns1", help="First name server, IPv6.", api="ip6dns1", updatable=True, since="4.18.0"),
        Option("ip6_dns2", help="Second name server, IPv6.", api="ip6dns2", updatable=True, since="4.18.0"),
        Option("public_mtu", "int", help="MTU of the routers' public side.", updatable=True, since="4.18.0"),
        Option("private_mtu", "int", help="MTU of the routers' guest side.", updatable=True, since="4.18.0"),
        Option(
            "source_nat_ip", api="sourcenatipaddress", field="", since="4.19",
            help="Public address for source NAT. The server does not tell it back.",
        ),
        Option("display_network", "bool", help="Whether users see the network.", api="displaynetwork", updatable=True),
        _not_told(
            "hide_ip_address_usage", "Addresses of the network are not in usage records.", "bool",
            api="hideipaddressusage",
        ),
        Option("external_id", help="Id of the network in an external system.", api="externalid"),
        Option(
            "update_in_sequence", "bool", default=False, behaviour=True,
            help="Renew redundant routers one after the other when the offering changes.",
        ),
        Option(
            "force", "bool", default=False, behaviour=True,
            help="Change the offering though its services differ; rules of services that go are lost.",
        ),
        _TAGS,
    ),
    omitted={
        **{
            f"createNetwork.{name}": reason
            for name, reason in {
                "aclid": "ACLs belong to tiers of VPCs, which tenants manage",
                "asnumber": "dynamic routing is set up by its own commands",
                "bgppeerids": "dynamic routing is set up by its own commands",
                "cidrsize": "dynamic routing is set up by its own commands",
                "associatednetworkid": "shared networks beside isolated ones belong to tenants",
                "routerip": "the server chooses the router's address in a shared network",
                "routeripv6": "the server chooses the router's address in a shared network",
                "tungstenvirtualrouteruuid": "sent by the Tungsten plug-in only",
            }.items()
        },
        "updateNetwork.customid": "would change the id of an existing network",
        "updateNetwork.changecidr": "a new address space needs every instance to be stopped; make a new network",
        "updateNetwork.guestvmcidr": "reserving addresses inside a running network belongs to its owner",
        "updateNetwork.hideipaddressusage": "the server does not tell it, so it could not be kept",
        "updateNetwork.sourcenatipaddress": "the server does not tell it, so it could not be kept",
        "updateNetwork.forced": "sent by force",
        "updateNetwork.updateinsequence": "sent by update_in_sequence",
    },
    settle_timeout=1800,
    validate=_validate,
    check_wish=_check_wish,
    before_create=_before_create,
)  # fmt: skip

VPC = Resource(
    name="vpc",
    noun="VPC",
    summary="VPCs",
    commands=Commands(list="listVPCs", fixed={"list": {"listall": True}}, parents=PROJECT_PARENT),
    scope=SCOPE,
    options=(Option("name", help="Name of the VPC."), ZONE, *OWNER),
    lookup_only=True,
)

RESOURCES = (NETWORK, VPC)
