"""Connections that get nowhere are closed: a server has room for so many, and whoever holds them keeps others out."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestHandler

FOR_A_HEAD = 30.0
"""Wall-clock seconds in which the head of a connection's first request has to be complete."""
FOR_A_READER = 60.0
"""Wall-clock seconds in which a reader has to take something of what waits for it."""
BETWEEN_REQUESTS = 75.0
"""Wall-clock seconds for which a connection may stay open, from one request until the next one's head is complete."""
LOOK_EVERY = 5.0


class Patience:
    """Knows since when which connection has not moved.

    How long an answer takes is nobody's fault but ours: a connection whose request is being answered may stay.
    """

    def __init__(self) -> None:
        self._knocked: set[RequestHandler] = set()
        """Connections whose first request has a complete head."""
        self._still: dict[RequestHandler, tuple[float, int]] = {}
        """Since when a connection has not moved, and how many bytes have waited for its reader since then."""

    @web.middleware
    async def notice(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Part of the way of each request whose head is complete."""
        self._knocked.add(request.protocol)
        return await handler(request)

    async def watch(self, server: web.Server) -> None:
        """Look at all connections of a server again and again."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self.look(server.connections, loop.time())

    def look(self, connections: list[RequestHandler], now: float) -> None:
        """Close those that have stood still for too long at this moment of the loop's time."""
        self._knocked.intersection_update(connections)
        before, self._still = self._still, {}
        for connection in connections:
            transport = connection.transport
            if transport is None or transport.is_closing():
                continue
            unread = transport.get_write_buffer_size()
            if connection in self._knocked and not unread:
                continue
            since, unread_then = before.get(connection, (now, unread))
            if unread != unread_then:
                since = now
            if now - since >= (FOR_A_READER if unread else FOR_A_HEAD):
                # What is left of an answer will not be read: waiting for that would keep the connection.
                transport.abort()
            else:
                self._still[connection] = (since, unread)
