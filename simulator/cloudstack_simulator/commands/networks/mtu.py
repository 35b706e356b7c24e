"""Sizes of packets: users choose them only where the zone lets them, and within its limits."""

from __future__ import annotations

from typing import Any

from ...call import Call

LEAST = 68
USUAL = 1500
ALERT = 32
LIMITS = {"public": "vr.public.interface.max.mtu", "private": "vr.private.interface.max.mtu"}


def may_choose(call: Call, zone: Any) -> bool:
    return bool(call.setting("allow.end.users.to.specify.vr.mtu", zone))


def public(call: Call, zone: Any, *, new: bool = True) -> int:
    """The size on the public side of the router, of what the call asks for (`new`: for a new network)."""
    return _within(call, zone, call.params.publicmtu, "public", new)


def private(call: Call, zone: Any, *, new: bool = True) -> int:
    return _within(call, zone, call.params.privatemtu, "private", new)


def of_vpc(call: Call, zone: Any, wanted: int) -> int:
    """A size on the public side of a VPC, pushed into the zone's limits, whoever asks; that is an alert."""
    size = max(LEAST, min(wanted, int(call.setting(LIMITS["public"], zone))))
    if size != wanted:
        _alert(call, zone, "public", "interfaces of the VPC VR")
    return size


def _within(call: Call, zone: Any, wanted: int | None, side: str, new: bool) -> int:
    """Who asks for too little, or for too much in a new network, gets the nearest size, and the operator an alert."""
    most = int(call.setting(LIMITS[side], zone))
    if not may_choose(call, zone):
        return most
    size = USUAL if wanted is None else wanted
    if size < LEAST or (new and size > most):
        words = "interface" if side == "private" and size > most else "interfaces"
        _alert(call, zone, side, f"{words} of the VR")
    return max(LEAST, min(size, most))


def _alert(call: Call, zone: Any, side: str, words: str) -> None:
    text = f"Incorrect MTU configured on network for {side} {words}"
    call.sim.events.alert(ALERT, f"ALERT.VR.{side.upper()}.IFACE.MTU", text, zone=zone)
