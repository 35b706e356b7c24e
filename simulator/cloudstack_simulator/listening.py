"""A server behind a socket, for as long as it is needed."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from .patience import BETWEEN_REQUESTS, Patience
from .server import Server

FOR_ANSWERS = 3.0
"""Wall-clock seconds that answers which are under way at the end get to be done, and then to give up."""


@dataclass(frozen=True)
class Listening:
    """`port`: the one that it got. `aiohttp_server` knows all connections, `patience` closes some of them."""

    port: int
    patience: Patience
    aiohttp_server: web.Server


@asynccontextmanager
async def listening(server: Server, host: str, port: int) -> AsyncIterator[Listening]:
    """Listen at an address (port 0: a free one). Raises OSError when that cannot be."""
    patience = Patience()
    runner = web.AppRunner(
        server.application(patience.notice),
        access_log=None,
        keepalive_timeout=BETWEEN_REQUESTS,
        shutdown_timeout=FOR_ANSWERS,
    )
    try:
        await runner.setup()
        assert runner.server is not None
        await web.TCPSite(runner, host, port).start()
        async with _watched(patience, runner.server):
            yield Listening(runner.addresses[0][1], patience, runner.server)
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _watched(patience: Patience, server: web.Server) -> AsyncIterator[None]:
    task = asyncio.create_task(patience.watch(server))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def refuse_taken(host: str, port: int) -> None:
    """Raises OSError when somebody else listens there, before anything is built that would have to wait for it."""
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError(errno.EINVAL, "no machine can have such a name") from None
    for family, kind, protocol, _name, address in places:
        try:
            with socket.socket(family, kind, protocol) as probe:
                if os.name == "posix":
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise


def url_of(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
