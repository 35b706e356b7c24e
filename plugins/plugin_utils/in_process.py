# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's engine inside the task's own process, some fifteen times cheaper than an ordinary module.

Only for a local connection without become and async; otherwise the module file of the same name runs as usual.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.arguments import argument_spec, constraints
from ..module_utils.client.tls import shared_context
from ..module_utils.resources import get
from ..module_utils.run import run_task

# Made before the fork, so that every task inherits the loaded CA certificates instead of loading them.
shared_context()


def plain(value: Any) -> Any:
    """Ansible's tagged strings, mappings and lists as Python's own types."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [plain(item) for item in value]
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


class InProcessAction(ActionBase):
    """Base of the action stubs; ``module`` is the bare name of the module each stands for."""

    module = ""
    _supports_check_mode = True
    _supports_diff = True
    _supports_async = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        if self._runs_elsewhere():
            wrapped = self._execute_module(task_vars=task_vars, wrap_async=bool(self._task.async_val))
            return {**result, **wrapped}
        return {**result, **self._here()}

    def _runs_elsewhere(self) -> bool:
        local = getattr(self._connection, "transport", "") == "local"
        return bool(not local or self._task.async_val or self._play_context.become)

    def _here(self) -> dict[str, Any]:
        record = get(self.module)
        validated = ArgumentSpecValidator(argument_spec(record), **constraints(record)).validate(plain(self._task.args))
        if validated.error_messages:
            raise AnsibleActionFail(_sentence(self._task.action, validated))
        secrets = validated._no_log_values
        result = run_task(
            self.module,
            plain(validated.validated_parameters),
            check=self._task.check_mode,
            diff=self._task.diff,
            environ=self._environment(),
            progress=None if self._task.no_log else self._show,
        )
        return remove_values(result, secrets)

    def _environment(self) -> dict[str, str]:
        """The controller's environment with the task's own on top, which reaches no in-process code by itself."""
        environment = dict(os.environ)
        for entry in reversed(self._task.environment or []):
            if isinstance(entry, Mapping):
                values = self._templar.template(entry)
                environment.update({str(key): str(value) for key, value in plain(values).items()})
        return environment

    def _show(self, text: str) -> None:
        Display().display(f"  {text}", stderr=True)


def _sentence(action: str, validated: Any) -> str:
    """The words that an ordinary module uses for the same mistake."""
    messages = list(validated.error_messages)
    unsupported = sorted(".".join(path) for path in validated._unsupported_parameters)
    if unsupported:
        supported = ", ".join(sorted(validated._valid_parameter_names))
        return (
            f"Unsupported parameters for ({action}) module: {', '.join(unsupported)}. "
            f"Supported parameters include: {supported}."
        )
    return messages[0]
