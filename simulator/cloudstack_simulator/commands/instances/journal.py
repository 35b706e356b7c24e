"""Events around jobs: scheduled, started, completed or failed."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from typing import Any

from ...call import Call
from ...model.operations import Event

Row = Callable[[Call], Any]


def journaled(
    kind: str | Callable[[Call], str],
    doing: str,
    subject: Row,
    *,
    label: str = "Vm Id: ",
    resource_type: str = "VirtualMachine",
    scheduled: str | None = None,
) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    """Let a job's handler write its events. `doing`: what it does ("deploying Vm"); `subject`: the row it is about.

    A job about nothing that exists writes none.
    """

    def wrap(handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
        @functools.wraps(handler)
        def journal(call: Call) -> Any:
            row = subject(call)
            if not row:
                return (yield from _run(handler, call))
            about = f"{label}{row.uuid}"
            name = kind if isinstance(kind, str) else kind(call)
            write = functools.partial(_write, call, name, row, resource_type=resource_type)
            first = write(f"{scheduled or 'starting Vm'}. {about}", state="Scheduled")
            write(f"{doing[0].upper()}{doing[1:]}. {about}", state="Started", parent=first)
            try:
                result = yield from _run(handler, call)
            except Exception:
                write(f"Error while {doing}. {about}", level="ERROR", parent=first)
                raise
            write(f"Successfully completed {doing}. {about}", parent=first)
            return result

        return journal

    return wrap


def _write(call: Call, kind: str, row: Any, text: str, **more: Any) -> Event:
    return call.sim.events.write(kind, text, call.caller, row, **more)


def _run(handler: Callable[[Call], Any], call: Call) -> Generator[float, None, Any]:
    outcome = handler(call)
    return (yield from outcome) if inspect.isgenerator(outcome) else outcome
