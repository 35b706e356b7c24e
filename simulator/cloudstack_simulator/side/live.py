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
"""Then: so many times as long."""
SLACK = 0.9
"""A reader that comes a little early need not wait for another round."""
HEARTBEAT = 25
"""Looks after which a comment goes out even if nothing has changed, so that a gone reader is noticed."""


class Live:
    """Feeds any number of readers; looks at the cloud only while there is one, and once for all of them."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self._parts: dict[str, Callable[[], Any]] = {
            "cloud": lambda: picture.cloud(sim),
            "activity": lambda: picture.activity(sim),
            "faults": sim.faults.view,
            "clock": lambda: {"now": timestamp(sim.clock.now())},
        }
        self._made: dict[str, tuple[float, bytes]] = {}
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
                for name, content in self._changed(sent):
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

    def _changed(self, sent: dict[str, bytes]) -> list[tuple[str, bytes]]:
        changed = []
        for name in self._parts:
            content = self._content(name)
            if sent.get(name) != content:
                sent[name] = content
                changed.append((name, content))
        return changed

    def _content(self, name: str) -> bytes:
        """A part as it was at the last look, unless that is too long ago."""
        now = asyncio.get_running_loop().time()
        rarely = name == "cloud" and len(self.sim.db.hosts) > LARGE
        looked, content = self._made.get(name, (float("-inf"), b""))
        if now - looked >= EVERY * (RARELY if rarely else 1) * SLACK:
            content = orjson.dumps(self._parts[name]())
            self._made[name] = (now, content)
        return content
