"""Sizes of packets: users choose them only where the zone lets them, and within its limits."""

from __future__ import annotations

from typing import Any

from ...call import Call

LEAST = 68
USUAL = 1500
PUBLIC_LIMIT = "vr.public.interface.max.mtu"
PRIVATE_LIMIT = "vr.private.interface.max.mtu"


def may_choose(call: Call, zone: Any) -> bool:
    return bool(call.setting("allow.end.users.to.specify.vr.mtu", zone))


def public(call: Call, zone: Any) -> int:
    """The size on the public side of the router, of what the call asks for."""
    return _within(call, zone, call.params.publicmtu, PUBLIC_LIMIT)


def private(call: Call, zone: Any) -> int:
    return _within(call, zone, call.params.privatemtu, PRIVATE_LIMIT)


def within(call: Call, zone: Any, wanted: int) -> int:
    """A size on the public side, pushed into the zone's limits, whoever asks."""
    return max(LEAST, min(wanted, int(call.setting(PUBLIC_LIMIT, zone))))


def _within(call: Call, zone: Any, wanted: int | None, setting: str) -> int:
    most = int(call.setting(setting, zone))
    if wanted is None or not may_choose(call, zone):
        return most
    return max(LEAST, min(wanted, most))
