"""The paths under /simulator, and the page at /."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from ..commands.appliances.ageing import age
from ..faults import KINDS, FaultError, Rule, keys_of
from ..intake import read
from ..public_ports import RuleDoors
from ..system_vm_tls import SystemVmDoors, view
from . import picture
from .live import Live

if TYPE_CHECKING:
    from ..simulator import Simulator

RELEASE = re.compile(r"\d+(\.\d+){1,4}")
PAGE = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SAFE = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class SidePath:
    """Handlers beside the API. Whatever changes something takes JSON only, so that no foreign page can send it."""

    def __init__(
        self,
        sim: Simulator,
        doors: SystemVmDoors | None,
        rule_doors: RuleDoors | None,
        stop: Callable[[], None] | None,
    ) -> None:
        self.sim = sim
        self._rule_doors = rule_doors
        self._stop = stop
        self._doors = doors

    def add_to(self, app: web.Application) -> None:
        live = Live(self.sim)
        app.on_shutdown.append(live.close)
        app.router.add_routes(
            [
                web.get("/", self._index),
                web.get("/simulator", self._index),
                web.get("/simulator/", self._index),
                web.get("/simulator/page/{name}", self._asset),
                web.get("/simulator/live", live.serve),
                web.get("/simulator/commands", self._commands),
                web.get("/simulator/counters", self._counters),
                web.delete("/simulator/counters", self._reset_counters),
                web.get("/simulator/system-vms", self._system_vms),
                web.get("/simulator/public-ports", self._public_ports),
                web.post("/simulator/age", self._age),
                web.post("/simulator/restart", self._restart),
                web.post("/simulator/stop", self._end),
                web.get("/simulator/faults", self._faults),
                web.put("/simulator/faults", self._use_faults),
                web.post("/simulator/faults", self._add_fault),
                web.delete("/simulator/faults", self._clear_faults),
                web.patch("/simulator/faults/{name}", self._switch_fault),
                web.delete("/simulator/faults/{name}", self._remove_fault),
            ]
        )

    async def _index(self, _request: web.Request) -> web.Response:
        return _file("index.html")

    async def _asset(self, request: web.Request) -> web.Response:
        return _file(request.match_info["name"])

    async def _commands(self, _request: web.Request) -> web.Response:
        kinds = {name: {"place": kind.place, "text": kind.text, "keys": keys_of(name)} for name, kind in KINDS.items()}
        return _json({"commands": picture.commands(), "kinds": kinds})

    async def _counters(self, _request: web.Request) -> web.Response:
        return _json(self.sim.counters.view())

    async def _reset_counters(self, _request: web.Request) -> web.Response:
        self.sim.counters.reset()
        return _json(self.sim.counters.view())

    async def _system_vms(self, _request: web.Request) -> web.Response:
        return web.json_response(view(self.sim, self._doors))

    async def _public_ports(self, _request: web.Request) -> web.Response:
        if self._rule_doors is None:
            return web.json_response({"addresses": {}})
        await self._rule_doors.look()
        return web.json_response({"addresses": self._rule_doors.addresses()})

    async def _age(self, request: web.Request) -> web.Response:
        wanted = await _sent(request)
        if not isinstance(wanted, dict) or not all(
            name in ("template", "release") and isinstance(value, str) and RELEASE.fullmatch(value)
            for name, value in wanted.items()
        ):
            raise _refusal('send {"template": "4.20.0", "release": "4.20.1.0"}; both have a default')
        return _json({"aged": age(self.sim, **wanted)})

    async def _restart(self, request: web.Request) -> web.Response:
        await _sent(request)
        self.sim.restart()
        return _json({"restarted": True})

    async def _end(self, request: web.Request) -> web.Response:
        await _sent(request)
        if self._stop is None:
            raise web.HTTPConflict(text='{"error": "this one ends with the program that it is a part of"}')
        asyncio.get_running_loop().call_later(0.05, self._stop)
        return _json({"stopping": True})

    async def _faults(self, _request: web.Request) -> web.Response:
        return _json(self.sim.faults.view())

    async def _use_faults(self, request: web.Request) -> web.Response:
        document = await _sent(request)
        try:
            self.sim.faults.use(document)
        except FaultError as error:
            raise _refusal(error) from None
        return _json(self.sim.faults.view())

    async def _add_fault(self, request: web.Request) -> web.Response:
        entry = await _sent(request)
        try:
            rule = self.sim.faults.add(entry)
        except FaultError as error:
            raise _refusal(error) from None
        return _json(rule.view(), status=201)

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self.sim.faults.clear()
        return _json(self.sim.faults.view())

    async def _switch_fault(self, request: web.Request) -> web.Response:
        rule, wanted = self._rule(request), await _sent(request)
        if not isinstance(wanted, dict) or set(wanted) != {"enabled"} or not isinstance(wanted["enabled"], bool):
            raise _refusal('send {"enabled": true} or {"enabled": false}')
        self.sim.faults.switch(rule, on=wanted["enabled"])
        return _json(rule.view())

    async def _remove_fault(self, request: web.Request) -> web.Response:
        self.sim.faults.remove(self._rule(request))
        return _json(self.sim.faults.view())

    def _rule(self, request: web.Request) -> Rule:
        name = request.match_info["name"]
        rule = self.sim.faults.find(name)
        if rule is None:
            raise web.HTTPNotFound(text=orjson.dumps({"error": f"there is no rule {name!r}"}).decode())
        return rule


async def _sent(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text='{"error": "send application/json"}')
    try:
        return orjson.loads(await read(request.read()))
    except orjson.JSONDecodeError:
        raise _refusal("this is not JSON") from None


def _refusal(error: object) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=orjson.dumps({"error": str(error)}).decode(), content_type="application/json")


def _json(content: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(content), content_type="application/json")


def _file(name: str) -> web.Response:
    folder = resources.files(__package__.rpartition(".")[0]).joinpath("page")
    known = {entry.name: entry for entry in folder.iterdir()}
    suffix = name[name.rfind(".") :]
    if name not in known or suffix not in PAGE:
        raise web.HTTPNotFound(text="not found")
    return web.Response(body=known[name].read_bytes(), content_type=PAGE[suffix], charset="utf-8", headers=SAFE)
