# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that copy data: they take as long as there is data, so a step waits for its job as long as it may take."""

from __future__ import annotations

from typing import Any

from ..model import Option

HOUR = 3600


def time_for(hours: int) -> Option:
    """The campaign's option ``step_timeout`` with a limit that copies of data keep to."""
    return Option(
        "step_timeout", "int", default=hours * HOUR, behaviour=True, unit="seconds",
        help="Longest time in which one target must reach its goal; data is copied meanwhile.",
    )  # fmt: skip


def change(run: Any, command: str, params: dict[str, Any], obj: str) -> dict[str, Any]:
    """``run.change`` with the patience of the step, where that is more than the connection's for jobs."""
    if run.task.check:
        raise AssertionError(f"{command} was about to be sent in check mode")
    patience = max(run.rules.step_timeout, run.client.connection.job_timeout)
    result: dict[str, Any] = run.client.run(command, params, obj=obj, timeout=patience)
    return result
