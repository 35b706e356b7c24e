# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task, from validated arguments to the result, and the shell that runs it as an ordinary module."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .arguments import SECRET_SETTINGS, argument_spec, constraints
from .client import SETTINGS, Client, CloudStackError, Redactor, load_connection, secrets_in_addresses
from .model import Operation, Resource
from .reconcile import ABSENT, Task, View, make_context, reconcile
from .resources import RESOURCES, get

Progress = Callable[[str], None]
Locate = Callable[[str], str]
Earlier = Callable[[str, str, Mapping[str, Any]], bool]


def run_task(
    name: str,
    params: Mapping[str, Any],
    *,
    check: bool = False,
    diff: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    locate: Locate | None = None,
    earlier: Earlier | None = None,
) -> dict[str, Any]:
    """Runs a module by name and returns its result, failures included. ``params`` are validated and plain.

    ``environ`` is the environment that connection settings fall back to. ``locate`` knows where values of the task
    stand, by their path. ``earlier`` knows, in check mode, what earlier tasks would have made: kind, name and scope.
    """
    try:
        connection = load_connection(params, os.environ if environ is None else environ)
        with Client(connection, progress=progress) as client:
            client.redactor.add(*secrets_in_addresses(params))
            result = run_with(
                client, name, params, check=check, diff=diff, progress=progress, locate=locate, earlier=earlier
            )
            return client.redactor.hide(result)
    except CloudStackError as error:
        failure: dict[str, Any] = {"failed": True, "changed": False, "msg": str(error), "failure": error.as_dict()}
        if error.warnings:
            failure["warnings"] = list(error.warnings)
        return Redactor(secrets_in_addresses(params)).hide(failure)


def run_with(
    client: Any,
    name: str,
    params: Mapping[str, Any],
    *,
    check: bool = False,
    diff: bool = False,
    progress: Progress | None = None,
    locate: Locate | None = None,
    earlier: Earlier | None = None,
) -> dict[str, Any]:
    """The same on a given client; errors are raised."""
    record = get(name)
    # What an earlier task may be about to create holds nothing that could be removed.
    view = View(client, RESOURCES, check=check and params.get("state") != ABSENT)
    view.earlier = earlier
    if isinstance(record, Operation):
        view.strict = record.strict
        names = {option.name for option in record.options}
        given = {key: value for key, value in params.items() if key in names and value is not None}
        return _operate(Task(record, given, view, check=check, diff=diff, progress=progress, locate=locate))
    options = {
        key: value for key, value in params.items() if key in ("state", "id", "immutable_drift") or record.has(key)
    }
    context = make_context(record, options, view, check=check, progress=progress)
    try:
        return reconcile(context).as_result(diff=diff)
    except CloudStackError as error:
        error.warnings = tuple(dict.fromkeys((*context.warnings, *view.notes)))
        raise


def _operate(task: Task) -> dict[str, Any]:
    try:
        result = task.operation.run(task)
    except CloudStackError as error:
        error.warnings = (*task.warnings, *task.view.notes)
        raise
    warnings = [*task.warnings, *task.view.notes]
    return {**result, "warnings": [*result.get("warnings", []), *warnings]} if warnings else result


def secrets_of(record: Resource | Operation, params: Mapping[str, Any], declared: Iterable[str]) -> set[str]:
    """Values that no result may show: those of secret options (``declared``), or what the record says."""
    if isinstance(record, Operation) and record.secrets:
        own = (params.get(setting.option) for setting in SETTINGS if setting.field in SECRET_SETTINGS)
        return {str(value) for value in (*own, *record.secrets(params, RESOURCES)) if value}
    return set(declared)


class _Module(AnsibleModule):
    """Hides what the record calls secret, in failures of the validation too, which end the module while it is made."""

    def __init__(self, record: Resource | Operation, **arguments: Any) -> None:
        self._record = record
        super().__init__(**arguments)

    def _return_formatted(self, kwargs: dict[str, Any]) -> None:
        self.no_log_values = secrets_of(self._record, self.params, self.no_log_values)
        redactor = Redactor(secrets_in_addresses(self.params))
        invocation = {"module_args": self.params}
        super()._return_formatted(redactor.hide({"invocation": invocation, **kwargs}))

    def _log_invocation(self) -> None:
        declared = self.no_log_values
        self.no_log_values = declared | secrets_in_addresses(self.params)
        super()._log_invocation()
        # For results they are too short now and then: a password of two letters would take all words apart.
        self.no_log_values = declared


def main(name: str) -> None:
    """Entry point of every module file."""
    record: Resource | Operation = get(name)
    module = _Module(record, argument_spec=argument_spec(record), supports_check_mode=True, **constraints(record))
    result = run_task(name, module.params, check=module.check_mode, diff=module._diff)
    for warning in result.pop("warnings", []):
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)
