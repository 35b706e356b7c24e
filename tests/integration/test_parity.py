"""One table of cases, run in process and as ordinary modules: equal results, apart from ids and times."""

from __future__ import annotations

import contextlib
import io
import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from ansible.module_utils import _internal
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args

from ansible_collections.cloudstack.ops.plugins.module_utils.run import main
from ansible_collections.cloudstack.ops.tests.support.playing import Played, environment, play
from ansible_collections.cloudstack.ops.tests.support.story import SIZES, ZONE
from cloudstack_simulator.clock import Clock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

OFFERING = {"name": "equal", "disk_size": 5, "storage_tags": ["a"]}
CASES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("a plan", "disk_offering", OFFERING, {"check_mode": True, "diff": True}),
    ("made", "disk_offering", OFFERING, {"diff": True}),
    ("nothing to do", "disk_offering", OFFERING, {"diff": True}),
    ("a planned update", "disk_offering", {**OFFERING, "storage_tags": ["b"]}, {"check_mode": True, "diff": True}),
    ("an update", "disk_offering", {**OFFERING, "storage_tags": ["b"]}, {"diff": True}),
    ("an empty list", "disk_offering", {**OFFERING, "storage_tags": []}, {}),
    ("drift", "disk_offering", {**OFFERING, "disk_size": 6}, {}),
    ("tolerated drift", "disk_offering", {"name": "equal", "disk_size": 6, "immutable_drift": "warn"}, {}),
    ("replaced", "disk_offering", {"name": "equal", "disk_size": 6, "immutable_drift": "replace"}, {}),
    ("an unsupported option", "disk_offering", {**OFFERING, "colour": "blue"}, {}),
    ("two unsupported options", "zone", {"name": "x", "size": 1, "colour": "blue"}, {}),
    ("a wrong type", "disk_offering", {"name": "x", "disk_size": "many"}, {}),
    ("a wrong choice", "zone", {"name": "x", "state": "open"}, {}),
    ("a missing option", "disk_offering", {"disk_size": 5}, {}),
    ("a missing pair", "domain", {}, {}),
    ("an alias", "host", {"ip_address": "10.1.2.3", "state": "absent"}, {}),
    ("text for a number, a word for a bool", "disk_offering", {"name": "t", "disk_size": "7", "customized": "no"}, {}),
    ("refused before anything is sent", "disk_offering", {"name": "y", "disk_size": 0}, {}),
    ("what creation needs", "compute_offering", {"name": "z"}, {}),
    ("an unknown reference", "volume", {"name": "v", "zone": "Sandbox-simulatr", "disk_offering": "Small"}, {}),
    ("an unknown reference in a plan", "pod", {"name": "p", "zone": "later", "gateway": "10.5.0.1",
     "netmask": "255.255.255.0", "start_ip": "10.5.0.5"}, {"check_mode": True}),
    ("refused by the server", "setting", {"name": "event.purge.delay", "value": "many"}, {}),
    ("a job", "volume", {"name": "v", "zone": ZONE, "disk_offering": "Small"}, {"diff": True}),
    ("umlauts", "domain", {"path": "ROOT/Zürich – Nord"}, {"diff": True}),
    ("a secret", "account", {"name": "secretive", "username": "secretive", "password": "hush-hush-42",
     "first_name": "hush-hush-42", "last_name": "b", "email": "a@b.example.com", "account_type": "user"},
     {"diff": True}),
    ("a gone one", "disk_offering", {"name": "equal", "state": "absent"}, {"diff": True}),
    ("gone already", "disk_offering", {"name": "equal", "state": "absent"}, {}),
    ("a wrong key", "zone", {"name": ZONE, "api_key": "wrong-key-0815"}, {}),
    ("a wrong address", "zone", {"name": ZONE, "api_url": "http://127.0.0.1:1/client/api", "api_retries": 0}, {}),
    ("two credentials", "zone", {"name": ZONE, "api_key": "k", "api_secret": "s", "api_username": "u"}, {}),
    ("read", "info", {"kind": "disk_offering", "filters": {"name": "Small"}}, {}),
    ("a query", "info", {"kind": "zone", "query": "[].name"}, {}),
    ("a raw call", "api", {"command": "listZones"}, {}),
    ("a planned raw call", "api", {"command": "createDomain", "params": {"name": "n"}}, {"check_mode": True}),
    ("a planned document", "apply", {"cloud": {"domains": [{"path": "ROOT/a"}], "compute_offerings": [
        {"name": "o", **SIZES}]}}, {"check_mode": True, "diff": True}),
    ("a document", "apply", {"cloud": {"domains": [{"path": "ROOT/a"}]}}, {"diff": True}),
    ("a wrong document", "apply", {"cloud": {"zone": [], "domains": [{"pfad": "x"}]}}, {}),
)  # fmt: skip


def tasks() -> list[dict[str, Any]]:
    return [
        {"name": name, f"cloudstack.ops.{module}": options, "ignore_errors": True, **words}
        for name, module, options, words in CASES
    ]


def simulator() -> RunningSimulator:
    """Its jobs have ended when they are first asked about: how often they are asked would else be a matter of speed."""
    sim = Simulator(zone="sandbox", clock=Clock(), key="key-of-parity", secret="of-parity")
    answer = sim.reply

    def reply(params: dict[str, str], method: str = "POST", cookies: dict[str, str] | None = None) -> Any:
        found = answer(params, method, cookies)
        sim.settle()
        return found

    sim.reply = reply  # type: ignore[method-assign]
    return RunningSimulator(sim)


@dataclass(frozen=True)
class Ordinary:
    """What an ordinary module says of a case, and the server's count."""

    result: dict[str, Any]
    calls: int
    changes: int


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Played:
    with simulator() as running:
        return play(running, tmp_path_factory.mktemp("here"), [{"tasks": tasks()}]).succeeded()


@pytest.fixture(scope="module")
def there(tmp_path_factory) -> list[Ordinary]:
    """The module files' own entry point, given what Ansible would give."""
    found = []
    with pytest.MonkeyPatch.context() as patch, simulator() as running:
        for name, value in environment(running, tmp_path_factory.mktemp("there")).items():
            if name.startswith("CLOUDSTACK_"):
                patch.setenv(name, value)
        for _name, module, options, words in CASES:
            running.reset_counters()
            result = ordinary(module, options, words)
            found.append(Ordinary(result, running.counters["total"], running.counters["changes"]))
    return found


def ordinary(module: str, options: dict[str, Any], words: dict[str, Any]) -> dict[str, Any]:
    arguments = {
        **options,
        "_ansible_module_name": f"cloudstack.ops.{module}",
        "_ansible_check_mode": words.get("check_mode", False),
        "_ansible_diff": words.get("diff", False),
    }
    # The registry of a process; an ordinary module has one to itself.
    warnings._global_warnings.clear()
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        # A module's process holds no part of the controller; in this one another test may have loaded some.
        patch.setattr(_internal, "is_controller", False)
        with patch_module_args(arguments), contextlib.redirect_stdout(printed), pytest.raises(SystemExit):
            main(module)
    result = json.loads(printed.getvalue())
    if "warnings" in result:
        result["warnings"] = [warning["event"]["msg"] for warning in result["warnings"]]
    return {"changed": False, **result}


CHANGING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<id>"),
    # Only in process it is known where a document stands.
    (re.compile(r" \(/\S+\.yml:\d+:\d+\)"), ""),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?([+-]\d{4})?"), "<time>"),
)
OF_ANSIBLE = ("invocation", "exception", "ansible_facts", "deprecations", "failed")
IN_PROCESS = ("place",)
"""Lines of files are known where the tags of Ansible are."""


def comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()
                if key not in (*OF_ANSIBLE, *IN_PROCESS) and not key.startswith("_ansible")}  # fmt: skip
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, str):
        for pattern, word in CHANGING:
            value = pattern.sub(word, value)
    return value


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case[1]}-{case[0]}" for case in CASES])
def test_same_result(here, there, number):
    told, ordinary = here.ours[number], there[number]
    assert told.name == CASES[number][0]
    assert comparable(told.result) == comparable(ordinary.result)
    assert (told.calls, told.changes) == (ordinary.calls, ordinary.changes)


def test_same_result_as_somebody_else(here, tmp_path):
    """With ``become`` the same module runs as a process of its own."""
    chosen = ("made", "drift", "an unsupported option", "a secret")
    become = {"become": True, "become_method": "counted"}
    with simulator() as running:
        first = [{**task, **become} for task in tasks() if task["name"] in chosen]
        there = play(running, tmp_path, [{"tasks": first}], env={"ANSIBLE_BECOME_ALLOW_SAME_USER": "true"}).succeeded()
    assert (tmp_path / "became").read_text().split() == ["became"] * len(chosen)
    by_name = {task.name: task for task in here.ours}
    for told in there.ours:
        assert comparable(told.result) == comparable(by_name[told.name].result)
        assert (told.calls, told.changes) == (by_name[told.name].calls, by_name[told.name].changes)


def test_the_table_has_every_sort_of_outcome(here):
    outcomes = {(task.outcome, task.changed, task.check) for task in here.ours}
    assert outcomes >= {("ok", True, True), ("ok", True, False), ("ok", False, False), ("failed", False, False)}


@pytest.mark.parametrize("connection", ["local", "elsewhere"])
def test_words_around_a_task(sandbox, tmp_path, connection):
    """Task environment, defaults of the group, loops, delegation, background and silence work either way."""
    real = {
        "CLOUDSTACK_ENDPOINT": sandbox.endpoint,
        "CLOUDSTACK_KEY": sandbox.key,
        "CLOUDSTACK_SECRET": sandbox.secret,
    }
    by_options = {"api_url": sandbox.endpoint, "api_key": sandbox.key, "api_secret": sandbox.secret}
    zone = {"cloudstack.ops.zone": {"name": ZONE}}
    book = [
        {"tasks": [
            {"name": "none", **zone, "ignore_errors": True},
            {"name": "task environment", **zone, "environment": real},
        ]},
        {"environment": real, "tasks": [
            {"name": "play environment", **zone},
            {"name": "nearer environment", **zone, "environment": {"CLOUDSTACK_SECRET": "no"}, "ignore_errors": True},
        ]},
        {"module_defaults": {"group/cloudstack.ops.cloudstack": by_options}, "tasks": [
            {"name": "defaults", **zone},
            {"name": "loop", "cloudstack.ops.domain": {"path": "ROOT/{{ item }}"}, "loop": ["a", "b"]},
            {"name": "delegated", "cloudstack.ops.domain": {"path": "ROOT/a"}, "delegate_to": "localhost"},
            {"name": "background", "cloudstack.ops.domain": {"path": "ROOT/c"}, "async": 60, "poll": 1},
            {"name": "until", "cloudstack.ops.info": {"kind": "zone"}, "register": "r", "until": "r.count == 1"},
            {"name": "silent", "cloudstack.ops.domain": {"path": "ROOT/d"}, "no_log": True},
        ]},
    ]  # fmt: skip
    nothing = dict.fromkeys(real, "")
    played = play(sandbox, tmp_path, book, env=nothing, connection=connection).succeeded()
    told = {task.name: task for task in played.ours}
    assert [name for name, task in told.items() if task.outcome == "failed"] == ["none", "nearer environment"]
    assert "api_url" in told["none"].result["msg"]
    assert [item["changed"] for item in told["loop"].result["results"]] == [True, True]
    assert (told["delegated"].changed, told["background"].changed) == (False, True)
    assert set(told["silent"].result) <= {"censored", "changed"} or "ROOT/d" not in str(played.stdout)


def test_progress_is_told_in_process_and_never_under_no_log(sandbox, tmp_path):
    task = {"cloudstack.ops.domain": {"path": "ROOT/shown"}}
    hidden = {"cloudstack.ops.domain": {"path": "ROOT/hidden"}, "no_log": True}
    played = play(sandbox, tmp_path, [{"tasks": [task, hidden]}]).succeeded()
    assert "domain ROOT/shown: creating" in played.stderr
    assert "hidden" not in played.stdout + played.stderr
