"""VPCs: list, restart, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import Filter, contains, equal, matching, tagged
from ...model.vpcs import Vpc
from ...registry import SUCCESS, command
from ...tags import taggable
from ..appliances import routers
from ..common import completed, done, has_notes, owner_fields
from ..networks import addressing
from ..networks.listing import SERVICES
from ..networks.views import network_view
from ..routed import use

if TYPE_CHECKING:
    from ...simulator import Simulator

taggable("Vpc", "vpcs")
STEP = 0.1
REDUNDANT = "Redundant VPC offering"
"""What a VPC gets that is made redundant."""


def vpc_view(call: Call, vpc: Vpc) -> dict[str, Any]:
    db = call.db
    zone, offering = db.zones[vpc.zone_id], db.vpc_offerings[vpc.offering_id]
    return {
        "id": vpc.uuid,
        "name": vpc.name,
        "displaytext": vpc.display_text,
        "state": vpc.state,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "service": [
            {"name": service, "provider": [{"name": n} for n in names]} for service, names in offering.services.items()
        ],
        "cidr": vpc.cidr,
        "vpcofferingid": offering.uuid,
        "vpcofferingname": offering.name,
        "created": timestamp(vpc.created),
        **owner_fields(call, vpc.account_id),
        "network": [network_view(call, n) for n in db.networks.where(vpc_id=vpc.id)],
        "restartrequired": vpc.restart_required,
        "networkdomain": vpc.network_domain,
        "tags": call.sim.tags.views(vpc),
        "fordisplay": vpc.display,
        "distributedvpcrouter": offering.distributed_router,
        "regionlevelvpc": offering.region_level,
        "redundantvpcrouter": vpc.redundant,
        "publicmtu": vpc.public_mtu,
        "dns1": vpc.dns1,
        "dns2": vpc.dns2,
        "hasannotations": has_notes(call, vpc),
        **use.fields(call, "vpc_id", vpc, offering),
    }


@command("listVPCs")
def list_vpcs(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "vpc",
        call.db.vpcs,
        vpc_view,
        where=[
            equal("id", p.id),
            contains("name", p.name),
            contains("display_text", p.displaytext),
            equal("zone_id", p.zoneid),
            equal("state", p.state),
            equal("cidr", p.cidr),
            equal("offering_id", p.vpcofferingid),
            equal("restart_required", p.restartrequired),
            equal("display", p.fordisplay),
            _with_services(call),
            tagged(call, "Vpc"),
        ],
        keyword=("name", "display_text"),
        owned=True,
        newest_first=True,
    )


def _with_services(call: Call) -> Filter | None:
    """VPCs of offerings with as many pairs of a service and a provider as services are asked for.

    An offering with two providers of a service is so overlooked when one asks for this service alone.
    """
    names = call.params.supportedservices
    if not names:
        return None
    wanted = {n.lower() for n in names}

    def offered(vpc: Vpc) -> bool:
        for name in names:
            if name.lower() not in (s.lower() for s in SERVICES):
                raise InvalidParameter(f"Invalid service specified {name}")
        services = call.db.vpc_offerings[vpc.offering_id].services
        return len(names) == sum(len(providers) for s, providers in services.items() if s.lower() in wanted)

    return matching(offered)


def source_nat(call: Call, vpc: Vpc, wanted: str | None = None) -> Any:
    """The VPC's source NAT address: the one it has, else the wanted one, or a new one."""
    for ip in call.db.ip_addresses.where(vpc_id=vpc.id):
        if ip.is_source_nat:
            return ip
    owner = call.db.accounts[vpc.account_id]
    ip = addressing.public_address(call.sim, vpc.zone_id, owner, wanted, source_nat=True)
    ip.vpc_id = vpc.id
    return ip


def the_vpc(call: Call, row: Any, text: str) -> Vpc:
    if not row or row.removed is not None:
        raise InvalidParameter(text.format(id=row.id))
    call.check_access(row)
    return row


def same_vpc(call: Call) -> Any:
    return ("vpc", call.params.id or call.params.vpcid)


@command("restartVPC", sync=same_vpc)
def restart(call: Call) -> Any:
    p, vpc = call.params, the_vpc(call, call.params.id, "Unable to find Enabled VPC by id specified")
    yield STEP
    becomes_redundant = bool(p.makeredundant and not vpc.redundant)
    if becomes_redundant:
        vpc.redundant = True
        vpc.offering_id = call.db.vpc_offerings.the(name=REDUNDANT).id
    source_nat(call, vpc)
    yield from routers.restart_for_vpc(
        call, vpc, cleanup=bool(p.cleanup or becomes_redundant), live_patch=bool(p.livepatch)
    )
    vpc.restart_required = False
    done(call, "VPC.RESTART", "restarting vpc", vpc)
    return SUCCESS


@command("deleteVPC", sync=same_vpc)
def delete(call: Call) -> Any:
    db, vpc = call.db, the_vpc(call, call.params.id, "unable to find VPC id={id}")
    call.sim.tags.drop(vpc)
    tiers = db.networks.where(vpc_id=vpc.id)
    if tiers:
        raise InvalidParameter(f"Can't delete VPC {vpc} as its used by {len(tiers)} networks")
    vpc.state = "Inactive"
    yield STEP
    destroy(call.sim, vpc)
    completed(call, "VPC.DELETE", "deleting VPC.  Id", vpc)
    return SUCCESS


def destroy(sim: Simulator, vpc: Vpc) -> None:
    """Remove a VPC that has no tiers any more."""
    routers.remove_for_vpc(sim, vpc)
    _drop_belongings(sim, vpc)
    use.release(sim, "vpc_id", vpc.id)
    sim.limits.add(vpc.account_id, "vpc", -1)
    sim.tags.drop(vpc)
    sim.db.vpcs.remove(vpc)


def _drop_belongings(sim: Simulator, vpc: Vpc) -> None:
    """What only exists in a VPC goes with it: addresses, access lists, gateways, VPNs."""
    db = sim.db
    for vpn in db.remote_access_vpns.where(vpc_id=vpc.id):
        db.remote_access_vpns.delete(vpn)
    for gateway in db.vpn_gateways.where(vpc_id=vpc.id):
        for connection in db.vpn_connections.where(gateway_id=gateway.id):
            db.vpn_connections.delete(connection)
        db.vpn_gateways.delete(gateway)
    for table in ("static_routes", "private_gateways"):
        for row in db.tables[table].where(vpc_id=vpc.id):
            db.tables[table].delete(row)
    for acl in db.network_acls.where(vpc_id=vpc.id):
        for item in db.network_acl_items.where(acl_id=acl.id):
            db.network_acl_items.delete(item)
        db.network_acls.delete(acl)
    for ip in db.ip_addresses.where(vpc_id=vpc.id):
        addressing.release_public(sim, ip)
