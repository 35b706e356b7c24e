# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's engine inside the task's own process, some fifteen times cheaper than an ordinary module.

Only for a local connection without become and async; otherwise the module file of the same name runs as usual.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.arguments import argument_spec, constraints
from ..module_utils.client import Redactor, secrets_in_addresses
from ..module_utils.client.tls import shared_context
from ..module_utils.model import Operation, Resource
from ..module_utils.resources import get
from ..module_utils.run import run_task, secrets_of
from .earlier import Earlier
from .places import Places

# Made before the fork, so that every task inherits the loaded CA certificates instead of loading them.
shared_context()


# Workers have no standard error of their own; the one of ansible-playbook is kept for what must be said after Ctrl-C.
try:
    TERMINAL = os.dup(2)
except OSError:
    TERMINAL = -1  # started without a standard error: nobody is there to be told
LAST_WORDS = ("changed", "failed", "msg", "counts")
"""What a result keeps after Ctrl-C: nobody reads it any more, and a long one would hold the process up."""


class Voice:
    """Tells the user how a task is getting on; after Ctrl-C directly, because then nobody displays it any more."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._direct = False

    def __call__(self, text: str) -> None:
        if self._direct:
            self.urgent(text)
        else:
            self._show(text)

    def urgent(self, text: str) -> None:
        """Past Ansible, to where it was started from. From now on everything is told that way."""
        self._direct = True
        with contextlib.suppress(OSError):
            os.write(TERMINAL, f"  {text}\n".encode())


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


def joined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mappings in one: lists under the same key one behind the other, of anything else the last."""
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, list) and isinstance(whole.get(key), list)
            whole[key] = [*whole[key], *value] if both else value
    return whole


class InProcessAction(ActionBase):
    """Base of the action stubs; ``module`` is the bare name of the module each stands for."""

    module = ""
    _supports_check_mode = True
    _supports_diff = True
    _supports_async = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        record = get(self.module)
        args = self._loaded(record.loads) if isinstance(record, Operation) and record.loads else self._task.args
        earlier = Earlier(str((task_vars or {}).get("inventory_hostname", "")))
        if self._runs_elsewhere():
            own = self._execute_module(module_args=args, task_vars=task_vars, wrap_async=bool(self._task.async_val))
        else:
            own = self._here(record, args, earlier)
        if self._task.check_mode:
            earlier.note(record, args, own)
        return {**result, **own}

    def _runs_elsewhere(self) -> bool:
        local = getattr(self._connection, "transport", "") == "local"
        return bool(not local or self._task.async_val or self._play_context.become)

    def _here(self, record: Resource | Operation, args: Mapping[str, Any], earlier: Earlier) -> dict[str, Any]:
        validated = ArgumentSpecValidator(argument_spec(record), **constraints(record)).validate(plain(args))
        if validated.error_messages:
            # What was given wrongly is quoted, and may be a secret's value in the wrong place.
            given = plain(args)
            sentence = Redactor(secrets_in_addresses(given)).hide(_sentence(self._task.action, validated))
            raise AnsibleActionFail(remove_values(sentence, secrets_of(record, given, validated._no_log_values)))
        params = plain(validated.validated_parameters)
        voice = Voice(self._show)
        result = run_task(
            self.module,
            params,
            check=self._task.check_mode,
            diff=self._task.diff,
            environ=self._environment(),
            progress=None if self._task.no_log else voice,
            locate=Places(args),
            earlier=earlier.has,
        )
        result = remove_values(result, secrets_of(record, params, validated._no_log_values))
        if result.get("interrupted") is True:
            if not self._task.no_log:
                voice.urgent(result["msg"])
            return {key: result[key] for key in LAST_WORDS}
        return result

    def _loaded(self, loads: Mapping[str, str]) -> dict[str, Any]:
        """The arguments with the content of files in place of their names.

        Files are read on the controller, as files of variables are: with Vault, templates and their lines.
        """
        args = dict(self._task.args)
        for option, target in loads.items():
            names = args.pop(option, None) or []
            parts = [args[target]] if args.get(target) else []
            for name in [names] if isinstance(names, str) else names:
                path = self._find_needle("vars", name)
                content = self._loader.load_from_file(path, cache="none", trusted_as_template=True)
                if not isinstance(content, Mapping):
                    raise AnsibleActionFail(f"{option}: {path} holds no mapping")
                parts.append(self._templar.template(content))
            if parts:
                args[target] = joined(parts)
        return args

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
    error = validated.errors[0]
    if isinstance(error, UnsupportedError):
        return f"Unsupported parameters for ({action}) module: {error.msg}"
    return str(error.msg)
