"""A simulated cloud in this process and in its own time: no sockets, no waiting, a fault at any call.

The client is the real one down to its transport, which is replaced by a function call into the simulator. Time passes
only when the client sleeps, so that limits of minutes cost nothing.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.arguments import argument_spec
from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.plugins.module_utils.client.transport import Answer, Unanswered
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import get
from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_with
from cloudstack_simulator import Simulator

PROXY_PAGE = b"<html><body><h1>503 Service Unavailable</h1></body></html>"
FAULTS = ("cut", "lost", "late", "busy", "doubled", "doubled_last", "killed_before", "killed_after")
"""cut: never arrives. lost, late: done, but no answer comes. busy: a proxy says 503. doubled: a proxy sends it twice
and passes on the first answer, or the last. killed: our process ends before the call, or right after the server's work.
"""


OUTSIDE = ("open_consoles", "probe_rules")
"""Options of modules that look at the cloud from outside: its addresses are nowhere here."""


class Killed(BaseException):
    """The process ends here: nothing of it runs on."""


class VirtualClock:
    """The simulator's time for the client: sleeping lets it pass."""

    def __init__(self, sim: Simulator, lock: threading.RLock) -> None:
        self._sim = sim
        self._lock = lock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._sim.clock.outside(), UTC)

    def monotonic(self) -> float:
        return self._sim.clock.now()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._sim.advance(max(0.0, seconds))


class Fault:
    """What happens to the call number ``at`` (from 0) of those that ``counts`` lets through."""

    def __init__(self, kind: str, at: int, counts: Callable[[str], bool] = lambda _command: True) -> None:
        self.kind = kind
        self.at = at
        self.counts = counts
        self.seen = 0
        self.hit = ""

    def strikes(self, command: str) -> bool:
        if not self.counts(command):
            return False
        self.seen += 1
        if self.seen - 1 != self.at:
            return False
        self.hit = command
        return True


class VirtualTransport:
    """Requests as function calls into the simulator, with at most one fault."""

    def __init__(self, sim: Simulator, lock: threading.RLock) -> None:
        self._sim = sim
        self._lock = lock
        self.fault: Fault | None = None
        self.dead = False
        self.commands: list[str] = []

    def send(
        self, method: str, fields: Mapping[str, str], headers: Mapping[str, str], read_timeout: float | None = None
    ) -> Answer:
        with self._lock:
            if self.dead:
                raise Killed
            command = fields["command"]
            self.commands.append(command)
            struck = self.fault is not None and self.fault.strikes(command)
            kind = self.fault.kind if struck and self.fault else ""
            return self._struck(kind, method, fields) if struck else self._ask(method, fields)

    def _ask(self, method: str, fields: Mapping[str, str]) -> Answer:
        reply = self._sim.reply(dict(fields), method.upper())
        if reply.drop:
            raise Unanswered("the connection broke before the whole answer was there")
        return Answer(reply.status, reply.headers, json.dumps(reply.body).encode())

    def _struck(self, kind: str, method: str, fields: Mapping[str, str]) -> Answer:
        if kind == "cut":
            raise Unanswered("the connection broke before the whole answer was there")
        if kind == "busy":
            return Answer(503, {"Content-Type": "text/html"}, PROXY_PAGE)
        if kind == "killed_before":
            self.dead = True
            raise Killed
        first = self._ask(method, fields)
        if kind == "killed_after":
            self.dead = True
            raise Killed
        if kind == "lost":
            raise Unanswered("the connection broke before the whole answer was there")
        if kind == "late":
            self._sim.advance(300)
            raise Unanswered("no answer came in time", timed_out=True)
        second = self._ask(method, fields)
        return first if kind == "doubled" else second

    def close(self) -> None:
        """Nothing is open."""


class VirtualCloud:
    """A simulated cloud and modules called on it; changes are counted by the simulator."""

    def __init__(self, zone: str | None = None, **options: Any) -> None:
        self.sim = Simulator(zone=zone, **options)
        self._lock = threading.RLock()
        self.transport = VirtualTransport(self.sim, self._lock)
        self.client = self._client()
        self.calls = self.changes = 0

    def _client(self) -> Client:
        connection = Connection("http://cloud.invalid/client/api", key=self.sim.key, secret=self.sim.secret)
        return Client(connection, VirtualClock(self.sim, self._lock), self.transport)

    def run(
        self,
        module: str,
        /,
        *,
        check: bool = False,
        fault: Fault | None = None,
        planned: Collection[tuple[str, str]] = (),
        **options: Any,
    ) -> dict[str, Any]:
        """One task with the module's defaults. ``calls`` and ``changes`` are what the server saw of it.

        planned: kind and name of what earlier tasks in check mode would have made.
        """
        spec = argument_spec(get(module))
        defaults = {name: entry["default"] for name, entry in spec.items() if entry.get("default") is not None}
        defaults.update({name: "never" for name in OUTSIDE if name in spec})
        if module == "apply":
            options.setdefault("restore_file", "")  # otherwise it lands in the home of whoever runs the tests
        self.sim.counters.reset()
        self.transport.fault, self.transport.commands = fault, []
        try:
            return run_with(
                self.client, module, {**defaults, **options}, check=check, diff=True,
                earlier=lambda kind, name, _scope: (kind, name) in planned,
            )  # fmt: skip
        finally:
            self.transport.fault, self.transport.dead = None, False
            counted = self.sim.counters.view()
            self.calls, self.changes = counted["total"], counted["changes"]


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=_VS_)\d{14}")
NOT_OURS = frozenset(
    ("annotations", "jobs", "events", "alerts", "vms", "volumes", "nics", "ip_addresses", "usage_records", "sessions")
)
"""What the server makes by itself and in its own time; and remarks, of which the server shows the last one."""


def census(sim: Simulator) -> Counter[tuple[str, str]]:
    """How many living objects of each table and name there are, once the server has done what it does by itself."""
    sim.advance(300)
    found: Counter[tuple[str, str]] = Counter()
    for table, rows in tables(sim):
        if table not in NOT_OURS:
            names = (UUID.sub("<id>", str(getattr(row, "name", ""))) for row in rows if not _is_retired(row))
            found.update((table, name) for name in names)
    return found


def _is_retired(row: Any) -> bool:
    """Deleted offerings stay as rows that no list shows."""
    return getattr(row, "state", "") == "Inactive"


def tables(sim: Simulator) -> Iterator[tuple[str, Any]]:
    """Every table of the simulated database with its living rows."""
    for name, table in sorted(sim.db.tables.items()):
        yield name, list(table)
