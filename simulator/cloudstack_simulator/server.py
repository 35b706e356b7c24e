"""The simulator on a socket."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import orjson
from aiohttp import web

from .reply import Reply
from .simulator import Simulator
from .system_vm_tls import SystemVmDoors, view

IDLE = 0.25
"""Seconds after which the scheduler is looked at even when nothing is known to be due."""


class Server:
    """Serves one simulator with aiohttp and lets its clock's work happen in time.

    `system_vm_tls`: also a TLS listener for each system VM.
    """

    def __init__(self, sim: Simulator, *, system_vm_tls: bool = False) -> None:
        self.sim = sim
        self._doors = SystemVmDoors(sim) if system_vm_tls else None
        self._wake = asyncio.Event()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=16 << 20)
        app.router.add_route("*", "/client/api", self._api)
        app.router.add_route("*", "/client/api/", self._api)
        app.router.add_get("/simulator/counters", self._counters)
        app.router.add_delete("/simulator/counters", self._reset_counters)
        app.router.add_get("/simulator/system-vms", self._system_vms)
        app.cleanup_ctx.append(self._clockwork)
        if self._doors is not None:
            app.cleanup_ctx.append(self._doors.run)
        return app

    async def _clockwork(self, _app: web.Application) -> Any:
        task = asyncio.create_task(self._run_schedule())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _run_schedule(self) -> None:
        while True:
            self.sim.scheduler.run_due()
            due = self.sim.scheduler.next_due()
            pause = IDLE if due is None else self.sim.clock.real_seconds(due - self.sim.clock.now())
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(pause, IDLE) or 0.001)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        if request.method not in ("GET", "POST"):
            return web.Response(status=405, text="Method not allowed")
        params: dict[str, str] = {}
        if request.method == "POST":
            try:
                form = await request.post()
            except (ValueError, LookupError):
                form = {}  # type: ignore[assignment]
            params.update({name: value for name, value in form.items() if isinstance(value, str)})
        params.update(dict(request.query.items()))
        reply = self.sim.reply(params, request.method, dict(request.cookies))
        self._wake.set()
        pause = self.sim.latency + reply.delay
        if pause:
            await asyncio.sleep(pause)
        return self._response(request, reply)

    @staticmethod
    def _response(request: web.Request, reply: Reply) -> web.StreamResponse:
        if reply.drop:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        body = reply.body.encode() if reply.content_type.startswith("text/xml") else _json(reply)
        headers = {"Content-Type": reply.content_type, **reply.headers}
        response = web.Response(status=reply.status, body=body, headers=headers)
        for name, value in reply.cookies.items():
            response.set_cookie(name, value, path="/client", httponly=True, samesite="Lax")
        return response

    async def _counters(self, _request: web.Request) -> web.Response:
        return web.json_response(self.sim.counters.view())

    async def _reset_counters(self, _request: web.Request) -> web.Response:
        self.sim.counters.reset()
        return web.json_response(self.sim.counters.view())

    async def _system_vms(self, _request: web.Request) -> web.Response:
        return web.json_response(view(self.sim, self._doors))


def _json(reply: Reply) -> bytes:
    if reply.body == "" and reply.status == 200:
        return b""
    return orjson.dumps(reply.body, option=orjson.OPT_NON_STR_KEYS)
