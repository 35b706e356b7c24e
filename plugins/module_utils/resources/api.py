# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any command of the API, as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..client import InvalidInput, scrub
from ..client.commands import is_changing
from ..client.maps import encode, flat_map, indexed_list
from ..client.redact import secrets_in
from ..model import Operation, Option

_OWN = frozenset(("command", "apikey", "signature", "signatureversion", "expires", "response", "sessionkey"))


def _run(task: Any) -> dict[str, Any]:
    command, params = task.option("command").strip(), _flat(task.option("params") or {})
    changing = is_changing(command)
    if changing and task.check:
        return {"changed": True, "would_send": {"command": command, "params": scrub(params)}}
    answer = _change(task, command, params) if changing else _read(task.client, command, params)
    return {"changed": changing, "result": scrub(answer)}


def _flat(params: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as the server reads them. Raises InvalidInput for what only the client may set."""
    flat: dict[str, Any] = {}
    for name, value in params.items():
        if name.lower() in _OWN:
            raise InvalidInput(
                f"{name} is set by the collection itself",
                option="params",
                remedy="leave it out; see the option command",
            )
        if isinstance(value, Mapping):
            flat.update(flat_map(name, value))
        elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            flat.update(indexed_list(name, value))
        else:
            flat[name] = value
    return encode(flat)


def _read(client: Any, command: str, params: Mapping[str, str]) -> dict[str, Any]:
    """The whole answer: the server cuts a list at its page size without a word."""
    answer = client.call(command, params, changing=False)
    paged = {"page", "pagesize"} & {name.lower() for name in params}
    lists = [name for name, value in answer.items() if isinstance(value, list)]
    if paged or len(lists) != 1 or answer.get("count", 0) <= len(answer[lists[0]]):
        return answer
    rows = client.list(command, params)
    return {**answer, "count": len(rows), lists[0]: rows}


def _change(task: Any, command: str, params: Mapping[str, str]) -> dict[str, Any]:
    job = task.client.start(command, params)
    if job.id is None or not task.option("wait"):
        return job.result or {"jobid": job.id, **({"id": job.object_id} if job.object_id else {})}
    task.tell(f"waiting for job {job.id}")
    answer = task.client.wait(job, task.option("job_timeout"))
    return {**answer, "jobid": job.id}


def _secrets(params: Mapping[str, Any], _kinds: object) -> Iterable[str]:
    given = params.get("params")
    return secrets_in(given) if isinstance(given, Mapping) else ()


API = Operation(
    name="api",
    summary="Send any command of the API",
    description=(
        "Sends one command with its parameters and returns what the server answered, without the envelope.",
        "Waits for the job of an asynchronous command and returns its result; a failed job fails the task.",
    ),
    notes=(
        "Commands that only read are not reported as a change, are sent in check mode too, and answer completely.",
        "All other commands are reported as a change every time. In check mode they are not sent but shown.",
        "Passwords, keys and other secrets are masked in what is returned.",
        "Where there is a module for it, the module is the better way: it knows what is there already.",
    ),
    secrets=_secrets,
    options=(
        Option(
            "command", required=True, behaviour=True, help="Name of the command, V(listZones) for example. Case counts."
        ),
        Option(
            "params",
            "map",
            behaviour=True,
            help=(
                "Parameters by the API's own names. Lists are sent separated by commas.",
                (
                    "A dictionary is sent as V(name[0].key=value), a list of dictionaries as V(name[0].key=value), "
                    "V(name[1].key=value) and so on."
                ),
            ),
        ),
        Option(
            "wait",
            "bool",
            behaviour=True,
            default=True,
            help=(
                "Wait for the job.",
                "Otherwise its id is returned, for M(cloudstack.ops.api) with V(queryAsyncJobResult).",
            ),
        ),
        Option("job_timeout", "int", behaviour=True, unit="s", help="How long to wait for the job."),
    ),
    run=_run,
    returns={
        "result": ("dict", "What the server answered; of an asynchronous command the result of its job and its id."),
        "would_send": ("dict", "In check mode: command and parameters that were not sent."),
    },
)

OPERATIONS = (API,)
