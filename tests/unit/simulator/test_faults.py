"""Fault rules: each kind does what it says, turns and chances are repeatable, and nothing outlives its rule."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.auth import signature
from cloudstack_simulator.commands.images.rows import is_ready
from cloudstack_simulator.faults import FaultError, parse


def send(sim: Simulator, command: str, **params: str) -> Any:
    """A signed request, as the network brings it; the whole reply."""
    request = {"command": command, "response": "json", "apiKey": sim.key, **params}
    return sim.reply({**request, "signature": signature(request, sim.secret)})


def content(reply: Any) -> dict[str, Any]:
    return next(iter(reply.body.values()))


def job_of(sim: Simulator, reply: Any) -> Any:
    sim.settle()
    return sim.db.jobs.find(content(reply)["jobid"])


def host_names(sim: Simulator, state: str) -> set[str]:
    return {host.name for host in sim.db.hosts.where(kind="Routing", state=state)}


@pytest.fixture(scope="module")
def cloud() -> Simulator:
    return Simulator(zone="sandbox", seed=1)


@pytest.fixture
def faulty(cloud: Simulator) -> Any:
    """The cloud, with a way to lay down rules that are gone after the test."""
    yield cloud
    cloud.faults.clear()


def test_a_lost_answer_leaves_the_work_done(sim: Simulator) -> None:
    sim.faults.use({"rules": [{"do": "lose-answer", "command": "createDomain", "times": 1}]})
    assert send(sim, "createDomain", name="d").drop
    assert sim.db.domains.first(name="d")
    second = send(sim, "createDomain", name="d")
    assert (second.drop, second.status) == (False, 431)


@pytest.mark.parametrize(
    ("rule", "status", "drop"),
    [({"do": "unavailable"}, 503, False), ({"do": "reset"}, 0, True), ({"do": "error", "code": 534}, 534, False)],
)
def test_commands_that_do_not_run(sim: Simulator, rule: dict[str, Any], status: int, drop: bool) -> None:
    sim.faults.use({"rules": [rule]})
    reply = send(sim, "createDomain", name="d")
    assert (reply.status, reply.drop) == (status, drop)
    assert sim.db.domains.first(name="d") is None


def test_a_slow_answer(sim: Simulator) -> None:
    sim.faults.use({"rules": [{"do": "slow", "command": "list*", "seconds": 2}]})
    assert send(sim, "listDomains").delay == 2
    assert send(sim, "createDomain", name="d").delay == 0


def test_a_race_makes_the_object_first(sim: Simulator) -> None:
    sim.faults.use({"rules": [{"do": "race", "command": "createDomain", "object": "d*"}]})
    assert send(sim, "createDomain", name="other").status == 200
    assert send(sim, "createDomain", name="d").status == 431
    assert len(sim.db.domains.where(name="d")) == 1


def test_only_a_proven_caller_has_a_twin(sim: Simulator) -> None:
    sim.faults.use({"rules": [{"do": "race"}]})
    assert sim.reply({"command": "createDomain", "name": "d", "apiKey": sim.key, "signature": "x"}).status == 401
    assert sim.db.domains.first(name="d") is None


@pytest.mark.parametrize(("do", "status", "state"), [("fail-job", 2, "Running"), ("claim-success", 1, "Running")])
def test_jobs_that_change_nothing(faulty: Simulator, do: str, status: int, state: str) -> None:
    faulty.faults.use({"rules": [{"do": do, "command": "stopSystemVm", "code": 530, "text": "no agent"}]})
    vm = faulty.db.vms.first(vm_type="ConsoleProxy")
    job = job_of(faulty, send(faulty, "stopSystemVm", id=vm.uuid))
    assert (job.status, vm.state) == (status, state)
    if do == "fail-job":
        assert job.result == {"errorcode": 530, "errortext": "no agent"}
    else:
        assert (job.result["systemvm"]["id"], job.result["systemvm"]["state"]) == (vm.uuid, "Running")


def test_a_job_that_stalls_leaves_what_it_was_at_as_it_is(faulty: Simulator) -> None:
    volume = next(v for v in faulty.db.volumes if v.state == "Ready")
    target = next(p for p in faulty.db.storage_pools if p.id != volume.pool_id)
    faulty.faults.use({"rules": [{"do": "stall-job", "command": "migrateVolume", "text": "timed out"}]})
    job = job_of(faulty, send(faulty, "migrateVolume", volumeid=volume.uuid, storageid=target.uuid, livemigrate="true"))
    faulty.advance(60)
    assert (job.status, job.result["errortext"], volume.state) == (2, "timed out", "Migrating")


def test_a_job_that_hangs_for_a_while(sim: Simulator) -> None:
    sim.faults.use({"rules": [{"do": "hang-job", "seconds": 60}]})
    reply = send(sim, "createProject", name="p")
    sim.advance(59)
    assert sim.db.jobs.find(content(reply)["jobid"]).status == 0
    sim.advance(2)
    assert sim.db.jobs.find(content(reply)["jobid"]).status == 1


def test_agents_are_away_until_the_rule_is_off(faulty: Simulator) -> None:
    everybody = host_names(faulty, "Up")
    rule = faulty.faults.add({"do": "agents-down", "where": "SimulatedAgent.*"})
    chosen = min(everybody)
    assert not host_names(faulty, "Up")
    faulty.faults.remove(rule)
    assert host_names(faulty, "Up") == everybody
    faulty.faults.add({"do": "agents-down", "where": chosen, "seconds": 30})
    assert host_names(faulty, "Up") == everybody - {chosen}
    faulty.advance(31)
    assert host_names(faulty, "Up") == everybody


@pytest.mark.parametrize("do", ["storage-full", "no-capacity", "agents-down"])
def test_no_instance_starts_without_room_and_the_room_comes_back(faulty: Simulator, do: str) -> None:
    rule = faulty.faults.add({"do": do})
    offering = faulty.db.service_offerings.first(name="Small Instance")
    zone = faulty.db.zones.first()
    template = next(t for t in faulty.db.templates if t.kind == "BUILTIN" and is_ready(faulty, t, zone))
    wanted = {
        "zoneid": zone.uuid, "serviceofferingid": offering.uuid, "templateid": template.uuid,
        "name": do,
    }  # fmt: skip
    failed = job_of(faulty, send(faulty, "deployVirtualMachine", **wanted))
    assert (failed.status, failed.result["errorcode"]) in ((2, 530), (2, 533))
    faulty.faults.remove(rule)
    wanted["name"] += "-again"
    assert job_of(faulty, send(faulty, "deployVirtualMachine", **wanted)).status == 1


def test_objects_are_known_by_their_names(faulty: Simulator) -> None:
    faulty.faults.use({"rules": [{"do": "error", "command": "updateZone", "object": "Sandbox-*"}]})
    zone = faulty.db.zones.first(name="Sandbox-simulator")
    assert send(faulty, "updateZone", id=zone.uuid).status == 530
    faulty.faults.use({"rules": [{"do": "error", "command": "updateZone", "object": "other"}]})
    assert send(faulty, "updateZone", id=zone.uuid).status == 200


def test_turns_and_times(sim: Simulator) -> None:
    sim.faults.use({"rules": [{"do": "unavailable", "command": "listDomains", "nth": [2, 4]}]})
    assert [send(sim, "listDomains").status for _turn in range(5)] == [200, 503, 200, 503, 200]
    sim.faults.use({"rules": [{"do": "unavailable", "command": "listDomains", "times": 2}]})
    assert [send(sim, "listDomains").status for _turn in range(4)] == [503, 503, 200, 200]


def test_the_same_seed_gives_the_same_chances(sim: Simulator) -> None:
    def run(seed: int) -> list[int]:
        sim.faults.use({"seed": seed, "rules": [{"do": "unavailable", "probability": 0.3}]})
        return [send(sim, "listDomains").status for _turn in range(60)]

    first = run(7)
    assert run(7) == first
    assert run(8) != first
    assert 5 < first.count(503) < 35


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ([], "mapping with the keys"),
        ({"seed": "x"}, "seed has to be a whole number"),
        ({"rules": [{"do": "explode"}]}, "rule 1 (explode 1): do is 'explode'; it has to be one of lose-answer"),
        ({"rules": [{"do": ["slow"]}]}, "do is ['slow']; it has to be one of"),
        ({"rules": [{"do": "error", "code": [530]}]}, "code has to be one of the API's"),
        ({"rules": [{"do": "slow", "comand": "x"}]}, "rule 1 (slow 1): does not know comand"),
        ({"rules": [{"do": "slow", "command": "listZone"}]}, "there is no command listZone"),
        ({"rules": [{"do": "slow", "probability": 2}]}, "probability has to be a number from 0 to 1"),
        ({"rules": [{"do": "slow", "nth": 0}]}, "nth has to be a number from 1 on"),
        ({"rules": [{"do": "error", "code": 200}]}, "code has to be one of the API's"),
        ({"rules": [{"do": "slow", "name": "a"}, {"do": "reset", "name": "a"}]}, "two rules have the name 'a'"),
    ],
)
def test_wrong_rules_are_refused_with_their_place(document: Any, text: str) -> None:
    with pytest.raises(FaultError) as caught:
        parse(document)
    assert text in str(caught.value)


def test_a_wrong_document_changes_nothing(sim: Simulator) -> None:
    sim.faults.use({"rules": [{"do": "reset", "name": "keep"}]})
    with pytest.raises(FaultError):
        sim.faults.use({"rules": [{"do": "reset"}, {"do": "nonsense"}]})
    assert [rule.name for rule in sim.faults.rules] == ["keep"]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"do": "storage-full", "object": "PS0"}, "object chooses among calls, and storage-full without command holds"),
        ({"do": "agents-down", "nth": 2}, "nth chooses among calls"),
        ({"do": "agents-down", "probability": 0.5}, "or the command from which on it holds"),
        ({"do": "lose-answer", "where": "web-*"}, "where means nothing for lose-answer"),
        ({"do": "reset", "seconds": 3}, "seconds means nothing for reset; leave it out, there is command, object"),
        ({"do": "reset", "name": ".."}, "leads elsewhere in a URL"),
        ({"do": "router-lost", "where": "r-1"}, "where means nothing for router-lost"),
    ],
)
def test_a_rule_says_nothing_that_it_would_not_heed(sim: Simulator, rule: dict[str, Any], text: str) -> None:
    """Else pools and hosts that nobody meant would go as well."""
    with pytest.raises(FaultError, match=text):
        sim.faults.use({"rules": [rule]})


def test_a_condition_waits_for_its_turn_where_it_names_a_command(faulty: Simulator) -> None:
    faulty.faults.use({"rules": [{"do": "agents-down", "command": "listZones", "nth": 2, "name": "away"}]})
    send(faulty, "listZones")
    assert host_names(faulty, "Up")
    send(faulty, "listZones")
    assert not host_names(faulty, "Up")
