"""The event source against a simulated cloud: everything once, also over restarts and while the server is away."""

from __future__ import annotations

import asyncio
import contextlib
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from tests.integration.resources.conftest import Cloud

FILE = ROOT / "extensions/eda/plugins/event_source/cloudstack_events.py"
main = runpy.run_path(str(FILE))["main"]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    found = Cloud(populate="hosts=2,vms=1,routers=1,hypervisor=KVM")
    yield found
    found.close()


@pytest.fixture
def args(cloud: Cloud, tmp_path: Path) -> dict[str, Any]:
    running = cloud.running
    return {
        "api_url": running.endpoint, "api_key": running.key, "api_secret": running.secret, "interval": 0.05,
        "state_file": str(tmp_path / "state.json"),
    }  # fmt: skip


def heard(cloud: Cloud, args: dict[str, Any], meanwhile: Any = None) -> list[dict[str, Any]]:
    """What the source passes on until it has read all at least twice, and again after ``meanwhile``."""

    async def until_read(source: asyncio.Task[None], rounds: int) -> None:
        """The question after so many rounds shows that what they found was passed on."""
        calls, kinds = cloud.running.sim.counters.calls, len(args.get("kinds", ("event", "alert")))
        end = calls["listEvents"] + calls["listAlerts"] + rounds * kinds + 1
        while calls["listEvents"] + calls["listAlerts"] < end and not source.done():
            await asyncio.sleep(0.01)

    async def listen() -> list[dict[str, Any]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        source = asyncio.create_task(main(queue, args))
        async with asyncio.timeout(60):
            await until_read(source, 5)  # the very first one asks up to three times
            if meanwhile:
                await asyncio.to_thread(meanwhile)
                await until_read(source, 2)
        source.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await source
        return [queue.get_nowait()["cloudstack"] for _ in range(queue.qsize())]

    return asyncio.run(listen())


def alert(cloud: Cloud, text: str) -> None:
    cloud.client.run("generateAlert", {"type": 299, "name": "ALERT.HOST.TEST", "description": text})


def test_everything_new_comes_once_also_over_restarts(cloud, args):
    alert(cloud, "before the first start, told by since")
    first = heard(cloud, {**args, "since": 60}, lambda: alert(cloud, "while it listens"))
    told = [entry["description"] for entry in first if entry.get("name") == "ALERT.HOST.TEST"]
    assert told == ["before the first start, told by since", "while it listens"]
    assert {"event", "alert"} == {entry["kind"] for entry in first}
    assert [entry["created"] for entry in first] == sorted(entry["created"] for entry in first)

    alert(cloud, "while nobody listened")
    second = heard(cloud, {**args, "since": 60})
    assert "while nobody listened" in {entry["description"] for entry in second}
    assert {entry["id"] for entry in first}.isdisjoint(entry["id"] for entry in second)
    assert heard(cloud, {**args, "since": 60}) == []


def test_the_first_start_begins_now(cloud, args):
    seen = heard(cloud, {**args, "kinds": ["alert"]}, lambda: alert(cloud, "new"))
    assert [entry["description"] for entry in seen] == ["new"]


def test_only_wanted_types_come(cloud, args):
    cloud.client.run("updateConfiguration", {"name": "expunge.delay", "value": "7200"})
    seen = heard(cloud, {**args, "types": ["CONFIGURATION.*"], "since": 60})
    assert {entry["type"] for entry in seen} == {"CONFIGURATION.VALUE.EDIT"}


def test_a_server_that_is_away_costs_nothing_but_time(cloud, args):
    away = {"do": "unavailable", "command": ["listEvents", "listAlerts"]}
    rule = cloud.running.sim.faults.add(away)

    def back() -> None:
        alert(cloud, "meanwhile")
        cloud.running.sim.faults.remove(rule)

    seen = heard(cloud, {**args, "since": 1, "api_retries": 0, "interval": 0.01}, back)
    assert "meanwhile" in {entry["description"] for entry in seen}


def test_wrong_keys_end_it_at_once(cloud, args):
    with pytest.raises(Exception, match="listEvents"):
        heard(cloud, {**args, "api_secret": "wrong"})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"state_file": ""}, "state_file is missing"),
        ({"state_file": "/no/such/folder/state.json"}, "does not exist"),
        ({"interval": 0}, "interval"),
        ({"kinds": ["alarm"]}, "kinds are event and alert"),
    ],
)
def test_wrong_arguments_are_named(cloud, args, wrong, says):
    with pytest.raises(ValueError, match=says):
        heard(cloud, {**args, **wrong})


ALONE = """
import runpy, sys
from importlib.machinery import PathFinder

class Bare:
    def find_spec(name, path=None, target=None):
        if name != "ansible_collections":
            return None
        found = PathFinder.find_spec(name, [one for one in sys.path if not one.endswith("site-packages")])
        if found is None:
            raise ModuleNotFoundError(name)
        return found

sys.path = [one for one in sys.path if one]
sys.meta_path.insert(0, Bare)
runpy.run_path(sys.argv[1])
print("found", sys.modules["ansible_collections.cloudstack.ops"].__path__[0])
"""


def test_it_finds_its_collection_when_it_is_run_alone(tmp_path):
    """As ansible-rulebook does it, in an environment where no collection is installed."""
    place = tmp_path / "ansible_collections/cloudstack"
    place.mkdir(parents=True)
    (place / "ops").symlink_to(ROOT)
    file = place / "ops" / FILE.relative_to(ROOT)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(file)], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stdout == f"found {place / 'ops'}\n", done.stderr


def test_the_rulebook_names_what_there_is():
    (book,) = yaml.safe_load((ROOT / "extensions/eda/rulebooks/cloudstack_events.yml").read_text())
    (source,) = book["sources"]
    (name,) = source
    assert name == f"cloudstack.ops.{FILE.stem}"
    playbooks = [rule["action"]["run_playbook"]["name"] for rule in book["rules"] if "run_playbook" in rule["action"]]
    assert playbooks
    assert all((ROOT / "playbooks" / f"{one.removeprefix('cloudstack.ops.')}.yml").is_file() for one in playbooks)
