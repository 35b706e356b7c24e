"""The simulator on a socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web
from aiohttp.typedefs import Middleware

from .clock import timestamp
from .intake import API, Doorkeeper, parameters, without_strangers_mistakes
from .public_ports import RuleDoors
from .reply import Reply
from .side import SidePath
from .simulator import Simulator
from .state import CodingError, StateFile
from .strain import Calm
from .system_vm_tls import SystemVmDoors

IDLE = 0.25
"""Seconds after which the scheduler is looked at even when nothing is known to be due."""
SAVE_EVERY = 60.0
"""Wall-clock seconds between two saves of the state."""
log = logging.getLogger("cloudstack_simulator")


class Server:
    """Serves one simulator with aiohttp and lets its clock's work happen in time.

    `system_vm_tls`: also listeners for each system VM. `public_ports`: also one for each port that rules open.
    `state`: the file that keeps the state.
    `stop`: ends the process, when the side path may do so. `host`: where it was told to listen.
    """

    def __init__(
        self,
        sim: Simulator,
        *,
        system_vm_tls: bool = False,
        public_ports: bool = False,
        state: StateFile | None = None,
        stop: Callable[[], None] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.sim = sim
        self._doors = SystemVmDoors(sim) if system_vm_tls else None
        self._rule_doors = RuleDoors(sim) if public_ports else None
        self._state = state
        self._stop = stop
        self._host = host
        self._wake = asyncio.Event()

    def application(self, *before: Middleware) -> web.Application:
        """`before`: what sees each request first."""
        logging.getLogger("aiohttp.server").addFilter(without_strangers_mistakes)
        app = web.Application(client_max_size=16 << 20, middlewares=[*before, Doorkeeper(self._host).check])
        app.router.add_route("*", API, self._api)
        app.router.add_route("*", f"{API}/", self._api)
        SidePath(self.sim, self._doors, self._rule_doors, self._stop).add_to(app)
        app.cleanup_ctx.append(self._clockwork)
        if self._state is not None:
            app.cleanup_ctx.append(self._keep_state)
        if self._doors is not None:
            app.cleanup_ctx.append(self._doors.run)
        if self._rule_doors is not None:
            app.cleanup_ctx.append(self._rule_doors.run)
        return app

    async def _keep_state(self, _app: web.Application) -> Any:
        assert self._state is not None
        task = asyncio.create_task(self._save_regularly(self._state))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        try:
            self._state.save_at_end(self.sim)
        except (OSError, CodingError) as error:
            log.error("the state %s was not saved, it lacks the last changes: %s", self._state.path, _reason(error))
        finally:
            self._state.release()

    async def _save_regularly(self, state: StateFile) -> None:
        """From the start on: whoever is told keys has them after a crash, too, and a full disk is told at once."""
        while True:
            try:
                await state.save_meanwhile(self.sim)
            except (OSError, CodingError) as error:
                log.warning("the state %s was not saved: %s", state.path, _reason(error))
            await asyncio.sleep(SAVE_EVERY)

    async def _clockwork(self, _app: web.Application) -> Any:
        asyncio.get_running_loop().set_exception_handler(Calm())
        task = asyncio.create_task(self._run_schedule())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _run_schedule(self) -> None:
        while True:
            try:
                self.sim.scheduler.run_due()
            except Exception:
                # Time must not stand still for everything because one thing went wrong.
                log.exception("something that was due at %s went wrong", timestamp(self.sim.clock.now()))
                continue
            due = self.sim.scheduler.next_due()
            pause = IDLE if due is None else self.sim.clock.real_seconds(due - self.sim.clock.now())
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(pause, IDLE) or 0.001)

    async def advance(self, seconds: float) -> None:
        """Let simulated time pass; what listens for system VMs and rules is then as it is after that time."""
        self.sim.advance(seconds)
        for doors in (self._doors, self._rule_doors):
            if doors is not None:
                await doors.look()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        if request.method not in ("GET", "POST"):
            return web.Response(status=405, text="Method not allowed")
        reply = self.sim.reply(await parameters(request), request.method, dict(request.cookies))
        self._wake.set()
        if self._rule_doors is not None:
            await self._rule_doors.look()
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


def _reason(error: OSError | CodingError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _json(reply: Reply) -> bytes:
    if reply.body == "" and reply.status == 200:
        return b""
    return orjson.dumps(reply.body, option=orjson.OPT_NON_STR_KEYS)
