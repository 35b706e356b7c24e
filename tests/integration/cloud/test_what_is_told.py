"""What a run tells while it works and leaves when it is done: progress, former values, what became of the plan."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ansible_collections.cloudstack.ops.plugins.module_utils.cloud import Node, Work
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.progress import Progress
from ansible_collections.cloudstack.ops.plugins.module_utils.reconcile import Plan
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES
from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_with
from ansible_collections.cloudstack.ops.tests.support.documents import example
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud

OFFERING = {"name": "o", "disk_size": 1}
REFUSED = {"name": "x" * 300, "disk_size": 1}  # longer than the server allows


@pytest.fixture
def cloud() -> VirtualCloud:
    return VirtualCloud()


def lines_of(there: VirtualCloud, /, **options: Any) -> list[str]:
    lines: list[str] = []
    wish = {"parallel": 4, "on_error": "stop", "restore_file": "", **options}
    run_with(there.client, "apply", wish, progress=lines.append)
    return lines


def test_progress_says_how_far_it_is_and_what_is_running(cloud):
    lines = lines_of(cloud, cloud=example())
    done = [line for line in lines if line[:1].isdigit() and "/43 " in line]
    assert [int(line.split("/")[0]) for line in done] == list(range(1, 44))
    assert any("(running: " in line for line in done)
    assert lines[lines.index(done[0]) - 1] == "41 to create, 2 to change, 0 unchanged."
    assert lines[lines.index(done[0]) :] == done, "one line for each object, and nothing between"


def test_the_values_of_very_many_new_objects_are_told_in_the_plan_file_alone(cloud, tmp_path):
    wish = {"disk_offerings": [{**OFFERING, "name": f"o{number}"} for number in range(101)]}
    lines = lines_of(cloud, cloud=wish, plan_file=str(tmp_path / "plan.txt"))
    assert lines[:2] == ["+ disk offering o0  (disk_offerings[0])", "+ disk offering o1  (disk_offerings[1])"]
    assert (tmp_path / "plan.txt").read_text().count("    disk_size: 1\n") == 101


def test_what_is_pruned_counts_and_a_failure_says_why(cloud):
    lines_of(cloud, cloud={"disk_offerings": [OFFERING, {**OFFERING, "name": "p"}]})
    lines = lines_of(cloud, cloud={"domains": [{"path": "ROOT/a"}], "disk_offerings": [OFFERING]},
                     prune=["disk_offering"], prune_limit=5)  # fmt: skip
    counted = [line.split()[0] for line in lines if "/6 " in line]
    assert counted == [f"{number}/6" for number in range(1, 7)]
    (failed,) = [line for line in lines_of(cloud, cloud={"disk_offerings": [REFUSED]}) if line.startswith("1/1 ")]
    assert "failed: createDiskOffering" in failed
    assert "max allowed length" in failed


def test_what_takes_long_is_told_with_what_is_being_done_and_since_when():
    clock, lines = SimpleNamespace(now=0.0), []
    clock.monotonic = lambda: clock.now
    progress = Progress(lines.append, clock, 5)
    nodes = [Node(RESOURCES["host"], {"name": f"h{number}"}, "hosts") for number in range(5)]
    for node in nodes:
        progress.begin(node)
        clock.now += 4
    progress.note(nodes[1], "host h1: waiting for job 7")
    progress.rest(nodes[0])
    progress.end(Work(nodes[0], Plan("create")))
    progress.still()
    assert lines == [
        "1/5 host h0 created (running: host h1: waiting for job 7, 16 s, host h2: 12 s, host h3: 8 s, 1 more)",
        "1/5 done (running: host h1: waiting for job 7, 16 s, host h2: 12 s, host h3: 8 s, 1 more)",
    ]


def test_the_plan_file_says_afterwards_what_failed(cloud, tmp_path):
    wish = {"disk_offerings": [OFFERING, REFUSED], "domains": [{"path": "ROOT/a"}]}
    for name in ("plan.txt", "plan.html", "plan.json"):
        cloud.run("apply", cloud=wish, parallel=1, plan_file=str(tmp_path / name))
    for name in ("plan.txt", "plan.html"):
        text = (tmp_path / name).read_text()
        assert "max allowed length" in text
        assert "skipped: stopped after an error" in text
    told = {one["name"]: one for one in json.loads((tmp_path / "plan.json").read_text())["plan"]}
    assert "error" in told[REFUSED["name"]]
    assert "skipped" in told["ROOT/a"]


def changed_twice(cloud: VirtualCloud, **options: Any) -> list[str]:
    """Files of two runs that each change a value."""
    cloud.run("apply", cloud={"disk_offerings": [OFFERING]})
    return [
        cloud.run("apply", cloud={"disk_offerings": [{"name": "o", "display_text": text}]}, **options)["restore_file"]
        for text in ("one", "two")
    ]


def test_former_values_are_kept_and_never_written_over(cloud, tmp_path):
    files = changed_twice(cloud, restore_file=str(tmp_path / "restore.yml"))
    assert [Path(file).name for file in files] == ["restore.yml", "restore.1.yml"]
    values = [yaml.safe_load(Path(file).read_text())["disk_offerings"][0]["display_text"] for file in files]
    assert values == ["o", "one"]
    assert {stat.S_IMODE(Path(file).stat().st_mode) for file in files} == {0o600}


def test_former_values_are_kept_unless_somebody_says_otherwise(cloud, tmp_path, monkeypatch):
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path))
    files = changed_twice(cloud, restore_file=None)
    assert len(set(files)) == 2
    assert all(Path(file).parent == tmp_path / "cloudstack_ops/restore" for file in files)
    assert all(Path(file).name.startswith("cloud.invalid-") for file in files)
    (tmp_path / "cloudstack_ops/restore").rename(tmp_path / "kept")
    (tmp_path / "cloudstack_ops/restore").touch()
    result = cloud.run("apply", cloud={"disk_offerings": [{"name": "o", "display_text": "three"}]}, restore_file=None)
    assert not result.get("failed")
    assert "the former values are in the result alone" in result["warnings"][0]
    assert result["restore"]["disk_offerings"] == [{"name": "o", "display_text": "two"}]
