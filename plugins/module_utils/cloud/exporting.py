# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation export: from the task's options to its result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..client import HIDDEN, hide
from ..reconcile import View
from .export import Export, export, kinds_to_export
from .files import write
from .yaml_text import document_text

PASSWORDS = f"Addresses with a password in them have {HIDDEN} in its place; put it in before you apply the document."


def export_cloud(task: Any) -> dict[str, Any]:
    kinds = kinds_to_export(task.option("kinds"), task.view.kinds)
    found = export(View(task.client, task.view.kinds, whole=True), kinds)
    document = hide(found.document)
    if document != found.document:
        found = replace(found, document=document, notes=[*found.notes, PASSWORDS])
    for note in found.notes:
        task.warn(note)
    result = {
        "changed": False,
        "document": found.document,
        "variables": sorted(found.variables),
        "count": found.count,
    }
    path = task.option("file")
    return {**result, **_written(task, path, found)} if path else result


def _written(task: Any, path: str, found: Export) -> dict[str, Any]:
    """Writes the document into its file, if it is another one than before."""
    variable = task.option("variable")
    document = {variable: found.document} if variable else found.document
    text = document_text(document, comments=_comments(task, found))
    target = Path(path).expanduser()
    before = target.read_text(encoding="utf-8") if target.is_file() else ""
    changed = before != text
    if changed and not task.check:
        write(path, text, option="file")
    result: dict[str, Any] = {"changed": changed, "file": str(target)}
    if task.diff:
        result["diff"] = {"before_header": path, "after_header": path, "before": before, "after": text}
    return result


def _comments(task: Any, found: Export) -> list[str]:
    """What a reader has to know. Nothing that differs from one export to the next of the same cloud."""
    schema = task.option("schema")
    lines = [f"yaml-language-server: $schema={schema}"] if schema else []
    lines.append("Exported by cloudstack.ops.export. Objects of the server that stand in no entry are left alone.")
    if found.variables:
        lines += ["", "Secrets are not part of an export. Give these variables, in a vault for example:"]
        lines += [f"- {name}" for name in sorted(found.variables)]
    if found.notes:
        lines += ["", *(f"Note: {note}" for note in found.notes)]
    return lines
