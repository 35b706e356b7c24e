"""Whole playbooks: the second run writes nothing, check mode writes nothing and plans what the run does."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.tests.support.documents import ROOT, example
from ansible_collections.cloudstack.ops.tests.support.playing import Told, lies, play
from ansible_collections.cloudstack.ops.tests.support.story import READING, STORY, prepare, removal

SITE = ROOT / "playbooks/site.yml"
WAITING = {"cloud_verify_delay": 1, "cloud_verify_timeout": 60}


def plans(tasks: list[Told]) -> list[Any]:
    return [task.result.get("plan") for task in tasks if task.action != "cloudstack.ops.info"]


def applied(played) -> Told:
    return next(task for task in played.ours if task.action == "cloudstack.ops.apply")


def half(document: dict[str, Any]) -> dict[str, Any]:
    """The document without its later half: offerings, and a zone with one pod and no hosts."""
    zone = dict(document["zones"][0], pods=document["zones"][0]["pods"][1:], image_stores=[], templates=[])
    zone.pop("state")
    zone["pods"] = [{**zone["pods"][0], "clusters": []}]
    zone.pop("templates")
    return {"compute_offerings": document["compute_offerings"][:2], "zones": [zone]}


def test_site(empty, tmp_path):
    whole = {"cloud_document": example(), **WAITING}
    planned = play(empty, tmp_path, SITE, "--check", "--diff", variables=whole).succeeded()
    assert planned.changes == 0
    assert len(plans(planned.ours)[0]) == 43

    partly = {"cloud_document": half(example()), **WAITING, "cloud_verify": False}
    assert play(empty, tmp_path, SITE, variables=partly).succeeded().changes
    planned = play(empty, tmp_path, SITE, "--check", "--diff", variables=whole).succeeded()
    assert planned.changes == 0
    done = play(empty, tmp_path, SITE, "--diff", variables=whole).succeeded()
    assert applied(planned).result["plan"] == applied(done).result["plan"]
    assert applied(planned).result["diff"] == applied(done).result["diff"]
    assert 20 < len(applied(done).result["plan"]) < 43

    again = play(empty, tmp_path, SITE, "--diff", variables=whole).succeeded()
    assert (again.changes, [task.name for task in again.tasks if task.changed]) == (0, [])
    assert applied(again).result["plan"] == []


def tasks_of(told: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {"name": f"{number} {module}", f"cloudstack.ops.{module}": options}
        for number, (module, options) in enumerate(told)
    ]


def exact_diff(task: Told) -> None:
    """The diff is what the plan says: the options that change with their values before and after, nothing else."""
    changes = task.result["plan"]["changes"]
    assert task.result["diff"] == {
        "before": {c["option"]: c["before"] for c in changes if c["before"] is not None},
        "after": {c["option"]: c["after"] for c in changes if c["after"] is not None},
    }, task.name


@pytest.mark.timeout(600)  # six plays of all modules, beside whatever else the machine does
def test_every_module_as_a_task(sandbox, tmp_path):
    with Client(Connection(sandbox.endpoint, sandbox.key, sandbox.secret)) as client:
        prepare(client)
    making = [{"tasks": tasks_of([*((part.module, part.first) for part in STORY), *READING])}]
    changing = [{"tasks": tasks_of([(part.module, part.changed) for part in STORY])}]
    removing = [{"tasks": tasks_of([(p.module, removal(p)) for p in reversed(STORY) if p.remove is not None])}]

    planned = play(sandbox, tmp_path, making, "--check", "--diff").succeeded()
    assert planned.changes == 0
    for book in (making, changing, removing):
        done = play(sandbox, tmp_path, book, "--diff").succeeded()
        if planned:
            assert plans(planned.ours) == plans(done.ours)
        for task in done.ours:
            if "plan" in task.result and "diff" in task.result and isinstance(task.result["plan"], dict):
                exact_diff(task)
        again = play(sandbox, tmp_path, [{**one, "ignore_errors": True} for one in book]).succeeded()
        assert (again.changes, [task.name for task in again.tasks if task.changed]) == (0, [])
        failures = {task.result["failure"]["kind"] for task in again.ours if task.outcome == "failed"}
        # A zone or network that is gone is an unknown name, even for those who want something in it gone.
        assert failures <= ({"NotFound"} if book is removing else set())
        planned = None


@pytest.mark.parametrize(
    ("changed", "check", "changes", "lie"),
    [
        (False, False, 1, True),
        (True, False, 0, True),
        (True, True, 1, True),
        (False, True, 1, True),
        (True, False, 2, False),
        (False, False, 0, False),
        (True, True, 0, False),
    ],
)
def test_a_lie_is_seen(changed, check, changes, lie):
    task = Told("t", "cloudstack.ops.zone", "ok", check, 3, changes, {"changed": changed})
    assert bool(lies([task])) is lie
