# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated cloud for playbooks and CI, started and stopped where the connection settings point to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from ansible.module_utils.urls import open_url

from ..client import CloudStackError, InvalidInput
from ..model import Operation, Option

PACKAGE = "cloudstack_simulator"
_RULE = (
    Option("do", behaviour=True, required=True, help="What happens: V(lose-answer), V(fail-job), V(agents-down) ..."),
    Option("name", behaviour=True, help="Name of the rule, for switching it on and off."),
    Option("command", "list", behaviour=True, help="Commands or patterns such as V(list*). Otherwise all."),
    Option("object", behaviour=True, help="Pattern that a value of the call, or the object's name, has to fit."),
    Option("where", behaviour=True, help="Pattern of names of hosts or pools."),
    Option("nth", "list", behaviour=True, help="Which calls of those that fit; the first is 1."),
    Option("times", "int", behaviour=True, help="How often at most."),
    Option("probability", "float", behaviour=True, help="Chance of each call, 0 to 1."),
    Option("seconds", "float", behaviour=True, unit="s", help="How long it takes or lasts."),
    Option("code", "int", behaviour=True, help="Error code of the API."),
    Option("text", behaviour=True, help="Error text."),
    Option("enabled", "bool", behaviour=True, help="Whether the rule is in force."),
)


def _run(task: Any) -> dict[str, Any]:
    side = _Side(task.client.connection.endpoint)
    if task.option("state") == "stopped":
        return _stop(task, side)
    if side.ask("GET", "/counters") is None:
        return _start(task, side)
    task.client.call("listCapabilities", {}, changing=False)
    rules, now = _rules_of(task), side.ask("GET", "/faults")["rules"]
    changed = rules is not None and not _all_agree(rules, now)
    if changed and not task.check:
        _use_faults(task, side, rules)
    answer = {"changed": changed, "endpoint": side.endpoint, "page": side.base + "/"}
    return _with_diff(task, answer, _text(_known_of(now, rules or ())), _text(rules or ())) if changed else answer


def _is_installed() -> bool:
    """Asked of the Python that will run it, in a process of its own: the engine takes nothing from the simulator."""
    asked = [sys.executable, "-c", f"import {PACKAGE}"]
    # There is no AnsibleModule in process whose run_command could do it. pylint: disable-next=ansible-bad-function
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0  # noqa: S603


def _start(task: Any, side: _Side) -> dict[str, Any]:
    connection = task.client.connection
    if connection.by_session:
        raise InvalidInput("a simulator is started with an API key", option="key", remedy="give key and secret")
    if not _is_installed():
        raise InvalidInput(
            f"Python at {sys.executable} has no package {PACKAGE}",
            option="state",
            remedy="install the package from the folder simulator of the collection with that Python's pip",
        )
    rules = _rules_of(task)
    answer = {"changed": True, "endpoint": side.endpoint, "page": side.base + "/"}
    answer = _with_diff(task, answer, "state: stopped\n", _text(rules or ()))
    if task.check:
        return answer
    environment = {
        **os.environ, "CLOUDSTACK_SIMULATOR_KEY": connection.key, "CLOUDSTACK_SIMULATOR_SECRET": connection.secret
    }  # fmt: skip
    with tempfile.TemporaryFile() as words:
        # There is no AnsibleModule in process whose run_command could do it. pylint: disable-next=ansible-bad-function
        process = subprocess.Popen(  # noqa: S603 - a list of words, no shell
            _command(task, side), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words,
            start_new_session=True, close_fds=True,
        )  # fmt: skip
        _wait_until_up(task, side, process, words)
    try:
        _use_faults(task, side, rules or [])
    except CloudStackError:
        # A cloud that behaves otherwise than asked for is no result of this task.
        process.terminate()
        process.wait()
        raise
    return {**answer, "pid": process.pid}


def _command(task: Any, side: _Side) -> list[str]:
    words = [sys.executable, "-m", PACKAGE, "--host", side.host, "--port", str(side.port)]
    for option in ("zone", "populate", "management_servers", "state_file", "latency", "clock", "log", "seed"):
        value = task.option(option)
        if value is not None:
            words += ["--" + ("state" if option == "state_file" else option.replace("_", "-")), str(value)]
    return words


def _wait_until_up(task: Any, side: _Side, process: Any, words: Any) -> None:
    end = task.clock.monotonic() + task.option("start_timeout")
    while side.ask("GET", "/counters") is None:
        if process.poll() is not None:
            words.seek(0)
            lines = words.read().decode(errors="replace").strip().splitlines()
            raise CloudStackError(f"the simulator did not start: {lines[-1] if lines else 'it said nothing'}")
        if task.clock.monotonic() > end:
            process.terminate()
            raise CloudStackError(f"the simulator did not answer within {task.option('start_timeout')} s")
        task.clock.sleep(0.1)


def _stop(task: Any, side: _Side) -> dict[str, Any]:
    if side.ask("GET", "/counters") is None:
        return {"changed": False}
    if not task.check:
        side.ask("POST", "/stop", {})
        end = task.clock.monotonic() + task.option("start_timeout")
        while side.ask("GET", "/counters") is not None:
            if task.clock.monotonic() > end:
                raise CloudStackError(f"the simulator did not stop within {task.option('start_timeout')} s")
            task.clock.sleep(0.1)
    return _with_diff(task, {"changed": True}, "state: started\n", "state: stopped\n")


def _rules_of(task: Any) -> list[dict[str, Any]] | None:
    """The rules that the task wants, as the simulator reads them; None when it leaves them alone."""
    wanted = task.option("faults")
    return None if wanted is None else [_rule(given, position) for position, given in enumerate(wanted, 1)]


def _use_faults(task: Any, side: _Side, rules: list[dict[str, Any]]) -> None:
    side.ask("PUT", "/faults", {"seed": task.option("seed") or 0, "rules": rules})


def _rule(given: Mapping[str, Any], position: int) -> dict[str, Any]:
    """A rule as the simulator reads it."""
    rule = {key: value for key, value in given.items() if value is not None}
    try:
        turns = [int(number) for number in rule.get("nth", ())]
    except ValueError:
        raise InvalidInput("nth has to be whole numbers", option="faults", value=rule["nth"]) from None
    return {"enabled": True, "name": f"{rule['do']} {position}", **rule, "nth": turns}


def _all_agree(wanted: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> bool:
    return len(wanted) == len(now) and all(_agree(wanted[place], now[place]) for place in range(len(wanted)))


def _agree(wanted: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return all(now.get(key) == value for key, value in wanted.items())


def _known_of(now: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rules in force, with what the task says of them too: their defaults would hide what changes."""
    said = {rule["name"]: rule.keys() for rule in wanted}
    return [
        {key: rule[key] for key in rule if key in said.get(rule["name"], ("name", "do", "command", "enabled"))}
        for rule in now
    ]


def _text(rules: Iterable[Mapping[str, Any]]) -> str:
    """A started simulator with its rules, a line each."""
    return "".join(["state: started\n", *(json.dumps(rule, sort_keys=True) + "\n" for rule in rules)])


def _with_diff(task: Any, answer: dict[str, Any], before: str, after: str) -> dict[str, Any]:
    return {**answer, "diff": {"before": before, "after": after}} if task.diff else answer


class _Side:
    """The paths of a simulator beside its API."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme != "http" or parts.path.rstrip("/") != "/client/api":
            raise InvalidInput(
                "endpoint does not fit a simulator",
                option="endpoint",
                value=endpoint,
                remedy="give a URL such as http://127.0.0.1:8096/client/api",
            )
        self.endpoint = endpoint
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.base = f"http://{parts.netloc}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer; None when nobody listens. Raises CloudStackError when somebody else does, or refuses."""
        data = None if body is None else json.dumps(body)
        try:
            answer = open_url(
                f"{self.base}/simulator{path}", method=method, data=data, timeout=10, use_proxy=False,
                headers={"Content-Type": "application/json"},
            )  # fmt: skip
            return json.loads(answer.read())
        except HTTPError as error:
            raise CloudStackError(f"{self.base} refuses: {_reason(error)}") from None
        except (URLError, ConnectionError, TimeoutError):
            return None
        except ValueError:
            raise CloudStackError(f"what listens at {self.base} is no simulator") from None


def _reason(error: Any) -> str:
    try:
        return str(json.loads(error.read())["error"])
    except (ValueError, KeyError, TypeError):
        return f"{error.code}, so it may be no simulator"


SIMULATOR = Operation(
    name="simulator",
    summary="Start or stop a simulated cloud",
    description=(
        "Starts the collection's own CloudStack simulator on the machine that the task runs on, or stops it.",
        "It listens where O(api_url) points to and takes O(api_key) and O(api_secret) as the admin's.",
        "The page of the simulator, at the root of the same address, shows the cloud live.",
    ),
    notes=(
        "The package of the simulator has to be installed for the Python that runs the task.",
        "A simulator that listens on more than the loopback can be switched and stopped by everybody who reaches it.",
    ),
    options=(
        Option(
            "state", behaviour=True, choices=("started", "stopped"), default="started",
            help="V(started): one answers at O(api_url). V(stopped): none does.",
        ),
        Option(
            "zone", behaviour=True,
            help="Start with a zone that is there already: V(sandbox). Otherwise the cloud is empty.",
        ),
        Option(
            "populate", behaviour=True,
            help=(
                "Start with a large zone, V(hosts=200,vms=5000,routers=500) for example.",
                "V(zones=3) spreads it over zones, V(hypervisor=KVM) gives it hosts of KVM.",
            ),
        ),
        Option(
            "management_servers", "int", behaviour=True,
            help="So many management servers, as behind a load balancer; one if it is left out.",
        ),
        Option(
            "state_file", behaviour=True,
            help="File that keeps the cloud from one start to the next. It holds keys: only its owner can read it.",
        ),
        Option("latency", behaviour=True, help="How long every answer takes, V(20ms) for example."),
        Option("clock", behaviour=True, help="How fast time runs, V(60x) for example."),
        Option("log", behaviour=True, help="File that gets a line of JSON for every call, without secrets."),
        Option("seed", "int", behaviour=True, help="Makes ids and the chances of fault rules repeatable."),
        Option(
            "faults", "records", behaviour=True, suboptions=_RULE,
            help=(
                "Rules of misbehaviour, in force at once; they replace those that are there. An empty list ends all.",
                "The guide of the simulator has their keys.",
            ),
        ),
        Option(
            "start_timeout", "int", behaviour=True, default=60, unit="s", help="How long a start or a stop may take."
        ),
    ),
    run=_run,
    diff_mode="full",
    returns={
        "endpoint": ("str", "URL of the API."),
        "page": ("str", "URL of the page for the browser."),
        "pid": ("int", "Number of the process that was started."),
    },
)  # fmt: skip

OPERATIONS = (SIMULATOR,)
