"""Physical networks."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...listing import contains, equal
from ...model.physical import PhysicalNetwork
from ...registry import SUCCESS, allocate, command
from . import providers, vnets

STATES = {"enabled": "Enabled", "disabled": "Disabled"}


def physical_network_view(call: Call, network: PhysicalNetwork) -> dict[str, Any]:
    zone = call.db.zones[network.zone_id]
    domain = call.db.domains.get(network.domain_id)
    return {
        "id": network.uuid,
        "name": network.name,
        "broadcastdomainrange": network.broadcast_domain_range,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "state": network.state,
        "vlan": network.vlan,
        "tags": ",".join(network.tags) or None,
        "isolationmethods": ",".join(network.isolation_methods),
        "networkspeed": network.speed,
        "domainid": domain.uuid if domain else None,
    }


@command("listPhysicalNetworks")
def list_physical_networks(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "physicalnetwork",
        call.db.physical_networks,
        physical_network_view,
        where=[equal("id", p.id), contains("name", p.name), equal("zone_id", p.zoneid)],
        keyword=("name",),
    )


@allocate("createPhysicalNetwork")
def allocate_physical_network(call: Call) -> PhysicalNetwork:
    p, db = call.params, call.db
    zone = live(p.zoneid, "Please specify a valid zone.")
    is_basic = zone.network_type == "Basic"
    if zone.allocation_state == "Enabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot create PhysicalNetwork since the Zone is currently enabled, zone: {zone}")
    if is_basic and db.physical_networks.where(zone_id=zone.id):
        raise CloudRuntime(
            f"Cannot add the physical network to basic zone: {zone}, there is a physical network already existing "
            "in this "
            "basic Zone"
        )
    if len(p.get("tags", [])) > 1:
        raise InvalidParameter("Only one tag can be specified for a physical network at this time")
    if len(p.get("isolationmethods", [])) > 1:
        raise InvalidParameter("Only one isolationMethod can be specified for a physical network at this time")
    if is_basic and p.vlan:
        raise InvalidParameter("Can't add vnet range to the physical network in the Basic zone")
    span = _broadcast_domain(p.broadcastdomainrange, is_basic=is_basic)
    methods = p.get("isolationmethods", [])
    try:
        wanted = vnets.parse(p.vlan, methods) if p.vlan else []
    except InvalidParameter:
        raise CloudRuntime("Fail to create a physical network") from None
    network = db.physical_networks.add(
        PhysicalNetwork(
            name=p.name,
            zone_id=zone.id,
            broadcast_domain_range=span,
            isolation_methods=methods,
            tags=p.get("tags", []),
            speed=p.networkspeed,
            domain_id=p.domainid.id if p.domainid else None,
        )
    )
    vnets.replace(call.sim, network, wanted)
    providers.add_defaults(call.sim, network)
    return network


def _broadcast_domain(text: str | None, *, is_basic: bool) -> str:
    span = (text or ("Pod" if is_basic else "Zone")).upper()
    if span not in ("POD", "ZONE"):
        raise InvalidParameter(f"Unable to resolve broadcastDomainRange '{text}' to a supported value {{Pod or Zone}}")
    if is_basic and span != "POD":
        raise InvalidParameter("Basic zone can have broadcast domain type of value POD only")
    if not is_basic and span != "ZONE":
        raise InvalidParameter("Advance zone can have broadcast domain type of value ZONE only")
    return span


@command("createPhysicalNetwork")
def create_physical_network(call: Call) -> dict[str, Any]:
    network = call.created
    call.event(
        "PHYSICAL.NETWORK.CREATE", f"Successfully completed creating Physical Network. Id: {network.id}", network
    )
    return {"physicalnetwork": physical_network_view(call, network)}


@command("updatePhysicalNetwork")
def update_physical_network(call: Call) -> dict[str, Any]:
    p = call.params
    network = live(p.id, "Physical Network id={id} doesn't exist in the system")
    zone = call.db.zones[network.zone_id]
    if zone.network_type == "Basic" and p.vlan:
        raise InvalidParameter("Can't add vnet range to the physical network in the Basic zone")
    if len(p.get("tags", [])) > 1:
        raise InvalidParameter("Unable to support more than one tag on network yet")
    if p.state and p.state.lower() not in STATES:
        raise InvalidParameter(f"Unable to resolve state '{p.state}' to a supported value {{Enabled or Disabled}}")
    if p.vlan is not None:
        vnets.replace(call.sim, network, vnets.parse(p.vlan, network.isolation_methods) if p.vlan else [])
    if p.state:
        network.state = STATES[p.state.lower()]
    if "tags" in p:
        network.tags = p.tags
    if p.networkspeed is not None:
        network.speed = p.networkspeed
    call.event(
        "PHYSICAL.NETWORK.UPDATE", f"Successfully completed updating Physical Network. Id: {network.id}", network
    )
    return {"physicalnetwork": physical_network_view(call, network)}


@command("deletePhysicalNetwork")
def delete_physical_network(call: Call) -> dict[str, Any]:
    db = call.db
    network = live(call.params.id, "Physical Network id={id} doesn't exist in the system")
    found = (
        ("there are allocated vnets for this physical network",
         [v for v in db.vnets.where(physical_network_id=network.id) if v.taken is not None]),
        ("there are networks associated to this physical network",
         [n for n in db.networks.where(zone_id=network.zone_id)
          if n.physical_network_id == network.id and not n.is_system]),
        ("there are public IP addresses allocated for this physical network",
         [a for a in db.ip_addresses.where(zone_id=network.zone_id)
          if a.physical_network_id == network.id and a.state != "Free"]),
    )  # fmt: skip
    for reason, rows in found:
        if rows:
            raise CloudRuntime(f"The Physical Network is not deletable because {reason}")
    _delete(call, network)
    call.event(
        "PHYSICAL.NETWORK.DELETE", f"Successfully completed deleting Physical Network. Id: {network.id}", network
    )
    return SUCCESS


def _delete(call: Call, network: PhysicalNetwork) -> None:
    db = call.db
    for vlan in db.vlans.where(zone_id=network.zone_id):
        if vlan.physical_network_id == network.id:
            for address in db.ip_addresses.where(vlan_id=vlan.id):
                db.ip_addresses.delete(address)
            db.vlans.remove(vlan)
    for table in (db.vnets, db.guest_vlan_ranges, db.traffic_types):
        for row in table.where(physical_network_id=network.id):
            table.delete(row)
    for provider in db.service_providers.where(physical_network_id=network.id):
        providers.drop(call.sim, provider)
    db.physical_networks.remove(network)
