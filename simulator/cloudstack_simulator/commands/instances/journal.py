"""Events around the jobs of instances: scheduled, started, completed or failed."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ...call import Call

Row = Callable[[Call], Any]


def journaled(
    kind: str,
    doing: str,
    subject: Row,
    *,
    label: str = "Vm Id: ",
    resource_type: str = "VirtualMachine",
    scheduled: str | None = None,
) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    """Let a job's handler write its events. `doing`: what it does ("deploying Vm"); `subject`: the row it is about."""

    def wrap(handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
        @functools.wraps(handler)
        def journal(call: Call) -> Any:
            row = subject(call)
            about = f"{label}{row.uuid}"
            more = {"resource_type": resource_type}
            write = functools.partial(call.sim.events.write, kind, caller=call.caller, resource=row, **more)
            first = write(f"{scheduled or 'starting Vm'}. {about}", state="Scheduled")
            write(f"{doing[0].upper()}{doing[1:]}. {about}", state="Started", parent=first)
            try:
                outcome = handler(call)
                result = (yield from outcome) if inspect.isgenerator(outcome) else outcome
            except Exception:
                write(f"Error while {doing}. {about}", level="ERROR", parent=first)
                raise
            write(f"Successfully completed {doing}. {about}", parent=first)
            return result

        return journal

    return wrap
