"""The simulator: one management server's state, and the way a request takes through it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from . import contract, registry, usage
from .auth import Authenticator
from .call import Caller
from .calllog import CallLog
from .clock import Clock, Scheduler
from .dispatcher import Dispatcher
from .events import Events
from .farm import add_servers, alive, start_stopped
from .faults import FaultBook
from .ids import Ids
from .jobs import Jobs
from .limits import Limits
from .post import PostOffice
from .rate_limit import RateLimit
from .reply import Reply, no_server
from .settings import Settings
from .tables import Database
from .tags import Tags

log = logging.getLogger("cloudstack_simulator")


@dataclass(slots=True)
class Counters:
    """Calls per command since the start or the last reset."""

    calls: Counter[str] = field(default_factory=Counter)
    changing: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def view(self) -> dict[str, Any]:
        return {
            "calls": dict(self.calls), "changing": dict(self.changing), "errors": dict(self.errors),
            "total": self.calls.total(), "changes": self.changing.total(),
        }  # fmt: skip

    def reset(self) -> None:
        for counter in (self.calls, self.changing, self.errors):
            counter.clear()


class Simulator:
    """A management server in miniature.

    `zone`: name of a recorded start ("sandbox"), or None for a server as after installation. `key`/`secret`: the
    admin's keys (made up when absent). `seed`: makes ids repeatable. `clock`: a `Clock` (stands still until
    `advance`) or a `RunningClock`. `page_size`: replaces the setting `default.page.size`.
    `management_servers`: how many there are, behind a load balancer that leads to one that is up.
    `faults`: a document of fault rules (faults/rules.py), in force from the start on.
    `usage_server`: whether one runs, and counts.
    `webhook_addresses`: where the hosts of webhooks' payload URLs are (post.py); others are out of reach.
    `choices(what, candidates, **about)`: decides what is otherwise picked at random, see `choose`.
    """

    def __init__(
        self,
        *,
        zone: str | None = None,
        key: str | None = None,
        secret: str | None = None,
        password: str = "password",  # noqa: S107 - that of a new installation
        seed: int | None = None,
        clock: Clock | None = None,
        page_size: int | None = None,
        management_servers: int = 1,
        faults: dict[str, Any] | None = None,
        log_to: IO[str] | None = None,
        usage_server: bool = False,
        webhook_addresses: dict[str, str] | None = None,
        choices: Callable[..., Any] | None = None,
    ) -> None:
        registry.load_everything()
        self.clock = clock or Clock()
        self.scheduler = Scheduler(self.clock)
        self.ids = Ids(seed)
        self.db = Database(self.ids.uuid, self.clock.now)
        self.settings = Settings(self.db)
        self.events = Events(self)
        self.tags = Tags(self)
        self.limits = Limits(self)
        self.jobs = Jobs(self)
        self.faults = FaultBook(self, self._race)
        self.auth = Authenticator(self)
        self.rate_limit = RateLimit(self)
        self.counters = Counters()
        self.changes = 0
        """Changing calls ever: unlike the counters, nobody sets this one back."""
        self.log = CallLog()
        self.post = PostOffice(webhook_addresses or {})
        self.latency = 0.0
        self.choices = choices
        self.admin_password = password
        self.cloud_identifier = self.ids.uuid()
        self.installed = self.started = self.clock.now()
        self._dispatcher = Dispatcher(self)
        registry.install(self)
        self.admin = self.auth.caller_of(self.db.users.first(username="admin"))
        self.admin.user.api_key = key or self.ids.key()
        self.admin.user.secret_key = secret or self.ids.key()
        if zone is not None:
            self.settings.use_developer_values()
            registry.build_zone(self, zone)
        if management_servers > 1:
            add_servers(self, management_servers)
        if usage_server:
            usage.begin(self)
        if page_size is not None:
            self.settings.set("default.page.size", page_size)
        self.max_page_size = int(self.settings.value("default.page.size"))
        self.started = self.clock.now()
        self.begin(log_to)
        self.faults.use(faults or {})

    def begin(self, log_to: IO[str] | None = None) -> None:
        """The start is done: counters, log and what a server reads of its settings at the start begin now."""
        self._read_settings()
        self.counters.reset()
        self.log = CallLog(log_to)

    def _read_settings(self) -> None:
        self.enforces_post = bool(self.settings.value("enforce.post.requests.and.timestamps"))
        self.allowed_logins = int(self.settings.value("incorrect.login.attempts.allowed") or 0)
        self.rate_limit.read()

    def restart(self) -> None:
        """As after a restart of all management servers: what they read once, at their start, they read anew.
        One that was shut down runs again.
        """
        start_stopped(self)
        for server in self.db.management_servers:
            server.last_stop = server.last_start = self.clock.now()
        self.read_anew()

    def read_anew(self) -> None:
        """What management servers read once, when they start."""
        self.started = self.clock.now()
        self.max_page_size = int(self.settings.value("default.page.size"))
        self._read_settings()
        for step in registry.START_STEPS:
            step(self)

    @property
    def key(self) -> str:
        return self.admin.user.api_key

    @property
    def secret(self) -> str:
        return self.admin.user.secret_key

    def handle(
        self, params: dict[str, str], method: str = "POST", cookies: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Answer a request as the network sees it (signature or session needed): (HTTP status, body)."""
        reply = self.reply(params, method, cookies)
        return reply.status, reply.body

    def reply(self, params: dict[str, str], method: str = "POST", cookies: dict[str, str] | None = None) -> Reply:
        """`handle` with everything that the wire needs."""
        self.scheduler.run_due()
        command = params.get("command") or ""
        reply = self.faults.before(command, params) if alive(self) else no_server()
        if reply is None:
            reply = self.faults.after(self._dispatcher.request(params, method, cookies or {}))
        self._account_for(command, params, method, reply)
        return reply

    def call(self, command: str, caller: Caller | None = None, **params: Any) -> tuple[int, Any]:
        """Run one command without signature, as the admin or another caller: (HTTP status, body)."""
        return self.handle_as({"command": command, **{k: str(v) for k, v in params.items()}}, caller)

    def handle_as(self, params: dict[str, str], caller: Caller | None = None, method: str = "POST") -> tuple[int, Any]:
        """Run a request whose caller is known already: (HTTP status, body)."""
        self.scheduler.run_due()
        known = {"response": "json", **params}
        reply = self._dispatcher.run(known, caller or self.admin, method=method) if alive(self) else no_server()
        self._account_for(params.get("command") or "", params, method, reply)
        return reply.status, reply.body

    def act(self, command: str, caller: Caller | None = None, **params: Any) -> tuple[int, Any]:
        """Run a command for something that happens in the background, as the admin or somebody else: neither counted
        nor logged.
        """
        reply = self._dispatcher.run(
            {"response": "json", "command": command, **{k: str(v) for k, v in params.items()}}, caller or self.admin
        )
        return reply.status, reply.body

    def system_for(self, account: Any) -> Caller:
        """The server itself at work for an account: the system's user with the account's reach."""
        user = self.db.users.first(username="system")
        return Caller(user, account, self.db.domains[account.domain_id], self.admin.role)

    def _race(self, params: dict[str, str]) -> None:
        """Send a signed request once more before it is handled, as if its caller had a twin."""
        caller = self.auth.by_key(params)
        if caller is not None:
            self._dispatcher.run({"response": "json", **params}, caller)

    def choose(self, what: str, candidates: Sequence[Any], **about: Any) -> Any:
        """One of equally good candidates, where the server picks at random: host, pool, address, vlan …

        `what` is one of these words, `about` names the rows that it is for.
        """
        if self.choices is not None:
            return self.choices(what, candidates, **about)
        return self.ids.random.choice(candidates)

    def advance(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.scheduler.advance(seconds)

    def settle(self, limit: float = 3600.0) -> None:
        """Let just so much time pass that no job is running any more."""
        end = self.clock.now() + limit
        while self.jobs.running():
            due = self.scheduler.next_due()
            if due is None or due > end:
                return
            self.scheduler.advance_to(due)

    def unexpected(self, command: str, error: Exception) -> str:
        """Record a mistake of the simulator itself; the text that the caller gets."""
        log.error("%s failed in the simulator", command, exc_info=error)
        return f"The simulator failed in {command}: {type(error).__name__}"

    def _account_for(self, command: str, params: dict[str, str], method: str, reply: Reply) -> None:
        name = command if command in contract.commands() else "unknown"
        self.counters.calls[name] += 1
        if contract.is_changing(name) and name != "unknown":
            self.counters.changing[name] += 1
            self.changes += 1
        if reply.status != 200:
            self.counters.errors[name] += 1
        self.log.write(self.clock.now(), command, method, params, reply)
