"""Another offering for a network: what it may be, what goes with lost services, and the restart that it needs."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.networks import Network
from ..appliances import routers
from . import addressing, lifecycle, rules

if TYPE_CHECKING:
    from ...simulator import Simulator


def wanted(call: Call, network: Network) -> Any:
    """The offering that updateNetwork shall change to, None when it stays the same."""
    db, new = call.db, call.params.networkofferingid
    if new is None:
        return None
    if network.guest_type != "Isolated":
        raise InvalidParameter("NetworkOffering update can be performed for Isolated networks only.")
    named = ((new.uuid, "networkOfferingId"),) if getattr(new, "uuid", None) else ()
    if not new or new.removed is not None:
        raise InvalidParameter("Unable to find network offering with specified id", uuids=named)
    if new.state != "Enabled":
        raise InvalidParameter(
            "Network offering with specified id is not in Enabled state, can't upgrade to it", uuids=named
        )
    old = db.network_offerings[network.offering_id]
    if new.for_vpc != old.for_vpc:
        raise InvalidParameter(
            f"Can't update as the new offering is {'a vpc offering ' if new.for_vpc else 'not a vpc offering'}"
        )
    if new.id == old.id:
        return None
    if call.params.changecidr and any(vm.state != "Stopped" for vm in lifecycle.vms_in(call.sim, network)):
        raise InvalidParameter(
            "All user vm of network of specified id should be stopped before changing CIDR!",
            uuids=((network.uuid, "networkId"),),
        )
    if not _may_take_over(old, new) or not may_move(call, network, old, new):
        raise unfit(old, new)
    return new


def unfit(old: Any, new: Any) -> InvalidParameter:
    return InvalidParameter(
        f"Can't upgrade from network offering {old.uuid} to {new.uuid}; check logs for more information"
    )


def _may_take_over(old: Any, new: Any) -> bool:
    """Whether a network may stay where it is: tags that are lost are no matter, new ones are."""
    return (
        ("SecurityGroup" in new.services) == ("SecurityGroup" in old.services)
        and (not new.tags or _tags(new) == _tags(old))
        and new.specify_vlan == old.specify_vlan
    )


def _tags(offering: Any) -> set[str]:
    return {tag.strip().lower() for tag in (offering.tags or "").split(",") if tag.strip()}


def may_move(call: Call, network: Network, old: Any, new: Any) -> bool:
    """Whether the offerings are of one kind and the network's addresses can serve what they serve now."""
    if old.guest_type != "Isolated":
        raise InvalidParameter("NetworkOfferingId can be upgraded only for the network of type Isolated")
    if any(getattr(old, what) != getattr(new, what) for what in ("guest_type", "traffic_type", "specify_ip_ranges")):
        return False
    if old.conserve_mode and not new.conserve_mode and _has_busy_address(call.sim, network):
        return False
    if {"Lb"} <= old.services.keys() & new.services.keys() and old.internal_lb != new.internal_lb:
        raise InvalidParameter(
            "Original and new offerings support different types of LB - Internal vs Public, can't upgrade"
        )
    return True


def _has_busy_address(sim: Simulator, network: Network) -> bool:
    """Whether an address serves more than one thing."""
    return any(len(rules.services_of(sim.db, ip)) > 1 for ip in sim.db.ip_addresses.where(network_id=network.id))


def lost_services(call: Call, network: Network, new: Any) -> list[str]:
    """Services that the network would lose; that is for those who insist."""
    if new is None:
        return []
    old = call.db.network_offerings[network.offering_id]
    lost = [name for name in old.services if name not in new.services and name != "Gateway"]
    if lost and not call.params.forced:
        raise CloudRuntime(
            f"The new offering:{new.name} will remove the following services [{', '.join(lost)}]along with all the "
            "related configuration currently in use. will not proceed with the network update.set forced parameter to "
            "true for forcing an update."
        )
    return lost


PURPOSES = {
    "StaticNat": "PortForwarding", "PortForwarding": "PortForwarding", "Lb": "LoadBalancing", "Firewall": "Firewall",
}  # fmt: skip
"""The rules that go with a lost service: those of static NAT and of port forwarding with either of both."""


def wakes(call: Call, network: Network, new: Any) -> bool:
    """Whether the network becomes a persistent one."""
    return bool(new.persistent and not call.db.network_offerings[network.offering_id].persistent)


def take(sim: Simulator, network: Network, new: Any, lost: list[str]) -> None:
    """Give the network its new offering; what was made of the lost services goes."""
    _forget_services(sim, network, lost)
    network.offering_id, network.redundant = new.id, new.redundant_router


def _forget_services(sim: Simulator, network: Network, lost: list[str]) -> None:
    purposes = {PURPOSES[name] for name in lost if name in PURPOSES}
    for rule in sim.db.firewall_rules.where(network_id=network.id):
        if rule.removed is None and rule.purpose in purposes:
            rules.drop(sim, rule)
    for ip in sim.db.ip_addresses.where(network_id=network.id):
        if "StaticNat" in lost:
            ip.is_static_nat, ip.vm_id, ip.vm_address = False, None, None
        if "SourceNat" in lost:
            ip.is_source_nat = False
    if "Vpn" in lost and network.vpc_id is None:
        for vpn in sim.db.remote_access_vpns.where(network_id=network.id):
            sim.db.remote_access_vpns.delete(vpn)


def restart(call: Call, network: Network, *, wakes: bool) -> Generator[float, None, None]:
    """New routers for a network in use; with `changecidr` a new VLAN, too. `wakes`: it has just become persistent."""
    if network.state == "Allocated":
        if wakes:
            yield from lifecycle.implement(call, network)
    elif call.params.changecidr:
        if network.network_cidr is not None:
            network.cidr, network.network_cidr = network.network_cidr, None
        lifecycle.shut_down(call.sim, network)
        yield from lifecycle.implement(call, network)
    elif network.vpc_id is None:
        routers.remove_for(call.sim, network)
        if "SourceNat" in call.db.network_offerings[network.offering_id].services:
            addressing.source_nat_address(call, network)
        yield from routers.ensure_for(call, network)
