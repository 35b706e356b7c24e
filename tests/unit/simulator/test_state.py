"""What a state file keeps, and what is refused as one."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import orjson
import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.state import StateError, StateFile, restore, take

LISTS = (
    "listZones", "listPods", "listClusters", "listHosts", "listStoragePools", "listImageStores", "listNetworks",
    "listVirtualMachines", "listVolumes", "listRouters", "listSystemVms", "listAccounts", "listUsers", "listDomains",
    "listTemplates", "listCapacity", "listPublicIpAddresses", "listConfigurations", "listEvents", "listRoles",
    "listNetworkOfferings", "listServiceOfferings", "listProjects", "listPhysicalNetworks", "listTags",
)  # fmt: skip


def everything(sim: Simulator) -> dict[str, Any]:
    extra = {"listTemplates": {"templatefilter": "all"}}
    return {name: sim.call(name, listall="true", **extra.get(name, {})) for name in LISTS}


@pytest.fixture(scope="module")
def populated() -> Simulator:
    sim = Simulator(zone="sandbox", seed=1, page_size=500)
    populate(sim, Wanted(hosts=4, vms=20, routers=3))
    sim.call("createTags", resourcetype="UserVm", resourceids=sim.db.vms.first(name="vm-00001").uuid,
             **{"tags[0].key": "a", "tags[0].value": "b"})  # fmt: skip
    sim.call("createDomain", name="gone")
    sim.call("updateConfiguration", name="expunge.delay", value="77")
    sim.settle()
    return sim


def test_a_restored_simulator_answers_as_before(populated: Simulator, tmp_path: Path) -> None:
    file = StateFile(tmp_path / "cloud.state")
    assert file.save(populated)
    again = Simulator(seed=9)
    assert StateFile(file.path).load(again)
    assert everything(again) == everything(populated)
    assert (again.key, again.secret, again.clock.now()) == (populated.key, populated.secret, populated.clock.now())


def test_life_goes_on_after_a_restore(populated: Simulator, tmp_path: Path) -> None:
    file = StateFile(tmp_path / "cloud.state")
    file.save(populated)
    again = Simulator(seed=9)
    file.load(again)
    vm = again.db.vms.first(vm_type="ConsoleProxy")
    again.call("destroySystemVm", id=vm.uuid)
    again.advance(600)
    assert [v.state for v in again.db.vms.where(vm_type="ConsoleProxy", zone_id=vm.zone_id)] == ["Running"]
    status, body = again.call("createDomain", name="gone")
    assert (status, next(iter(body.values()))["errorcode"]) == (431, 431)


def test_a_running_job_ends_with_the_server(tmp_path: Path) -> None:
    sim, file = Simulator(seed=1), StateFile(tmp_path / "s")
    _status, body = sim.call("createProject", name="p")
    job = next(iter(body.values()))["jobid"]
    file.save(sim)
    again = Simulator(seed=2)
    file.load(again)
    answer = next(iter(again.call("queryAsyncJobResult", jobid=job)[1].values()))
    assert (answer["jobstatus"], answer["jobresult"]["errorcode"]) == (2, 530)
    file.save_at_end(sim)
    file.load(again)
    assert next(iter(again.call("queryAsyncJobResult", jobid=job)[1].values()))["jobstatus"] == 1


def test_what_is_stuck_stays_stuck_and_what_a_job_was_at_comes_to_rest(tmp_path: Path) -> None:
    sim, file = Simulator(seed=1), StateFile(tmp_path / "s")
    populate(sim, Wanted(hosts=4, vms=20, routers=3, flaws=1))
    stuck = sim.db.vms.first(vm_type="User", state="Stopping")
    busy = sim.db.vms.first(vm_type="User", state="Running")
    sim.call("stopVirtualMachine", id=busy.uuid)
    while busy.state == "Running":
        sim.advance(0.01)
    assert busy.state == "Stopping"
    file.save(sim)
    again = Simulator(seed=2)
    file.load(again)
    assert (again.db.vms.find(stuck.uuid).state, again.db.vms.find(busy.uuid).state) == ("Stopping", "Running")


def test_a_state_that_was_restored_is_the_same_again() -> None:
    sim = Simulator(zone="sandbox", seed=1, management_servers=2, usage_server=True)
    populate(sim, Wanted(hosts=4, vms=20, routers=3, flaws=1))
    proxy = sim.db.vms.first(vm_type="ConsoleProxy")
    sim.call("destroySystemVm", id=proxy.uuid)
    sim.faults.use({"seed": 3, "rules": [{"do": "agents-down", "where": "host-*", "seconds": 900}]})
    sim.settle()
    while not sim.db.vms.where(vm_type="ConsoleProxy", state="Starting"):
        sim.advance(1)
    picture = orjson.dumps(take(sim))
    again = Simulator(seed=9)
    restore(again, orjson.loads(picture))
    assert orjson.dumps(take(again)) == picture
    for cloud in (sim, again):
        cloud.advance(3600)
    assert orjson.dumps(take(again)) == orjson.dumps(take(sim))


def test_faults_are_kept_and_can_be_taken_back(tmp_path: Path) -> None:
    sim, file = Simulator(zone="sandbox", seed=1), StateFile(tmp_path / "s")
    sim.faults.use({"seed": 3, "rules": [{"do": "agents-down", "name": "away"}, {"do": "reset", "nth": 2}]})
    file.save(sim)
    again = Simulator(seed=2)
    file.load(again)
    assert again.faults.view() == sim.faults.view()
    again.faults.clear()
    assert {host.state for host in again.db.hosts.where(kind="Routing")} == {"Up"}


def test_only_changes_are_written(tmp_path: Path) -> None:
    sim, file = Simulator(seed=1), StateFile(tmp_path / "s")
    assert file.save(sim)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert not file.save(sim)
    sim.call("createDomain", name="d")
    assert file.save(sim)
    assert list(tmp_path.iterdir()) == [file.path]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"hello", "is not a state of this simulator"),
        (b"[1]", "is not a state of this simulator"),
        (b'{"format": "other"}', "is not a state of this simulator"),
        (b'{"format": "cloudstack-simulator state", "version": 99}', "version 99, this simulator reads version 1"),
        (b'{"format": "cloudstack-simulator state", "version": 1, "state": {}}', "cannot be restored"),
        (b'{"format": "cloudstack-simulator state", "version": 1, "state": [1]}', "cannot be restored"),
        (b'{"format": "cloudstack-simulator state", "version": 1}', "cannot be restored"),
        (b'{"format": "cloudstack-simulator state", "version": 1, "sta', "is not a state of this simulator"),
    ],
)
def test_foreign_files_are_refused_and_stay(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "precious"
    path.write_bytes(content)
    with pytest.raises(StateError, match=text):
        StateFile(path).load(Simulator(seed=1))
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["os:system", ".clock:time.sleep", ".cli:Path", ".cli:main.x", ".simulator:Simulator"])
def test_a_state_calls_nothing_but_the_simulators_own_functions(tmp_path: Path, name: str) -> None:
    sim, file = Simulator(seed=1), StateFile(tmp_path / "s")
    file.save(sim)
    document = json.loads(file.path.read_text())
    document["state"]["schedule"] = [[0, name, []]]
    file.path.write_text(json.dumps(document))
    with pytest.raises(StateError, match="cannot be restored"):
        StateFile(file.path).load(Simulator(seed=1))


def test_a_damaged_value_is_refused(tmp_path: Path) -> None:
    sim, file = Simulator(seed=1), StateFile(tmp_path / "s")
    file.save(sim)
    document = json.loads(file.path.read_text())
    document["state"]["random"] = {"t": []}
    file.path.write_text(json.dumps(document))
    with pytest.raises(StateError, match="cannot be restored"):
        StateFile(file.path).load(Simulator(seed=1))


def test_without_a_folder_there_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="not writable"):
        StateFile(tmp_path / "no" / "s").load(Simulator(seed=1))
