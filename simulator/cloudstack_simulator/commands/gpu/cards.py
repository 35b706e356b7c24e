"""GPU cards that the server knows."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.gpu import GpuCard, VgpuProfile
from ...registry import SUCCESS, command
from .stock import WHOLE_CARD

HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
NOT_FOUND = "GPU card with ID {id} not found"


def card_view(_call: Call, card: GpuCard) -> dict[str, Any]:
    return {
        "id": card.uuid,
        "name": card.name,
        "vendorid": card.vendor_id,
        "vendorname": card.vendor_name,
        "deviceid": card.device_id,
        "devicename": card.device_name,
    }


@command("createGpuCard")
def create_card(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    for what, value, is_number in (
        ("Device ID", p.deviceid, True),
        ("Device name", p.devicename, False),
        ("Display name", p.name, False),
        ("Vendor name", p.vendorname, False),
        ("Vendor ID", p.vendorid, True),
    ):
        if not value.strip():
            raise InvalidParameter(f"{what} cannot be blank")
        if is_number and not HEXADECIMAL.fullmatch(value):
            raise InvalidParameter(f"{what} must be alphanumeric and in hexadecimal format")
    if any((c.vendor_id, c.device_id) == (p.vendorid, p.deviceid) for c in db.gpu_cards):
        raise InvalidParameter(f"GPU card with vendor ID {p.vendorid} and device ID {p.deviceid} already exists")
    card = db.gpu_cards.add(
        GpuCard(
            name=p.name,
            vendor_id=p.vendorid,
            vendor_name=p.vendorname,
            device_id=p.deviceid,
            device_name=p.devicename,
        )
    )
    db.vgpu_profiles.add(
        VgpuProfile(name=WHOLE_CARD, description=WHOLE_CARD, card_id=card.id, most_per_card=1, video_ram=p.videoram)
    )
    call.event("GPU.CARD.CREATE", "Successfully completed creating GPU card", card)
    return {"gpucard": card_view(call, card)}


@command("updateGpuCard")
def update_card(call: Call) -> dict[str, Any]:
    p = call.params
    card = live(p.id, NOT_FOUND)
    card.name = p.name or card.name
    card.vendor_name = p.vendorname or card.vendor_name
    card.device_name = p.devicename or card.device_name
    call.event("GPU.CARD.EDIT", "Successfully completed updating GPU card", card)
    return {"gpucard": card_view(call, card)}


@command("deleteGpuCard")
def delete_card(call: Call) -> dict[str, Any]:
    card = live(call.params.id, NOT_FOUND)
    if call.db.gpu_devices.where(card_id=card.id):
        raise InvalidParameter(f"Cannot delete GPU card {card} as it is in use by one or more GPU devices")
    for profile in call.db.vgpu_profiles.where(card_id=card.id):
        call.db.vgpu_profiles.remove(profile)
    call.db.gpu_cards.remove(card)
    call.event("GPU.CARD.DELETE", "Successfully completed deleting GPU card", card)
    return SUCCESS


@command("listGpuCards")
def list_cards(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "gpucard",
        call.db.gpu_cards,
        card_view,
        where=[
            equal("id", p.id),
            equal("vendor_id", p.vendorid),
            equal("vendor_name", p.vendorname),
            equal("device_id", p.deviceid),
            equal("device_name", p.devicename),
            matching(lambda card: bool(call.db.gpu_devices.where(card_id=card.id))) if p.activeonly else None,
        ],
        keyword=("name", "vendor_name", "device_name"),
    )
