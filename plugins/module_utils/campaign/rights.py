# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the caller may send what a campaign will send: asked before the first step, not found at a later one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Union

from ..client import ApiError, NotAllowed
from .targets import Target

Test = Callable[[Any, Sequence[Target]], bool]
"""Whether a run has to send something, from the run and its due targets."""

UNKNOWN = "unable to find an api by that name"
"""What the server says of a command that it does not have, or not for the caller [recordings capabilities]."""


@dataclass(frozen=True)
class Sent:
    """A command that a procedure sends in some runs only."""

    command: str
    needed: Test


Sends = tuple[Union[str, Sent], ...]  # noqa: UP007 (a linter of ansible-test trips over |)


def when(needed: Test, *commands: Any) -> tuple[Sent, ...]:
    """Commands that are sent only where ``needed`` says so; where they have a test of their own, it must say so too."""
    return tuple(
        Sent(one.command, _both(needed, one.needed)) if isinstance(one, Sent) else Sent(one, needed)
        for one in commands
    )  # fmt: skip


def _both(one: Test, other: Test) -> Test:
    return lambda run, due: one(run, due) and other(run, due)


def if_allowed(*commands: str) -> tuple[Sent, ...]:
    """Commands that the work can do without."""
    return when(lambda _run, _due: False, *commands)


def given(option: str, *values: Any) -> Test:
    """Whether an option has one of these values; without values, whether it is set at all."""

    def test(run: Any, _due: Sequence[Target]) -> bool:
        return run.option(option) in values if values else bool(run.option(option))

    return test


def commands_of(sends: Iterable[Any]) -> list[str]:
    """The names of all commands, whatever they depend on, in the order of the alphabet."""
    return sorted({one.command if isinstance(one, Sent) else one for one in sends})


def check_rights(run: Any, due: Sequence[Target]) -> None:
    """Refuses a run that would be stopped half-way by the caller's role. Raises NotAllowed that names the commands.

    Each command is asked for by its name: the whole list is some megabytes, one command some kilobytes.
    """
    needed = commands_of(
        one for one in run.procedure.sends if not isinstance(one, Sent) or one.needed(run, due)
    )  # fmt: skip
    offered = run.client.parallel([partial(_is_offered, run, command) for command in needed])
    missing = [command for command, is_offered in zip(needed, offered, strict=True) if not is_offered]
    if missing:
        raise NotAllowed(
            f"the server does not offer {', '.join(missing)} to the caller, and this run needs "
            f"{'them' if len(missing) > 1 else 'it'}; nothing was changed",
            obj=run.procedure.name,
            remedy="have the role of the account allow what is named (module role, option rules), or take an account "
            "whose role does; an old server may not know it",
        )


def _is_offered(run: Any, command: str) -> bool:
    """Whether the caller may send a command. One who may not ask is not refused for that."""
    try:
        run.client.call("listApis", {"name": command})
    except NotAllowed:
        return True
    except ApiError as error:
        return UNKNOWN not in str(error.server_text)
    return True
