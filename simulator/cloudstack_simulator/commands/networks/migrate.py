"""migrateNetwork: an isolated network goes to another offering, and to another physical network with it."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...model.networks import Network
from ...registry import command
from ..zones import zone_life
from . import lifecycle, offering_change
from .views import network_view


@command("migrateNetwork", sync=lambda call: ("network", call.params.networkid))
def migrate(call: Call) -> Any:
    network = live(call.params.networkid, "Unable to find network by id {id}")
    offering = live(call.params.networkofferingid, "Unable to find network offering.")
    if network.vpc_id is not None:
        raise InvalidParameter("Failed to migrate network as the specified network is a vpc tier. Use migrateVpc.")
    if offering.for_vpc:
        raise InvalidParameter("Failed to migrate network as the specified network offering is a VPC offering")
    if not check(call, network, offering):
        return {"network": network_view(call, network)}
    physical = physical_of(call, network, offering)
    was_there = network.state == "Implemented"
    yield lifecycle.STEP
    lifecycle.shut_down(call.sim, network)
    network.offering_id, network.redundant = offering.id, offering.redundant_router
    network.physical_network_id = physical.id
    if was_there or offering.persistent:
        yield from lifecycle.implement(call, network)
    call.event("NETWORK.MIGRATE", "Successfully completed migrating network", network)
    return {"network": network_view(call, network)}


def check(call: Call, network: Network, offering: Any) -> bool:
    """Refuse what cannot migrate; False when there is nothing to do."""
    _check_network(call, network)
    if offering.id == network.offering_id:
        return False
    _check_offering(call, network, offering)
    if any(vm.state not in ("Running", "Stopped") for vm in lifecycle.vms_in(call.sim, network)):
        raise CloudRuntime("Failed to migrate network as at least one VM is not in running or stopped state.")
    if offering.state != "Enabled":
        raise InvalidParameter("Failed to migrate network as the specified network offering is not enabled.")
    return True


def _check_network(call: Call, network: Network) -> None:
    if network.is_system:
        raise InvalidParameter("Failed to migrate network as the specified network is a system network.")
    call.check_access(network)
    if network.state not in ("Implemented", "Setup", "Allocated"):
        raise CloudRuntime("Failed to migrate network as it is in invalid state.")


def _check_offering(call: Call, network: Network, new: Any) -> None:
    old = call.db.network_offerings[network.offering_id]
    if not offering_change.may_move(call, network, old, new):
        raise offering_change.unfit(old, new)


def physical_of(call: Call, network: Network, offering: Any) -> Any:
    """The zone's physical network for guests, among several the one that has the offering's tag."""
    zone = call.db.zones[network.zone_id]
    return zone_life.tagged_among(zone_life.networks_with_traffic(call.sim, zone, "Guest"), zone, offering.tags)
