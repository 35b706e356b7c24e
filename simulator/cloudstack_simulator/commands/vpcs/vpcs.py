"""VPCs: create, list, update, restart, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net
from ...access import entity_owner
from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...listing import Filter, contains, equal, matching, tagged
from ...model.vpcs import Vpc
from ...registry import SUCCESS, allocate, command
from ...tags import taggable
from ..common import completed, has_notes, owner_fields
from ..networks import addressing
from ..networks.create import DOMAIN_RULE
from ..networks.listing import SERVICES
from ..networks.views import network_view
from ..offerings import usable
from ..zones.texts import is_domain_name

if TYPE_CHECKING:
    from ...simulator import Simulator

taggable("Vpc", "vpcs")
STEP = 0.1


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
    }


@allocate("createVPC")
def allocate_vpc(call: Call) -> Vpc:
    p, zone, offering = call.params, call.params.zoneid, call.params.vpcofferingid
    owner = entity_owner(call)
    if not zone or zone.removed is not None:
        raise InvalidParameter("Can't find zone by id specified")
    if not offering or offering.removed is not None or offering.state != "Enabled":
        raise InvalidParameter(
            "Unable to find vpc offering in Enabled state by specified id", uuids=((offering.uuid, "vpcOfferingId"),)
        )
    usable.check(call, owner, offering, zone)
    if p.cidr is None and p.cidrsize is None:
        raise InvalidParameter("VPC cidr or cidr size must be specified")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied("Cannot perform this operation since specified Zone is currently disabled")
    _check_size(call)
    domain = _domain_name(call, owner, zone)
    _check_cidr(p.cidr)
    _check_dns(call, offering)
    call.sim.limits.check(owner, "vpc")
    vpc: Vpc = call.db.vpcs.add(
        Vpc(
            name=p.name,
            display_text=p.displaytext or p.name,
            zone_id=zone.id,
            account_id=owner.id,
            offering_id=offering.id,
            cidr=p.cidr,
            network_domain=domain,
            state="Enabled",
            display=p.get("fordisplay", True),
            redundant=offering.redundant_router,
            dns1=p.dns1,
            dns2=p.dns2,
            public_mtu=p.get("publicmtu", 1500),
        )
    )
    call.sim.limits.add(owner.id, "vpc", 1)
    return vpc


def _check_size(call: Call) -> None:
    """A size instead of a CIDR is for routed VPCs only."""
    p = call.params
    if p.cidrsize is None:
        return
    if p.cidr is not None:
        raise InvalidParameter("VPC cidr and cidr size are mutually exclusive")
    raise InvalidParameter("VPC cidr size is only applicable on VPC with Routed mode")


def _check_dns(call: Call, offering: Any) -> None:
    p = call.params
    if any((p.dns1, p.dns2, p.ip6dns1, p.ip6dns2)) and "Dns" not in offering.services:
        raise InvalidParameter("DNS can not be specified for VPCs with offering that do not support DNS service")
    if p.ip6dns1 or p.ip6dns2:
        raise InvalidParameter("IPv6 DNS can be specified for IPv6 enabled VPC")


def _domain_name(call: Call, owner: Any, zone: Any) -> str:
    text = call.params.networkdomain
    if text is None:
        return str(
            owner.network_domain or zone.network_domain or f"cs{owner.id:x}{call.setting('guest.domain.suffix', zone)}"
        )
    if not is_domain_name(text):
        raise InvalidParameter(DOMAIN_RULE)
    return str(text)


def _check_cidr(text: str) -> None:
    if net.cidr(text) is None:
        raise InvalidParameter(f"Invalid CIDR specified {text}")
    if not net.is_guest_cidr(text):
        raise InvalidParameter(f"Guest Cidr {text} is not RFC1918 compliant")


def source_nat(call: Call, vpc: Vpc) -> Any:
    """The VPC's source NAT address: the one it has, else a new one."""
    for ip in call.db.ip_addresses.where(vpc_id=vpc.id):
        if ip.is_source_nat:
            return ip
    wanted = call.params.get("sourcenatipaddress")
    owner = call.db.accounts[vpc.account_id]
    ip = addressing.public_address(call.sim, vpc.zone_id, owner, wanted, source_nat=True)
    ip.vpc_id = vpc.id
    return ip


@command("createVPC")
def create(call: Call) -> Any:
    from ..appliances import routers

    vpc = call.created
    yield STEP
    if call.params.get("start", True):
        source_nat(call, vpc)
        yield from routers.ensure_for_vpc(call, vpc)
    completed(call, "VPC.CREATE", "creating VPC. VPC Id", vpc)
    return {"vpc": vpc_view(call, vpc)}


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
    """The server compares with the services that a VPC's tiers have got already: a VPC without tiers has none."""
    names = call.params.supportedservices
    if not names:
        return None
    for name in names:
        if name.lower() not in (s.lower() for s in SERVICES):
            raise InvalidParameter(f"Invalid service specified {name}")
    wanted = {n.lower() for n in names}

    def offered(vpc: Vpc) -> bool:
        services = call.db.vpc_offerings[vpc.offering_id].services
        single = {s.lower() for s, providers in services.items() if len(providers) == 1}
        return wanted <= single

    return matching(offered)


def the_vpc(call: Call, row: Any, text: str) -> Vpc:
    if not row or row.removed is not None:
        raise InvalidParameter(text.format(id=row.id))
    call.check_access(row)
    return row  # type: ignore[no-any-return]


def same_vpc(call: Call) -> Any:
    return ("vpc", call.params.id or call.params.vpcid)


@command("updateVPC", sync=same_vpc)
def update(call: Call) -> Any:
    p, vpc = call.params, the_vpc(call, call.params.id, "Unable to find vpc by id {id}")
    given = [f for f in ("name", "displaytext", "fordisplay", "customid", "publicmtu", "sourcenatipaddress") if f in p]
    yield STEP
    if not given:
        raise CloudRuntime("Failed to update VPC")
    for parameter, field in (
        ("name", "name"),
        ("displaytext", "display_text"),
        ("fordisplay", "display"),
        ("publicmtu", "public_mtu"),
    ):
        if p[parameter] is not None:
            setattr(vpc, field, p[parameter])
    if p.customid is not None:
        call.db.vpcs.change_uuid(vpc, p.customid)
    completed(call, "VPC.UPDATE", "updating VPC. VPC Id", vpc)
    return {"vpc": vpc_view(call, vpc)}


@command("restartVPC", sync=same_vpc)
def restart(call: Call) -> Any:
    from ..appliances import routers

    p, vpc = call.params, the_vpc(call, call.params.id, "Unable to find Enabled VPC by id specified")
    yield STEP
    if p.makeredundant:
        vpc.redundant = True
    source_nat(call, vpc)
    yield from routers.restart_for_vpc(
        call, vpc, cleanup=bool(p.cleanup or p.makeredundant), live_patch=bool(p.livepatch)
    )
    vpc.restart_required = False
    completed(call, "VPC.RESTART", "restarting VPC. VPC Id", vpc)
    return SUCCESS


@command("deleteVPC", sync=same_vpc)
def delete(call: Call) -> Any:
    db, vpc = call.db, the_vpc(call, call.params.id, "unable to find VPC id={id}")
    tiers = db.networks.where(vpc_id=vpc.id)
    if tiers:
        raise InvalidParameter(f"Can't delete VPC {vpc} as its used by {len(tiers)} networks")
    vpc.state = "Inactive"
    yield STEP
    destroy(call.sim, vpc)
    completed(call, "VPC.DELETE", "deleting VPC. VPC Id", vpc)
    return SUCCESS


def destroy(sim: Simulator, vpc: Vpc) -> None:
    """Remove a VPC that has no tiers any more."""
    from ..appliances import routers

    routers.remove_for_vpc(sim, vpc)
    _drop_belongings(sim, vpc)
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
