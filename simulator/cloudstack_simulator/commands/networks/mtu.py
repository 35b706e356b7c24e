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


def within(call: Call, zone: Any, wanted: int) -> int:
    """A size on the public side, pushed into the zone's limits, whoever asks."""
    return max(LEAST, min(wanted, int(call.setting(LIMITS["public"], zone))))


def _within(call: Call, zone: Any, wanted: int | None, side: str, new: bool) -> int:
    """Who asks for too little, or for too much in a new network, gets the nearest size, and the operator an alert."""
    most = int(call.setting(LIMITS[side], zone))
    if not may_choose(call, zone):
        return most
    size = USUAL if wanted is None else wanted
    if size < LEAST or (new and size > most):
        words = "interface" if side == "private" and size > most else "interfaces"
        call.sim.events.alert(
            ALERT,
            f"ALERT.VR.{side.upper()}.IFACE.MTU",
            f"Incorrect MTU configured on network for {side} {words} of the VR",
            zone=zone,
        )
    return max(LEAST, min(size, most))
