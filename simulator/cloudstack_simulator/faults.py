"""Where fault rules attach: before a command runs, after it, and in its job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .call import Call
    from .jobs import Jobs
    from .reply import Reply


class JobAction(Protocol):
    def start(self, jobs: Jobs, call: Call) -> bool:
        """Take the job over (fail it, let it hang, claim success); False lets its handler run."""


class Faults(Protocol):
    """Rules that make a server misbehave."""

    def before(self, command: str, params: dict[str, str]) -> Reply | None:
        """An answer instead of running the command (503, dropped connection), or None."""

    def after(self, command: str, params: dict[str, str], reply: Reply) -> Reply:
        """The answer as the caller gets it (lost, late, or as it is)."""

    def job(self, call: Call) -> JobAction | None:
        """What happens to a job instead of its handler, or None."""


class NoFaults:
    """A server that behaves."""

    def before(self, _command: str, _params: dict[str, str]) -> Reply | None:
        return None

    def after(self, _command: str, _params: dict[str, str], reply: Reply) -> Reply:
        return reply

    def job(self, _call: Call) -> JobAction | None:
        return None
