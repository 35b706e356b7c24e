# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of a whole cloud."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..audit import RULES, SEVERITIES, as_json, audit, failing, page
from ..audit.facts import THRESHOLDS
from ..campaign.report import check_place
from ..certificates.options import PLACES
from ..model import Operation, Option


def _run(task: Any) -> dict[str, Any]:
    path = task.option("report") or ""
    base = check_place(path) if path else None
    found = audit(task)
    written = _write(base, found) if base else []
    result = {"changed": False, "files": written, **found}
    wrong = failing(found, task.option("fail_on"))
    return {**result, "failed": True, "msg": wrong} if wrong else result


def _write(base: Path, found: dict[str, Any]) -> list[str]:
    """The report for machines and for people, each whole or not at all. Returns their paths."""
    written = []
    for suffix, text in ((".json", as_json(found)), (".html", page(found))):
        target, fresh = base.with_name(base.name + suffix), base.with_name(f".{base.name}{suffix}.{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(target)
        written.append(str(target))
    return written


AUDIT = Operation(
    name="audit",
    summary="Look over a whole cloud and say what is not as it should be",
    description=(
        "Reads the cloud, each list once, and holds it against rules. Changes nothing.",
        "They ask for room when a host is lost, for what is down, hangs, ends soon or is left over, and for danger.",
        "Each finding names the object, what was seen, and what to do.",
    ),
    notes=(
        f"The rules are {', '.join(f'V({name})' for name in RULES)}.",
        "The usual thresholds are " + ", ".join(f"V({name}) {value:g}" for name, value in THRESHOLDS.items()) + ".",
        "A rule whose lists the caller may not read is reported as skipped.",
    ),
    options=(
        Option("rules", "list", behaviour=True, help="Only these rules."),
        Option("without", "list", behaviour=True, help="All rules but these."),
        Option(
            "thresholds", "map", behaviour=True,
            help="Other thresholds by name: percent, hours or days from which on something is found.",
        ),
        Option(
            "fail_on", default="none", choices=("none", *SEVERITIES), behaviour=True,
            help=("Fail the task where a finding is as bad as this or worse.",
                  "So does a rule of that severity whose lists the caller may not read."),
        ),
        Option(
            "report", behaviour=True,
            help="Path without suffix; the report is written there as V(.json) and V(.html), in check mode too.",
        ),
        Option(
            "probe", choices=("public", "private", "none"), default="none", behaviour=True,
            help="Addresses at which the certificates of system VMs are looked at, from where the task runs.",
        ),
        *(option for option in PLACES if option.name == "probe_addresses"),
    ),
    run=_run,
    reads_only=True,
    returns={
        "counts": ("dict", "Number of findings per severity."),
        "findings": ("list", "Rule, severity, kind, name, id and zone of the object, evidence, remedy; worst first."),
        "rules": ("list", "What became of each rule: V(ok), V(found) or V(skipped) with a reason."),
        "unread": ("list", "Rules that were skipped because the caller may not read what they need."),
        "objects": ("int", "How many objects were looked at."),
        "files": ("list", "Files of the report."),
    },
)  # fmt: skip

OPERATIONS = (AUDIT,)
