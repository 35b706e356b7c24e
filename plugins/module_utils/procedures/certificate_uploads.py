# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The upload within a roll-out: what is still to be sent, when it may be, and how a cut-off run is told (E2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import Target
from ..certificates import Journal, Upload, uploads
from ..certificates.probe import WANTED
from ..certificates.upload import COMMAND
from ..client import JobTimeout
from .appliances import IMAGE_JOBS
from .certificate_fleet import why
from .facts import busy_with


def _calls(run: Any, due: Sequence[Target]) -> list[Upload]:
    """What a whole upload takes. Nothing, where a system VM serves the certificate: then the server has it.

    The chain is spared where all serve it already, for every upload resets the console proxies.
    """
    sights = run.memory["sights"]
    behind = [target for target in due if target.id in sights and why(run, sights[target.id])]
    if not behind or any(sight.state == WANTED for sight in sights.values()):
        return []
    served = [sight.served.has_chain(run.memory["bundle"]) for sight in sights.values() if sight.served]
    chain_is_there = bool(served) and len(served) == len(sights) and all(found is True for found in served)
    return uploads(run.memory["bundle"], with_chain=not chain_is_there)


def missing(run: Any, due: Sequence[Target]) -> list[Upload]:
    """What is still to be sent: a run that was cut off may have sent some of it."""
    return run.memory["journal"].left(_calls(run, due))


def is_left_over(run: Any, due: Sequence[Target]) -> bool:
    """Whether the remark of a run that was cut off is there, and all serve what is wanted by now."""
    return run.memory["journal"].is_open and not due


def sends_any(run: Any, due: Sequence[Target]) -> bool:
    """Whether ``send`` has anything to do."""
    return bool(missing(run, due)) or is_left_over(run, due)


def has_remark(run: Any, due: Sequence[Target]) -> bool:
    """Whether there is, or will be, a remark that somebody has to take away in the end."""
    return bool(run.memory["journal"].is_open or missing(run, due))


def send(run: Any, due: Sequence[Target]) -> list[str]:
    """Uploads what is missing, or takes away a remark that is left over. Returns what was uploaded."""
    journal: Journal = run.memory["journal"]
    calls = missing(run, due)
    if calls:
        _await_idle(run)
        if problem := journal.begin(_calls(run, due), calls, run.change):
            run.task.warn(problem)
    for call in calls:
        run.task.tell(f"uploading {call.label}")
        run.change(COMMAND, call.params, call.label)
    if calls:
        run.memory["uploaded_at"] = run.clock.monotonic()
    elif is_left_over(run, due):
        journal.end(run.change)
    return [call.label for call in calls]


def _await_idle(run: Any) -> None:
    """The upload of the key reboots the secondary storage VMs of all zones; nothing may need them then."""
    until = run.clock.monotonic() + run.rules.step_timeout
    while jobs := busy_with(run, IMAGE_JOBS):
        if run.clock.monotonic() >= until:
            raise JobTimeout(
                f"secondary storage VMs are needed by {', '.join(jobs)}", remedy="run again when these jobs have ended"
            )
        run.task.tell(f"waiting for {', '.join(jobs)}")
        run.clock.sleep(5.0)
