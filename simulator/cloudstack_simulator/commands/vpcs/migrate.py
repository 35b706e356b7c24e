"""migrateVPC: a VPC goes to another offering, and its tiers to other offerings with it."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter
from ...model.networks import Network
from ...model.vpcs import Vpc
from ...registry import command
from ..appliances import routers
from ..networks import lifecycle, migrate
from ..offerings import usable
from . import tiers
from .vpcs import vpc_view

Moves = list[tuple[Network, Any]]


@command("migrateVPC", sync=lambda call: ("vpc", call.params.vpcid))
def migrate_vpc(call: Call) -> Any:
    p, db = call.params, call.db
    vpc = live(p.vpcid, "Unable to find Enabled VPC by id specified")
    offering = live(p.vpcofferingid, "Unable to find VPC offering by id specified")
    call.check_access(vpc)
    usable.check(call, call.caller.account, offering, db.zones[vpc.zone_id])
    if offering.id == vpc.offering_id:
        return {"vpc": vpc_view(call, vpc)}
    moves = _wanted(call, vpc)
    for _tier, new in moves:
        tiers.check_services(vpc, offering, new)
    persistent = {tier.id for tier, new in moves if new.persistent}
    alive = [t for t in db.networks.where(vpc_id=vpc.id) if t.state == "Implemented" or t.id in persistent]
    yield lifecycle.STEP
    for tier, new in moves:
        lifecycle.shut_down(call.sim, tier)
        tier.offering_id, tier.physical_network_id = new.id, migrate.physical_of(call, tier, new).id
    routers.remove_for_vpc(call.sim, vpc)
    vpc.offering_id, vpc.redundant = offering.id, offering.redundant_router
    yield from routers.ensure_for_vpc(call, vpc)
    for tier in alive:
        yield from lifecycle.implement(call, tier)
    return {"vpc": vpc_view(call, vpc)}


def _wanted(call: Call, vpc: Vpc) -> Moves:
    """The tiers that change their offering, with the one that the call names for them."""
    named = {
        entry.get("networkid"): entry.get("networkofferingid")
        for entry in (call.params.tiernetworkofferings or {}).values()
    }
    moves = []
    for tier in call.db.networks.where(vpc_id=vpc.id):
        uuid = named.get(tier.uuid)
        if uuid is None:
            raise InvalidParameter(
                "Failed to migrate VPC as the specified tierNetworkOfferings is not complete",
                uuids=((tier.uuid, "networkUuid"),),
            )
        new = call.db.network_offerings.find(uuid)
        if new is None or new.removed is not None:
            raise InvalidParameter(
                "Failed to migrate VPC as at least one network offering in tierNetworkOfferings does not exist",
                uuids=((uuid, "networkOfferingUuid"),),
            )
        if not new.for_vpc:
            raise InvalidParameter(
                f"Network offering {new.name} ({new.uuid}) can't be used for VPC networks for network "
                f"{tier.name}({tier.uuid})"
            )
        if migrate.check(call, tier, new):
            moves.append((tier, new))
    return moves
