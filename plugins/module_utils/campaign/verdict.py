# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a campaign ended: what its module returns, and the sentence that says what is done, left and unsafe."""

from __future__ import annotations

from typing import Any

FAILURES = ("failed", "unsafe")
"""How a target ends that did not reach its goal."""
MOST = 200
"""So many targets of a kind stay in the result of a campaign that failed: Ansible prints it whole."""


def reported(run: Any) -> dict[str, Any]:
    """The report, its counts, and what the procedure has noted.

    In check mode nothing happened to what the plan names, so the report has only those that it leaves out, and why.
    """
    report = run.timeline.as_dict()
    if run.task.check:
        report["targets"] = [target for target in report["targets"] if target["state"] != "waiting"]
    return {"report": report, "counts": report["counts"], **run.notes}


def verdict(run: Any, prepared: bool) -> dict[str, Any]:
    """Whether the run is a failure, and the sentence that says what is done, left and unsafe."""
    timeline = run.timeline
    told: dict[str, Any] = {"changed": run.has_changed or prepared}
    failed = [entry for entry in timeline.entries.values() if entry.state in FAILURES]
    if not failed and not run.stopped:
        return told
    well, waiting, noun = timeline.count("done", "already"), timeline.count("skipped"), run.procedure.noun
    words = [
        f"1 {noun} is at its goal" if well == 1 else f"{well} {noun}s are at their goal",
        f"{len(failed)} failed",
        f"{waiting} were left",
    ]
    if timeline.count("unsafe"):
        words.append("unsafe, look at them first: " + ", ".join(e.target.name for e in failed if e.state == "unsafe"))
    why = f" ({run.stopped})" if run.stopped else ""
    first = f"; {failed[0].target.name}: {failed[0].reason}" if failed else ""
    seen = f"; see {run.rules.report}.html" if run.rules.report else ""
    within = len(failed) <= run.rules.failure_budget and not run.stopped
    interrupted = {"interrupted": True} if run.is_interrupted else {}
    return {
        **told,
        **interrupted,
        "failed": not within,
        "msg": f"{run.procedure.name}{why}: {', '.join(words)}{first}{seen}",
    }


def in_short(result: dict[str, Any]) -> dict[str, Any]:
    """The result of a campaign that failed without most of what went well; the written report has all of it."""
    targets = result["report"]["targets"]
    if len(targets) <= MOST:
        return result
    badly = [target for target in targets if target["state"] in FAILURES]
    well = [target for target in targets if target["state"] not in FAILURES and target["begun"]]
    kept = {target["id"] for target in (*badly[:MOST], *well[:MOST])}
    short = [target for target in targets if target["id"] in kept]
    report = {**result["report"], "targets": short, "left_out": len(targets) - len(short)}
    return {**result, "plan": result["plan"][:MOST], "report": report}
