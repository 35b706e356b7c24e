"""Traffic types of physical networks, with the labels of their bridges."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...contract import facts
from ...errors import CloudRuntime, InvalidParameter
from ...listing import equal
from ...model.physical import TrafficType
from ...registry import SUCCESS, allocate, command

NAMES = {n.lower(): n for n in ("Public", "Management", "Control", "Guest", "Storage", "Vpn")}
ONCE_PER_ZONE = ("Public", "Management", "Control", "Storage")
HYPERVISORS = ("xen", "kvm", "vmware", "hyperv", "ovm3")


def traffic_type_view(call: Call, row: TrafficType) -> dict[str, Any]:
    network = call.db.physical_networks[row.physical_network_id]
    return {
        "id": row.uuid,
        "traffictype": row.traffic_type,
        "physicalnetworkid": network.uuid,
        **{f"{hypervisor}networklabel": row.labels.get(hypervisor) for hypervisor in HYPERVISORS},
    }


def _labels(call: Call) -> dict[str, str]:
    return {h: call.params[f"{h}networklabel"] for h in HYPERVISORS if call.params[f"{h}networklabel"] is not None}


@command("listTrafficTypes")
def list_traffic_types(call: Call) -> dict[str, Any]:
    return call.listing(
        "traffictype",
        call.db.traffic_types,
        traffic_type_view,
        where=[equal("physical_network_id", call.params.physicalnetworkid)],
    )


@allocate("addTrafficType")
def allocate_traffic_type(call: Call) -> TrafficType:
    p, db = call.params, call.db
    network = live(p.physicalnetworkid, "Physical Network id={id}doesn't exist in the system")
    traffic = NAMES.get(p.traffictype.lower())
    if traffic is None:
        raise InvalidParameter(f"Unable to resolve trafficType '{p.traffictype}' to a supported value")
    if db.traffic_types.first(physical_network_id=network.id, traffic_type=traffic):
        raise CloudRuntime(f"This physical network already supports the traffic type: {traffic}")
    others = [n for n in db.physical_networks.where(zone_id=network.zone_id) if n is not network]
    carriers = [n for n in others if db.traffic_types.first(physical_network_id=n.id, traffic_type=traffic)]
    if traffic in ONCE_PER_ZONE and carriers:
        raise CloudRuntime(
            "Fail to add the traffic type to physical network because Zone already has a physical network with this "
            f"traffic type: {traffic}"
        )
    if traffic == "Guest" and not network.tags and any(not n.tags for n in carriers):
        zone = db.zones[network.zone_id]
        raise CloudRuntime(f"There are more than 1 physical network without tags in the zone: {zone}")
    made: TrafficType = db.traffic_types.add(
        TrafficType(traffic_type=traffic, physical_network_id=network.id, labels=_labels(call), vlan=p.vlan)
    )
    return made


@command("addTrafficType")
def add_traffic_type(call: Call) -> dict[str, Any]:
    row = call.created
    call.event(
        "TRAFFIC.TYPE.CREATE", f"Successfully completed creating Physical Network TrafficType. Id: {row.id}", row
    )
    return {"traffictype": traffic_type_view(call, row)}


@command("updateTrafficType")
def update_traffic_type(call: Call) -> dict[str, Any]:
    row = live(call.params.id, "Traffic Type with id={id}doesn't exist in the system")
    row.labels |= _labels(call)
    call.event("TRAFFIC.TYPE.UPDATE", f"Successfully completed updating Network TrafficType. Id: {row.id}", row)
    return {"traffictype": traffic_type_view(call, row)}


@command("deleteTrafficType")
def delete_traffic_type(call: Call) -> dict[str, Any]:
    db = call.db
    row = live(call.params.id, "Traffic Type with id={id}doesn't exist in the system")
    network = db.physical_networks[row.physical_network_id]
    if row.traffic_type == "Guest" and any(
        n.physical_network_id == network.id for n in db.networks.where(zone_id=network.zone_id, traffic_type="Guest")
    ):
        raise CloudRuntime(
            "The Traffic Type is not deletable because there are existing networks with this traffic "
            f"type:{row.traffic_type}"
        )
    if row.traffic_type == "Storage" and any(r.taken for r in db.storage_ranges.where(zone_id=network.zone_id)):
        raise CloudRuntime(
            "The Traffic Type is not deletable because there are still some storage network ip addresses in use:"
            f"{row.traffic_type}"
        )
    db.traffic_types.delete(row)
    call.event(
        "TRAFFIC.TYPE.DELETE", f"Successfully completed deleting Physical Network TrafficType. Id: {row.id}", row
    )
    return SUCCESS


@command("listTrafficTypeImplementors")
def list_implementors(call: Call) -> dict[str, Any]:
    wanted = call.params.traffictype
    rows = [
        r
        for r in facts("providers.json")["implementors"]
        if wanted is None or r["traffictype"] == NAMES.get(wanted.lower())
    ]
    if wanted is not None and wanted.lower() not in NAMES:
        raise InvalidParameter(f"Invalid traffic type {wanted}")
    return call.listing("traffictypeimplementorresponse", rows, lambda _call, row: row)
