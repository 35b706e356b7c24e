"""A simulator's state as one JSON document, and a simulator made like such a document."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from ..farm import start_stopped
from ..tables import SPECS
from .coding import CodingError, RowForm, decode, encode, function_named, name_of

if TYPE_CHECKING:
    from ..simulator import Simulator

INTERRUPTED = "Job is cancelled because of management server restart or shutdown"
AT_REST = {"Starting": "Stopped", "Stopping": "Running", "Migrating": "Running"}
"""What becomes of a VM whose job ended with the server."""


def take(sim: Simulator) -> dict[str, Any]:
    """Everything but sessions and the work of running jobs, which end with a server."""
    return {
        "now": sim.clock.now(),
        "installed": sim.installed,
        "started": sim.started,
        "cloud_identifier": sim.cloud_identifier,
        "page_size": sim.max_page_size,
        "random": None if isinstance(sim.ids.random, random.SystemRandom) else encode(sim.ids.random.getstate(), sim),
        "settings": [
            [s.name, s.value, s.default, [[scope, number, text] for (scope, number), text in s.scoped.items()]]
            for s in sim.settings.by_name.values()
        ],
        "tables": {name: _table(sim, name) for name in sim.db.tables},
        "schedule": [
            [moment, name_of(callback), encode(list(arguments), sim)]
            for moment, callback, arguments in sim.scheduler.entries()
            if not hasattr(callback, "__self__")
        ],
        "faults": encode(sim.faults.save(), sim),
    }


def _table(sim: Simulator, name: str) -> dict[str, Any]:
    forms = {row_class: RowForm(row_class) for row_class in SPECS[name].row_classes}
    table = sim.db.tables[name]
    rows: dict[str, list[Any]] = {}
    for row in table.all():
        form = forms[type(row)]
        rows.setdefault(type(row).__name__, []).append(form.write(row, sim))
    return {"next": table.next_number, "rows": rows}


def restore(sim: Simulator, picture: dict[str, Any]) -> None:
    """Make a fresh simulator like the picture. Raises CodingError where it does not fit this version."""
    try:
        _restore(sim, picture)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise CodingError(f"{type(error).__name__}: {error}") from None


def _restore(sim: Simulator, picture: dict[str, Any]) -> None:
    sim.clock.start_at(picture["now"])
    for name, saved in picture["tables"].items():
        forms = {row_class.__name__: RowForm(row_class) for row_class in SPECS[name].row_classes}
        rows = [forms[kind].read(row, sim) for kind, written in saved["rows"].items() for row in written]
        sim.db.tables[name].load(sorted(rows, key=lambda row: row.id), saved["next"])
    for name, value, default, scoped in picture["settings"]:
        setting = sim.settings.by_name[name]
        setting.value, setting.scoped = value, {(scope, number): text for scope, number, text in scoped}
        setting.facts["defaultvalue"] = default
    sim.installed, sim.started = picture["installed"], picture["started"]
    sim.cloud_identifier, sim.max_page_size = picture["cloud_identifier"], picture["page_size"]
    if picture["random"] is not None:
        sim.ids.random = random.Random()
        sim.ids.random.setstate(decode(picture["random"], sim))
    entries = [(moment, function_named(name), decode(args, sim)) for moment, name, args in picture["schedule"]]
    sim.scheduler.replace(entries)
    sim.faults.load(decode(picture["faults"], sim))
    sim.admin = sim.auth.caller_of(sim.db.users.first(username="admin"))
    _end_interrupted_jobs(sim)
    start_stopped(sim)


def _end_interrupted_jobs(sim: Simulator) -> None:
    interrupted = sim.db.jobs.where(status=0)
    if not interrupted:
        return
    for job in interrupted:
        job.status, job.result_code, job.completed = 2, 530, sim.clock.now()
        job.result = {"errorcode": 530, "errortext": INTERRUPTED}
    begun = min(job.created for job in interrupted)
    for before, after in AT_REST.items():
        for vm in sim.db.vms.where(state=before):
            # An instance that was stuck before any of these jobs is nobody's work, and stays stuck.
            if vm.vm_type != "User" or vm.updated is None or vm.updated >= begun:
                vm.state = after if after != "Running" or vm.host_id is not None else "Stopped"
