"""Server-sent events: the page's parts, each sent when it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from ..clock import timestamp
from . import picture

if TYPE_CHECKING:
    from ..simulator import Simulator

EVERY = 0.4
"""Wall-clock seconds between two looks."""
LARGE = 300
"""Hosts from which on the picture of the cloud is looked at less often."""
RARELY = 5
"""Then: one look in so many."""
HEARTBEAT = 25
"""Looks after which a comment goes out even if nothing has changed, so that a gone reader is noticed."""


class Live:
    """Feeds any number of readers; looks at the cloud only while there is one."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self._parts: dict[str, Callable[[], Any]] = {
            "cloud": lambda: picture.cloud(sim),
            "activity": lambda: picture.activity(sim),
            "faults": sim.faults.view,
            "clock": lambda: {"now": timestamp(sim.clock.now())},
        }
        self._closing = asyncio.Event()

    async def close(self, _app: web.Application) -> None:
        self._closing.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        sent: dict[str, bytes] = {}
        look = 0
        try:
            while not self._closing.is_set():
                for name, content in self._changed(sent, look):
                    await response.write(b"event: %b\ndata: %b\n\n" % (name.encode(), content))
                if look % HEARTBEAT == 0:
                    await response.write(b": still here\n\n")
                look += 1
                await self._pause()
        except (ConnectionResetError, asyncio.CancelledError):
            pass
        return response

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), EVERY)
        except TimeoutError:
            return

    def _changed(self, sent: dict[str, bytes], look: int) -> list[tuple[str, bytes]]:
        changed = []
        for name, make in self._parts.items():
            if name == "cloud" and look % RARELY and len(self.sim.db.hosts) > LARGE:
                continue
            content = orjson.dumps(make())
            if sent.get(name) != content:
                sent[name] = content
                changed.append((name, content))
        return changed
