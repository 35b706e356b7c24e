"""updateVPC."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime
from ...model.vpcs import Vpc
from ...registry import command
from ..appliances import routers
from ..common import completed
from ..networks import mtu
from .vpcs import STEP, same_vpc, the_vpc, vpc_view

PLAIN = {"name": "name", "displaytext": "display_text", "fordisplay": "display"}


@command("updateVPC", sync=same_vpc)
def update(call: Call) -> Any:
    """When nothing changes, the update fails. Another source NAT address restarts the VPC."""
    p, vpc = call.params, the_vpc(call, call.params.id, "Unable to find vpc by id {id}")
    new_mtu, new_source_nat = _new_mtu(call, vpc), _new_source_nat(call, vpc)
    yield STEP
    if new_mtu is None and new_source_nat is None and not any(p[name] is not None for name in (*PLAIN, "customid")):
        raise CloudRuntime("Failed to update VPC")
    for parameter, field in PLAIN.items():
        if p[parameter] is not None:
            setattr(vpc, field, p[parameter])
    if new_mtu is not None:
        vpc.public_mtu = new_mtu
        for tier in call.db.networks.where(vpc_id=vpc.id):
            tier.public_mtu = new_mtu
    if p.customid is not None:
        call.db.vpcs.change_uuid(vpc, p.customid)
    if new_source_nat is not None:
        for ip in call.db.ip_addresses.where(vpc_id=vpc.id):
            ip.is_source_nat = ip.id == new_source_nat.id
        yield from routers.restart_for_vpc(call, vpc, cleanup=True, live_patch=False)
    completed(call, "VPC.UPDATE", "updating vpc.  Id", vpc)
    return {"vpc": vpc_view(call, vpc)}


def _new_mtu(call: Call, vpc: Vpc) -> int | None:
    """Another size of packets: only where users may not choose one for their networks, as odd as that is.

    The router has to take it for the VPC's addresses; without addresses nothing changes.
    """
    zone, wanted = call.db.zones[vpc.zone_id], call.params.publicmtu
    if wanted is None or mtu.may_choose(call, zone):
        return None
    size = mtu.of_vpc(call, zone, wanted)
    if size == vpc.public_mtu or not call.db.ip_addresses.where(vpc_id=vpc.id):
        return None
    if not call.db.vms.where(vpc_id=vpc.id):
        raise CloudRuntime("Failed to update MTU on the network")
    return size


def _new_source_nat(call: Call, vpc: Vpc) -> Any:
    """Another address of the VPC, without rules, that shall be the one of source NAT; any other is overlooked."""
    for ip in call.db.ip_addresses.where(vpc_id=vpc.id):
        free = not ip.is_source_nat and not call.db.firewall_rules.where(ip_id=ip.id)
        if free and ip.address == call.params.sourcenatipaddress:
            return ip
    return None
