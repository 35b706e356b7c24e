# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation apply: from the task's options to its result."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..client import InvalidInput
from .document import CloudDocument, Work
from .files import usual_restore_file, write, write_beside
from .plan_page import plan_page
from .plan_text import counts, plan_lines, shown_lines, summary
from .pruning import kinds_to_prune, surplus
from .restoring import Restoration, restoration
from .run import carry_out
from .yaml_text import document_text

TITLE = "Plan of the cloud"


def opened(task: Any) -> CloudDocument:
    """The document of a task, held against its server."""
    document = task.option("cloud")
    if document is None:
        raise InvalidInput("the document is missing", option="cloud", remedy="give cloud, or files that hold one")
    return CloudDocument(
        task.client,
        document,
        task.view.kinds,
        locate=(lambda path: task.locate(f"cloud.{path}")) if task.locate else None,
        progress=task.progress,
    )


def planned(task: Any, cloud: CloudDocument) -> tuple[list[Work], list[Work]]:
    """What the entries ask for, and what pruning removes."""
    kinds = kinds_to_prune(task.option("prune") or (), task.view.kinds)
    works = cloud.plan()
    return works, surplus(cloud, works, kinds, task.option("prune_limit")) if kinds else []


def apply(task: Any) -> dict[str, Any]:
    cloud = opened(task)
    works, removals = planned(task, cloud)
    together = [*works, *removals]
    former = restoration(cloud, together)
    _report(task, cloud, together, former)
    kept = ""
    if not task.check:
        kept = _keep(task, former)
        if kept:
            task.tell(f"former values: {kept}")
        carry_out(
            cloud, works, removals, limit=task.option("parallel"), stop_on_error=task.option("on_error") == "stop"
        )
        if any(work.error for work in together):
            write_plan(task, cloud, together, title=TITLE, lost=former.lost)
    for work in together:
        for warning in work.warnings:
            task.warn(warning)
    result = {**result_of(together, task.diff), "restore": former.document, "not_restored": list(former.lost)}
    return {**result, "restore_file": kept} if kept else result


def _report(task: Any, cloud: CloudDocument, works: Sequence[Work], former: Restoration) -> None:
    """Tells the plan before anything is changed, and writes it down where the task says."""
    if any(work.plan.changed for work in works):
        for line in shown_lines(works, former.lost):
            task.tell(line)
    write_plan(task, cloud, works, title=TITLE, lost=former.lost)


def write_plan(
    task: Any,
    cloud: CloudDocument,
    works: Sequence[Work],
    *,
    title: str,
    lost: Sequence[str] = (),
) -> None:
    """Writes the plan down where the task says, in the form that the name of the file asks for."""
    path = task.option("plan_file")
    if not path:
        return
    kind = Path(path).suffix.lower()
    if kind == ".html":
        text = plan_page(cloud.graph, works, title=title, about=_about(task), lost=lost)
    elif kind == ".json":
        changes = [work.as_dict() for work in works if work.plan.changed]
        text = json.dumps({"counts": counts(works), "plan": changes, "not_restored": list(lost)}, indent=2) + "\n"
    else:
        text = "\n".join(plan_lines(works, lost)) + "\n"
    write(path, text, option="plan_file")


def _about(task: Any) -> str:
    """Which server, and when."""
    return f"{_host(task)}, {task.clock.now():%Y-%m-%d %H:%M} UTC"


def _host(task: Any) -> str:
    return urlsplit(task.client.connection.endpoint).hostname or "cloud"


def _keep(task: Any, former: Restoration) -> str:
    """Writes the former values down before the first of them is changed. Returns the file, if there is one."""
    path = task.option("restore_file")
    if path == "" or not former.document:
        return ""
    now = task.clock.now()
    comments = [f"Values as they were before {now:%Y-%m-%d %H:%M:%S} UTC. Apply this document to restore them."]
    if former.lost:
        comments += ["", "Not restored:", *(f"- {sentence}" for sentence in former.lost)]
    text = document_text(former.document, comments=comments)
    if path is not None:
        return write_beside(path, text, option="restore_file")
    try:
        return write_beside(usual_restore_file(os.environ, _host(task), now), text, option="restore_file")
    except InvalidInput as error:
        task.warn(f"the former values are in the result alone: {error.message}")
        return ""


def result_of(works: Sequence[Work], diff: bool) -> dict[str, Any]:
    """What became of a plan: the module's result."""
    changes = [work for work in works if work.plan.changed]
    result: dict[str, Any] = {
        "changed": bool(changes),
        "plan": [work.as_dict() for work in changes],
        "counts": counts(works),
        "summary": summary(works),
    }
    if diff:
        result["diff"] = [diff_of(work) for work in changes]
    return {**result, **_failure(changes)}


def diff_of(work: Work) -> Mapping[str, Any]:
    return {"before_header": work.node.title, "after_header": work.node.title, **work.plan.diff()}


def _failure(changes: Sequence[Work]) -> dict[str, Any]:
    failed = [work for work in changes if work.error]
    if not failed:
        return {}
    skipped = sum(1 for work in changes if work.skipped)
    done = len(changes) - len(failed) - skipped
    reasons = "".join(f"\n- {work.where}: {work.error}" for work in failed)
    return {
        "failed": True,
        "changed": done > 0,
        "msg": f"of {len(changes)} changes {len(failed)} failed, {done} done, {skipped} left out:{reasons}",
        "failure": failed[0].error.as_dict() if failed[0].error else {},
    }
