"""Ports of the loopback that stand for ports of public addresses, so that probes from outside reach something."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

LOOPBACK = "127.0.0.1"
LOOK_EVERY = 0.1
"""Wall-clock seconds between two looks at what is to be open."""
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Door:
    """One port of the loopback: reserved from the start, so that nobody else gets it, and open now and then."""

    def __init__(self) -> None:
        self._reserved = _bound(0)
        self.port: int = self._reserved.getsockname()[1]
        self._server: asyncio.Server | None = None
        self.serves: object = None
        """What it was opened with."""

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    async def open(self, serves: object, answer: Answer, context: ssl.SSLContext | None = None) -> None:
        """Listen from now on: each connection is given to `answer`. `serves`: with what, for the next look."""
        await self.close()
        # The socket itself: were the port free for a moment, another program might get it.
        self._server = await asyncio.start_server(answer, sock=self._reserved, ssl=context)
        self.serves = serves

    async def close(self) -> None:
        self.serves = None
        if self._server is not None:
            self._server.close()
            self._server = None
            self._reserved = _bound(self.port)

    def give_up(self) -> None:
        if self._server is not None:
            self._server.close()
        self._reserved.close()


@asynccontextmanager
async def keep_looking(look: Callable[[], Awaitable[None]], doors: Mapping[Any, Door]) -> AsyncIterator[None]:
    """Look again and again at which doors are to be open; at the end all ports are free."""
    await look()
    task = asyncio.create_task(_again(look))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    for door in doors.values():
        door.give_up()


async def _again(look: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY)
        await look()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((LOOPBACK, port))
    return made
