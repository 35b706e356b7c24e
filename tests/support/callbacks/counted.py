"""Writes a line of JSON for every task result, with the changing calls that the server counted meanwhile."""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: counted
type: notification
short_description: Count each task's calls at the simulator
description:
  - Writes a line of JSON for every task result, with the calls that the simulator counted meanwhile.
requirements: [enable in configuration]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "counted"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._report = Path(os.environ["COUNTED_REPORT"])
        self._before = self._count()

    @staticmethod
    def _count() -> dict[str, Any]:
        with urllib.request.urlopen(os.environ["COUNTED_URL"], timeout=10) as answer:
            return json.load(answer)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._before = self._count()

    def _write(self, result: Any, outcome: str) -> None:
        now = self._count()
        task = result.task if hasattr(result, "task") else result._task
        entry = {
            "name": task.get_name(),
            "action": task.resolved_action or task.action,
            "outcome": outcome,
            "check": bool(task.check_mode),
            "calls": now["total"] - self._before["total"],
            "changes": now["changes"] - self._before["changes"],
            "result": result.result if hasattr(result, "result") else result._result,
        }
        with self._report.open("a", encoding="utf-8") as report:
            report.write(json.dumps(entry, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write(result, "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write(result, "unreachable")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write(result, "skipped")
