# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server would refuse about NICs, told before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from ipaddress import IPv4Address, IPv4Network, ip_address
from typing import Any

from ..client import InvalidInput, NotAllowed
from ..model import Row
from .owned import project_of

_AT_HOME = frozenset(("Running", "Stopped", "Starting", "Stopping", "Migrating"))
"""States that end by themselves, or need not: the server's jobs about one instance wait for each other."""
_READY = frozenset(("Allocated", "Implemented", "Setup"))


def secondary_ips_of(row: Row) -> list[str]:
    return [str(entry["ipaddress"]) for entry in row.get("secondaryip") or () if entry.get("ipaddress")]


def check_wish(ctx: Any, row: Row | None) -> None:
    vm = ctx.ref("vm")
    if ctx.state == "absent":
        if row is not None:
            _check_removal(ctx, vm, row)
        return
    if ctx.is_planned(vm["id"]):
        return
    network = None if row is not None else ctx.ref("network")
    if row is None and network is not None and not ctx.is_planned(network["id"]):
        _check_creation(ctx, vm, network)
    elif row is not None:
        _check_default(ctx, vm, row)
        _check_new_addresses(ctx, vm, row)


def _refuse(ctx: Any, option: str, why: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"{ctx.name}: {why}", option=option, obj=ctx.name, remedy=remedy)


def _told(ctx: Any, command: str, question: Mapping[str, Any]) -> list[Row]:
    """What a list tells; nothing where the caller may not ask. Then it is the server that refuses."""
    try:
        rows: list[Row] = ctx.client.list(command, question)
    except NotAllowed:
        return []
    return rows


def _check_instance(ctx: Any, vm: Row, option: str) -> None:
    """What stands against a change of the NICs that an instance has, whichever it is."""
    name = vm["name"]
    if vm.get("state") not in _AT_HOME:
        raise _refuse(ctx, option, f"the instance {name} is {vm.get('state')}", "start, recover or remove the instance")
    question = {"virtualmachineid": vm["id"], "listall": True, **project_of(vm)}
    zone, snapshots = ctx.view.parallel(
        (partial(ctx.find, "zone", vm["zoneid"], {}), partial(_told, ctx, "listVMSnapshot", question))
    )
    if zone.get("networktype") == "Basic":
        raise _refuse(
            ctx, option, f"the zone {zone['name']} is basic, where an instance keeps the one NIC that it has",
            "deploy the instance in an advanced zone",
        )  # fmt: skip
    if snapshots:
        names = ", ".join(sorted(str(row.get("displayname") or row.get("name")) for row in snapshots))
        raise _refuse(
            ctx, option, f"the instance {name} has the snapshots {names}, which hold its NICs as they are",
            "remove them first, with vm_snapshot and state=absent",
        )  # fmt: skip


def _check_creation(ctx: Any, vm: Row, network: Row) -> None:
    if network.get("zoneid") != vm.get("zoneid"):
        raise _refuse(
            ctx, "network", f"the network is in the zone {network.get('zonename')}, the instance {vm['name']} in "
            f"{vm.get('zonename')}", "choose a network of the instance's zone",
        )  # fmt: skip
    _check_instance(ctx, vm, "network")
    if ctx.given.get("default") is False and not vm.get("nic"):
        raise _refuse(
            ctx,
            "default",
            f"the instance {vm['name']} has no NIC, so its first one is the default",
            "leave out default",
        )
    others = _inside(ctx, network, vm)
    if any(str(other["name"]).lower() == str(vm["name"]).lower() for other in others if other["id"] != vm["id"]):
        raise _refuse(
            ctx, "vm", f"another instance in the network is called {vm['name']}", "give one of the two another name"
        )
    _check_mac(ctx, network, others)
    wanted = [("ip_address", ctx.given["ip_address"])] if ctx.given.get("ip_address") else []
    wanted += [("secondary_ips", address) for address in ctx.given.get("secondary_ips") or ()]
    _check_addresses(ctx, network, others, wanted, set())


def _check_mac(ctx: Any, network: Row, others: list[Row]) -> None:
    option, wanted = ctx.resource.option("mac_address"), ctx.given.get("mac_address")
    if wanted is None or not option.equal:
        return
    for other, nic in _nics_in(network, others):
        if option.equal(wanted, nic.get("macaddress")):
            raise _refuse(
                ctx, "mac_address", f"the instance {other['name']} has {wanted} in the network", "choose another one"
            )


def _check_default(ctx: Any, vm: Row, row: Row) -> None:
    wanted, is_default = ctx.given.get("default"), bool(row.get("isdefault"))
    if wanted is None or wanted == is_default:
        return
    if not wanted:
        raise _refuse(
            ctx, "default", f"it is the default NIC of the instance {vm['name']}, which needs one",
            "make another NIC the default: default=true there",
        )  # fmt: skip
    _check_instance(ctx, vm, "default")


def _check_new_addresses(ctx: Any, vm: Row, row: Row) -> None:
    have, kept = secondary_ips_of(row), ctx.given.get("secondary_ips")
    wanted, free = [], set()
    if ctx.given.get("ip_address") not in (None, row.get("ipaddress")):
        wanted.append(("ip_address", ctx.given["ip_address"]))
        free.add(str(row.get("ipaddress")))
    if kept is not None:
        leaving = [address for address in have if address not in kept]
        wanted += [("secondary_ips", address) for address in kept if address not in have]
        free.update(leaving)
        if leaving:
            _check_leaving(ctx, vm, row, leaving)
    if not wanted:
        return
    network = _network_of(ctx, vm, row)
    if wanted[0][0] == "ip_address":
        _check_move(ctx, vm, network)
    # An address that the NIC gives back in the same task is free for its other option.
    _check_addresses(ctx, network, _inside(ctx, network, vm), wanted, free)


def _network_of(ctx: Any, vm: Row, row: Row) -> Row:
    around = {"project": vm["projectid"]} if vm.get("projectid") else {}
    found: Row = ctx.find("network", row["networkid"], around)
    return found


def _check_move(ctx: Any, vm: Row, network: Row) -> None:
    if network.get("service") and vm.get("state") != "Stopped":
        raise _refuse(
            ctx, "ip_address", f"the instance {vm['name']} is {vm.get('state')}, and only a stopped one gets another "
            "address in a network with services", "stop it first (state=stopped), and start it afterwards",
        )  # fmt: skip
    if network.get("state") not in _READY:
        raise _refuse(
            ctx, "ip_address", f"the network is {network.get('state')}", "wait until it is set up, or restart it"
        )


def _check_addresses(ctx: Any, network: Row, others: list[Row], wanted: list[tuple[str, str]], free: set[str]) -> None:
    """Refuses addresses outside the network, and those of somebody else as far as the caller sees them."""
    if not wanted:
        return
    if network.get("type") == "L2":
        raise _refuse(
            ctx,
            wanted[0][0],
            "an L2 network has no addresses to give",
            f"leave out {wanted[0][0]}; set it in the guest",
        )
    taken = {str(network["gateway"]): "the gateway"} if network.get("gateway") else {}
    for other, nic in _nics_in(network, others):
        for address in (nic.get("ipaddress"), *secondary_ips_of(nic)):
            taken.setdefault(str(address), f"the instance {other['name']}")
    spans = _spans(ctx, network)
    for option, address in wanted:
        if address in taken and address not in free:
            raise _refuse(ctx, option, f"{address} belongs to {taken[address]}", "choose a free address")
        if spans and not any(_within(address, *span) for span in spans):
            told = ", ".join(f"{first} - {last}" for first, last in spans)
            raise _refuse(ctx, option, f"{address} is outside the network, which has {told}", "choose one of these")


def _nics_in(network: Row, vms: list[Row]) -> Iterator[tuple[Row, Mapping[str, Any]]]:
    for vm in vms:
        yield from ((vm, nic) for nic in vm.get("nic") or () if nic.get("networkid") == network["id"])


def _inside(ctx: Any, network: Row, vm: Row) -> list[Row]:
    """Instances in a network that the caller may see."""
    question = {"networkid": network["id"], "listall": True}
    found = ctx.client.list("listVirtualMachines", question)
    if vm.get("projectid"):
        found += ctx.client.list("listVirtualMachines", {**question, **project_of(vm)})
    return list({row["id"]: row for row in found}.values())


def _spans(ctx: Any, network: Row) -> list[tuple[str, str]]:
    """First and last address of each range for instances; nothing where the caller may not know."""
    if network.get("type") == "Shared":
        ranges = _told(ctx, "listVlanIpRanges", {"networkid": network["id"]})
        return [(row["startip"], row.get("endip") or row["startip"]) for row in ranges if row.get("startip")]
    if not network.get("cidr"):
        return []
    span = IPv4Network(network["cidr"], strict=False)
    return [(str(span.network_address + 1), str(span.broadcast_address - 1))]


def _within(address: str, first: str, last: str) -> bool:
    found = ip_address(address)
    return not isinstance(found, IPv4Address) or IPv4Address(first) <= found <= IPv4Address(last)


def _check_removal(ctx: Any, vm: Row, row: Row) -> None:
    if row.get("isdefault"):
        raise _refuse(
            ctx, "state", f"it is the default NIC of the instance {vm['name']}",
            "make another NIC the default first: default=true there",
        )  # fmt: skip
    _check_instance(ctx, vm, "state")
    used = [why for why, _address in _rules_to(ctx, vm, row)]
    if used:
        raise _refuse(ctx, "state", f"{', '.join(used)} lead to it on the instance {vm['name']}", "remove these first")


def _check_leaving(ctx: Any, vm: Row, row: Row, leaving: list[str]) -> None:
    """Refuses to give back a secondary address that something leads to."""
    used = [f"{why} leads to {address}" for why, address in _rules_to(ctx, vm, row) if address in leaving]
    if used:
        raise _refuse(ctx, "secondary_ips", "; ".join(used), "remove the rule first, or keep the address")


def _rules_to(ctx: Any, vm: Row, row: Row) -> list[tuple[str, str]]:
    """What leads to an instance in the network of a NIC, and to which of its addresses; empty where none is told."""
    place = {"networkid": row["networkid"], "listall": True, **project_of(vm)}
    # Tenants may not ask for the addresses of a network that belongs to a domain.
    static = {"isstaticnat": True, "listall": True, **project_of(vm)}
    balanced = {**place, "virtualmachineid": vm["id"]}
    forwards, addresses, balancers = ctx.view.parallel((
        partial(_told, ctx, "listPortForwardingRules", place),
        partial(_told, ctx, "listPublicIpAddresses", static),
        partial(_told, ctx, "listLoadBalancerRules", balanced),
    ))  # fmt: skip
    here = (vm["id"], row["networkid"])
    found = [(f"port forwarding {rule.get('ipaddress')}:{rule.get('publicport')}", str(rule.get("vmguestip") or ""))
             for rule in forwards if rule.get("virtualmachineid") == vm["id"]]  # fmt: skip
    found += [(f"static NAT {ip.get('ipaddress')}", str(ip.get("vmipaddress") or ""))
              for ip in addresses
              if (ip.get("virtualmachineid"), ip.get("associatednetworkid")) == here]  # fmt: skip
    for rule in balancers:
        question = {"id": rule["id"], "lbvmips": True}
        for member in _told(ctx, "listLoadBalancerRuleInstances", question):
            if (member.get("loadbalancerruleinstance") or {}).get("id") == vm["id"]:
                name = f"load balancer {rule.get('name')}"
                found += [(name, str(address)) for address in member.get("lbvmipaddresses") or ("",)]
    return found
