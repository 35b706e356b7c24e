"""Sending the recorded calls to a simulator, in order and in simulated time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from cloudstack_simulator import Simulator
from cloudstack_simulator.auth import signature
from cloudstack_simulator.clock import Clock
from cloudstack_simulator.registry import COMMANDS, load_everything

from .certificates import Twins
from .choices import Choices, clean_hosts
from .matching import SECRET, TIME, Bindings, Comparison, Difference
from .recordings import Exchange, before, clean_start, load, named_objects
from .renaming import change
from .rounds import catch_up

PASSWORD = "replayed-password"
WORLD = (
    "listZones", "listPods", "listClusters", "listHosts", "listStoragePools", "listImageStores",
    "listPhysicalNetworks", "listServiceOfferings", "listDiskOfferings", "listNetworkOfferings", "listVPCOfferings",
    "listTemplates", "listIsos", "listOsTypes", "listOsCategories", "listSystemVms", "listNetworks", "listAccounts",
    "listUsers", "listDomains", "listRoles", "listManagementServers", "listVlanIpRanges", "listRegions",
)  # fmt: skip
FILTERS = {
    "listTemplates": [{"templatefilter": "all"}],
    "listIsos": [{"isofilter": "all"}],
    "listServiceOfferings": [{}, {"issystem": "true"}],
}


JUST_STARTED = ("infrastructure",)
"""Areas that were recorded so soon after a start of the server that it had no statistics of its hosts yet."""


LONGEST_PAUSE = timedelta(minutes=20)
"""A longer gap between two recorded dates lies between the making of the clean zone and the recording."""


@dataclass(frozen=True)
class Outcome:
    """One replayed call and how it differed."""

    exchange: Exchange
    sent: dict[str, str]
    status: int
    body: Any
    differences: list[Difference]

    @property
    def ok(self) -> bool:
        return not self.differences


class Replay:
    """A fresh simulator and the recorded world's ids as far as they are known."""

    def __init__(self, area: str, *, renamed: bool = False) -> None:
        load_everything()
        self.area = area
        self.runs = [(one, load(one)) for one in (*before(area), area)]
        if renamed:
            self.runs = change(self.runs)
        self.calls = self.runs[0][1]
        self.twins = Twins(exchange for _one, calls in self.runs for exchange in calls)
        self.bindings = Bindings()
        self.choices = Choices(self.calls, self.bindings)
        # A whole second, as recorded dates are: what falls into one second must not depend on when this runs.
        self.sim = Simulator(
            zone="sandbox", seed=1, password=PASSWORD, choices=self.choices, clock=Clock(float(int(time.time())))
        )
        self.cookies: dict[str, str] = {}
        self.given: set[str] = set()
        self._moment: datetime | None = None
        """The latest recorded date so far."""
        self._start = datetime.fromtimestamp(0, UTC)
        """The recorded date at which the simulator's clock would have been zero."""
        if area in JUST_STARTED:
            for host in self.sim.db.hosts:
                host.measured = False
        self._bind_world()

    def _bind_world(self) -> None:
        there = clean_start()
        for command in WORLD:
            if COMMANDS.get(command) is None:
                continue
            for more in FILTERS.get(command, [{}]):
                _status, body = self.sim.call(command, listall="true", pagesize="-1", **more)
                ours: dict[tuple[str, str], set[str]] = {}
                for kind, name, here in named_objects(body):
                    ours.setdefault((kind, name), set()).add(here)
                for label, ids in ours.items():
                    if label in there and len(ids) == 1:
                        self.bindings.bind(there[label].lower(), next(iter(ids)).lower())

        hosts = [host for host in self.sim.db.hosts if host.kind == "Routing"]
        for recorded, host in zip(clean_hosts(), hosts, strict=False):
            self.bindings.bind(recorded, host.uuid)

    def run(self) -> list[Outcome]:
        """Replay what was recorded on the same zone before, then the area itself; the outcomes of the latter."""
        outcomes: list[Outcome] = []
        for area, calls in self.runs:
            self.area, self.calls = area, calls
            self.choices.calls = self.calls
            outcomes = [self._one(exchange) for exchange in self.calls]
        return outcomes

    def _one(self, exchange: Exchange) -> Outcome:
        self.choices.at = exchange.number
        self._keep_time(exchange)
        catch_up(self.sim, self.area, exchange.number)
        sent = {name: self._value(exchange, name, value) for name, value in exchange.params.items()}
        self.given.update(exchange.params.values())
        status, body = self._send(exchange, sent)
        comparison = Comparison(self.bindings, self.given)
        recorded, ours = exchange.body, body
        if exchange.truncated:
            ours = _cut_like(recorded, ours)
        found = [] if status == exchange.status else [Difference("status", exchange.status, status)]
        return Outcome(exchange, sent, status, body, found + comparison.differences(recorded, ours))

    def _value(self, exchange: Exchange, name: str, value: str) -> str:
        if value == SECRET:
            return self._secret(exchange, name)
        return self.bindings.translate(self.twins.translate(value))

    def _secret(self, exchange: Exchange, name: str) -> str:
        if name == "privatekey":
            return self.twins.private_key(exchange)
        if "password" in name.lower() and "wrong" in exchange.note:
            return "not-" + PASSWORD
        return PASSWORD

    def _keep_time(self, exchange: Exchange) -> None:
        """Let as much time pass as the recorded dates say; a job's last poll waits for its end."""
        content = exchange.content
        if exchange.is_poll and isinstance(content, dict) and "jobstatus" in content:
            if content["jobstatus"] == 0:
                return
            self._finish_job(self.bindings.translate(exchange.params.get("jobid", "")))
        self._move_to(max(_moments(exchange.body), default=self._job_began(content)))

    def _job_began(self, content: Any) -> datetime | None:
        """When the job of a start answer began, as its polls tell."""
        uuid = content.get("jobid") if isinstance(content, dict) else None
        if uuid is None:
            return None
        polls = (c.content for c in self.calls if c.is_poll and c.params.get("jobid") == uuid)
        return next((m for c in polls if isinstance(c, dict) for m in _moments(c.get("created"), "created")), None)

    def _move_to(self, latest: datetime | None) -> None:
        if latest is None or (self._moment is not None and latest <= self._moment):
            return
        if self._moment is None or latest - self._moment > LONGEST_PAUSE:
            self._start = latest - timedelta(seconds=self.sim.clock.now())
        self._moment = latest
        self.sim.advance(max(0.0, (latest - self._start).total_seconds() - self.sim.clock.now()))

    def _finish_job(self, uuid: str) -> None:
        job = self.sim.db.jobs.find(uuid)
        for _step in range(1000):
            due = self.sim.scheduler.next_due()
            if job is None or job.status != 0 or due is None:
                return
            self.sim.scheduler.advance_to(due)

    def _send(self, exchange: Exchange, sent: dict[str, str]) -> tuple[int, Any]:
        params = {"command": exchange.command, "response": "json", **sent}
        return _Sender(self, exchange).send(params)


class _Sender:
    """Builds the request that a note describes: how it was signed, or the session it came with."""

    def __init__(self, replay: Replay, exchange: Exchange) -> None:
        self.replay, self.exchange, self.note = replay, exchange, exchange.note
        self.sim = replay.sim

    def send(self, params: dict[str, str]) -> tuple[int, Any]:
        if self.replay.area == "protocol_session":
            return self._in_session(params)
        if self.replay.area != "protocol_basics":
            return self.sim.handle_as(params, method=self.exchange.method)
        return self._signed(params)

    def _signed(self, params: dict[str, str]) -> tuple[int, Any]:
        note, secret = self.note, self.sim.secret
        if "no response parameter" in note or note.startswith("XML"):
            del params["response"]
        if note == "response=xml":
            params["response"] = "xml"
        if note == "no command parameter":
            del params["command"]
        if note.startswith("no apikey"):
            return self.sim.handle(params, self.exchange.method)
        params["apikey"] = "unknown" if note.startswith("unknown apikey") else self.sim.key
        if note.startswith("signatureVersion"):
            params["signatureversion"] = note.split()[1].rstrip(",")
            params |= self._expires(note)
        if note.startswith("signed with another"):
            secret = "another"
        if "without signature" not in note:
            params["signature"] = self._signature(params, secret)
        return self.sim.handle(params, self.exchange.method)

    def _signature(self, params: dict[str, str], secret: str) -> str:
        if self.note.startswith("bad signature"):
            return "bad"
        if self.note.startswith("signed text not lower-cased"):
            return signature({**params, "command": params["command"] + "A"}, secret)
        if self.note.endswith("left as ~ in the signed text"):
            import base64
            import hashlib
            import hmac

            text = "&".join(f"{k}={quote(v, safe='*~')}" for k, v in sorted(params.items())).lower()
            return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
        return signature(params, secret)

    def _expires(self, note: str) -> dict[str, str]:
        now = datetime.fromtimestamp(self.sim.clock.now(), UTC)
        moves = {"5 minutes ahead": timedelta(minutes=5), "expired": timedelta(minutes=-5), "1 day": timedelta(days=1)}
        for words, move in moves.items():
            if words in note:
                return {"expires": (now + move).strftime("%Y-%m-%dT%H:%M:%S+0000")}
        return {"expires": "soon"} if "unparseable" in note else {}

    def _in_session(self, params: dict[str, str]) -> tuple[int, Any]:
        command, note, replay = self.exchange.command, self.note, self.replay
        if not self._needs_session(command):
            return self.sim.handle_as(params)
        if command == "" and "command" in params:
            del params["command"]
        cookies = dict(replay.cookies)
        if command not in ("login", "logout"):
            params["sessionkey"] = cookies.get("sessionkey", "")
        if note == "cookies, no sessionkey parameter":
            del params["sessionkey"]
        elif note.startswith("only JSESSIONID"):
            cookies.pop("sessionkey", None)
        elif note.startswith("parameter without any cookie"):
            cookies = {}
        reply = self.sim.reply(params, self.exchange.method, cookies)
        replay.cookies.update(reply.cookies)
        return reply.status, reply.body

    @staticmethod
    def _needs_session(command: str) -> bool:
        return not command.startswith(("create", "delete", "query", "listDomains"))


def _moments(value: Any, key: str = "") -> list[datetime]:
    """The dates in an answer that say when something happened."""
    if isinstance(value, dict):
        return [m for k, v in value.items() for m in _moments(v, k)]
    if isinstance(value, list):
        return [m for item in value for m in _moments(item, key)]
    if (
        key in ("created", "completed", "sent", "removed", "lastupdated")
        and isinstance(value, str)
        and TIME.fullmatch(value)
    ):
        return [datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")]
    return []


def _cut_like(recorded: Any, ours: Any) -> Any:
    """Ours with its lists cut to the lengths of the recorded ones."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        left_out = {k for k, v in ours.items() if isinstance(v, list) and k not in recorded}
        return {k: _cut_like(recorded.get(k), v) for k, v in ours.items() if k not in left_out}
    if isinstance(recorded, list) and isinstance(ours, list):
        return [_cut_like(a, b) for a, b in zip(recorded, ours, strict=False)]
    return ours
