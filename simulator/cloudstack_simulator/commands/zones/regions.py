"""Regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import InvalidParameter
from ...listing import equal
from ...model.zones import Region
from ...registry import SUCCESS, at_install, command

if TYPE_CHECKING:
    from ...simulator import Simulator


@at_install(order=20)
def local_region(sim: Simulator) -> None:
    sim.db.regions.add(Region(name="Local", endpoint="http://localhost:8080/client/"))


def region_view(call: Call, region: Region) -> dict[str, Any]:
    return {
        "id": region.id,
        "name": region.name,
        "endpoint": region.endpoint,
        "gslbserviceenabled": True,
        "portableipserviceenabled": bool(call.db.portable_ranges.where(region_id=region.id)),
    }


@command("listRegions")
def list_regions(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "region", call.db.regions, region_view, where=[equal("id", p.id), equal("name", p.name)], keyword=("name",)
    )


@command("addRegion")
def add_region(call: Call) -> dict[str, Any]:
    p = call.params
    if call.db.regions.live.get(p.id):
        raise InvalidParameter(f"Region with id: {p.id} already exists")
    if call.db.regions.first(name=p.name):
        raise InvalidParameter(f"Region with name: {p.name} already exists")
    region = call.db.regions.add(Region(id=p.id, name=p.name, endpoint=p.endpoint))
    return {"region": region_view(call, region)}


@command("updateRegion")
def update_region(call: Call) -> dict[str, Any]:
    p = call.params
    region = call.db.regions.live.get(p.id)
    if region is None:
        raise InvalidParameter(f"Region with id: {p.id} does not exist")
    same_name = call.db.regions.first(name=p.name) if p.name else None
    if same_name is not None and same_name is not region:
        raise InvalidParameter(f"Region with name: {p.name} already exists")
    region.name = p.name or region.name
    region.endpoint = p.endpoint or region.endpoint
    return {"region": region_view(call, region)}


@command("removeRegion")
def remove_region(call: Call) -> dict[str, Any]:
    region = call.db.regions.live.get(call.params.id)
    if region is None:
        raise InvalidParameter(f"Failed to delete Region: {call.params.id}, Region not found")
    call.db.regions.delete(region)
    return SUCCESS
