"""vGPU profiles: what part of a card an instance gets."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.gpu import VgpuProfile
from ...registry import SUCCESS, command
from .cards import NOT_FOUND as NO_CARD

NOT_FOUND = "vGPU profile with ID {id} not found"
NUMBERS = {
    "maxvgpuperphysicalgpu": "most_per_card",
    "videoram": "video_ram",
    "maxheads": "max_heads",
    "maxresolutionx": "max_x",
    "maxresolutiony": "max_y",
}


def profile_view(call: Call, profile: VgpuProfile) -> dict[str, Any]:
    card = call.db.gpu_cards[profile.card_id]
    return {
        "id": profile.uuid,
        "name": profile.name,
        "description": profile.description,
        "gpucardid": card.uuid,
        "gpucardname": card.name,
        "vendorid": card.vendor_id,
        "vendorname": card.vendor_name,
        "deviceid": card.device_id,
        "devicename": card.device_name,
        **{parameter: getattr(profile, field) for parameter, field in NUMBERS.items()},
    }


@command("createVgpuProfile")
def create_profile(call: Call) -> dict[str, Any]:
    p = call.params
    if not p.name.strip():
        raise InvalidParameter("vGPU profile name cannot be empty")
    card = live(p.gpucardid, NO_CARD)
    _check_name(call, p.name, card.id)
    profile = call.db.vgpu_profiles.add(
        VgpuProfile(
            name=p.name,
            description=p.description,
            card_id=card.id,
            **{field: p[parameter] for parameter, field in NUMBERS.items()},
        )
    )
    call.event("VGPU.PROFILE.CREATE", "Successfully completed creating vGPU profile", profile)
    return {"vgpuprofile": profile_view(call, profile)}


def _check_name(call: Call, name: str, card_id: int) -> None:
    if call.db.vgpu_profiles.where(name=name, card_id=card_id):
        raise InvalidParameter(f"vGPU profile with name {name} already exists")


@command("updateVgpuProfile")
def update_profile(call: Call) -> dict[str, Any]:
    p = call.params
    profile = live(p.id, NOT_FOUND)
    if p.name and p.name != profile.name:
        _check_name(call, p.name, profile.card_id)
        profile.name = p.name
    if p.description is not None:
        profile.description = p.description
    for parameter, field in NUMBERS.items():
        if p[parameter] is not None:
            setattr(profile, field, p[parameter])
    call.event("VGPU.PROFILE.EDIT", "Successfully completed updating vGPU profile", profile)
    return {"vgpuprofile": profile_view(call, profile)}


@command("deleteVgpuProfile")
def delete_profile(call: Call) -> dict[str, Any]:
    profile = live(call.params.id, NOT_FOUND)
    if call.db.gpu_devices.where(profile_id=profile.id):
        raise InvalidParameter(
            f"Cannot delete vGPU profile with ID {profile.id} as it is in use by one or more GPU devices"
        )
    call.db.vgpu_profiles.remove(profile)
    call.event("VGPU.PROFILE.DELETE", "Successfully completed Deleting vGPU profile", profile)
    return SUCCESS


@command("listVgpuProfiles")
def list_profiles(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "vgpuprofile",
        call.db.vgpu_profiles,
        profile_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("card_id", p.gpucardid),
            matching(lambda profile: any(d.profile_id == profile.id for d in call.db.gpu_devices))
            if p.activeonly
            else None,
        ],
        keyword=("name", "description"),
    )
