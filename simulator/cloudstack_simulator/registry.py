"""Where command handlers and start-up steps announce themselves.

A handler takes a `Call` and returns the answer's content: `{"zone": view}`, `SUCCESS`, `call.listing(…)`.
Whether a command is asynchronous is the contract's business: a handler of an asynchronous command runs as the job.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import contract

if TYPE_CHECKING:
    from .call import Call
    from .simulator import Simulator

Handler = Callable[["Call"], Any]
SUCCESS: dict[str, Any] = {"success": True}


@dataclass(slots=True)
class Registered:
    handler: Handler | None = None
    allocate: Handler | None = None
    check: Handler | None = None
    sync: Handler | None = None
    instance: Handler | None = None
    guarded: tuple[str, ...] = ()


COMMANDS: dict[str, Registered] = {}
INSTALL_STEPS: list[tuple[int, Callable[[Simulator], None]]] = []
START_STEPS: list[Callable[[Simulator], None]] = []
EVENT_STEPS: list[Callable[[Simulator, Any], None]] = []
AccountStep = Callable[["Simulator", Any], None]
ACCOUNT_REMOVALS: list[tuple[int, AccountStep]] = []
KEPT_WITHOUT_OWNER = frozenset(
    {
        "accounts", "console_sessions", "events", "jobs", "project_members", "quota_credits", "tags", "usage_records",
        "usage_spans", "users",
    }
)  # fmt: skip
"""Tables whose rows name an account that does not own them, or outlive it."""
ZONES: dict[str, list[tuple[int, Callable[[Simulator], None]]]] = {}


def _entry(name: str) -> Registered:
    if name not in contract.commands():
        raise ValueError(f"no command {name} in the contract")
    return COMMANDS.setdefault(name, Registered())


def command(*names: str, sync: Handler | None = None, instance: Handler | None = None) -> Callable[[Handler], Handler]:
    """Register the handler of one or more commands.

    `sync(call)` → a key: jobs with an equal key run one behind the other. `instance(call)` → the row that the job
    is about (`jobinstanceid`), when it is not the created row or the first id parameter.
    """

    def register(handler: Handler) -> Handler:
        for name in names:
            entry = _entry(name)
            if entry.handler is not None:
                raise ValueError(f"{name} has two handlers")
            entry.handler, entry.sync, entry.instance = handler, sync, instance
        return handler

    return register


def allocate(*names: str) -> Callable[[Handler], Handler]:
    """Register the synchronous half of an asynchronous create: it returns the new row (`call.created` of the job),
    or a text that the answer shows as the id.
    """

    def register(handler: Handler) -> Handler:
        for name in names:
            _entry(name).allocate = handler
        return handler

    return register


def check(*names: str) -> Callable[[Handler], Handler]:
    """Register checks of an asynchronous command that the server makes before it queues the job."""

    def register(handler: Handler) -> Handler:
        for name in names:
            _entry(name).check = handler
        return handler

    return register


def guard(parameter: str, *names: str) -> None:
    """Have the dispatcher refuse ids of others' things in a parameter of commands, before any job is queued."""
    for name in names:
        entry = _entry(name)
        entry.guarded = (*entry.guarded, parameter)


def at_install(order: int = 50) -> Callable[[Callable[[Simulator], None]], Callable[[Simulator], None]]:
    """Register a step of the installation (built-in rows, timers); low orders first."""

    def register(step: Callable[[Simulator], None]) -> Callable[[Simulator], None]:
        INSTALL_STEPS.append((order, step))
        return step

    return register


def at_start(step: Callable[[Simulator], None]) -> Callable[[Simulator], None]:
    """Register what management servers do at each start after the first."""
    START_STEPS.append(step)
    return step


def on_event(step: Callable[[Simulator, Any], None]) -> Callable[[Simulator, Any], None]:
    """Register what happens when an event has been written."""
    EVENT_STEPS.append(step)
    return step


def start_zone(name: str, order: int = 50) -> Callable[[Callable[[Simulator], None]], Callable[[Simulator], None]]:
    """Register a step of the start for `--zone NAME`; low orders first."""

    def register(step: Callable[[Simulator], None]) -> Callable[[Simulator], None]:
        ZONES.setdefault(name, []).append((order, step))
        return step

    return register


def on_account_removal(order: int = 50) -> Callable[[AccountStep], AccountStep]:
    """Register what an area does when an account (or a project's own account) goes: remove what it owns."""

    def register(step: AccountStep) -> AccountStep:
        ACCOUNT_REMOVALS.append((order, step))
        return step

    return register


def remove_belongings(sim: Simulator, account: Any) -> None:
    """Let every area remove what the account owns, low orders first; then whatever rows are left of it."""
    for _order, step in sorted(ACCOUNT_REMOVALS, key=lambda entry: entry[0]):
        step(sim, account)
    for name, table in sim.db.tables.items():
        if name not in KEPT_WITHOUT_OWNER:
            for row in table.where(account_id=account.id):
                sim.tags.drop(row)
                table.remove(row)


def load_everything() -> None:
    """Import every module of `model`, `commands` and `scenarios`, so that all of them are registered."""
    for package_name in ("model", "commands", "scenarios"):
        package = importlib.import_module(f"{__package__}.{package_name}")
        for module in sorted(m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")):
            importlib.import_module(module)


def build_zone(sim: Simulator, name: str) -> None:
    """Do the steps of the start `--zone NAME`."""
    for _order, step in sorted(ZONES[name], key=lambda entry: entry[0]):
        step(sim)


def install(sim: Simulator) -> None:
    for _order, step in sorted(INSTALL_STEPS, key=lambda entry: entry[0]):
        step(sim)


__all__ = ["SUCCESS", "allocate", "at_install", "at_start", "check", "command", "guard", "on_event", "start_zone"]
