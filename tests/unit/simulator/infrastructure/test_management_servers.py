"""Several management servers: their maintenance, their agents and jobs, and what happens when one goes away."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.cli import start
from cloudstack_simulator.clock import Clock
from cloudstack_simulator.options import parser
from tests.unit.simulator.conftest import Operator


@pytest.fixture
def farm() -> Operator:
    return Operator(Simulator(zone="sandbox", clock=Clock(), management_servers=3))


def servers(farm: Operator) -> dict[str, Any]:
    return {row["name"]: row for row in farm.rows("listManagementServers")}


def states(farm: Operator) -> list[str]:
    return [row["state"] for row in servers(farm).values()]


def test_agents_are_shared_and_move_away_from_a_server_in_maintenance(farm: Operator) -> None:
    before = servers(farm)
    assert len({row["agentscount"] > 0 for row in before.values()}) == 1
    second = before["management-2"]["id"]
    farm.do("prepareForMaintenance", managementserverid=second)
    assert states(farm) == ["Up", "PreparingForMaintenance", "Up"]
    farm.sim.advance(10)
    assert states(farm) == ["Up", "Maintenance", "Up"]
    assert servers(farm)["management-2"]["agentscount"] == 0
    assert {row["managementserverid"] for row in farm.rows("listHosts", type="Routing")}.isdisjoint({second})
    farm.do("cancelMaintenance", managementserverid=second, rebalance="true")
    assert servers(farm)["management-2"]["agentscount"] == before["management-2"]["agentscount"]


def test_only_one_prepares_and_one_stays_up(farm: Operator) -> None:
    ids = [row["id"] for row in servers(farm).values()]
    _code, text = farm.refused("prepareForMaintenance", managementserverid=ids[0], algorithm="random")
    assert text.startswith("Invalid algorithm random, valid values are: [")
    farm.do("prepareForMaintenance", managementserverid=ids[0], algorithm="shuffle")
    _code, text = farm.refused("prepareForMaintenance", managementserverid=ids[1])
    assert (
        text == "Cannot prepare for maintenance, there are other management servers preparing for maintenance/shutdown"
    )
    for command, doing in (("prepareForShutdown", "prepare for shutdown"), ("triggerShutdown", "trigger shutdown")):
        assert farm.refused(command, managementserverid=ids[1])[1].startswith(f"Cannot {doing}, there are other ")
    farm.sim.advance(10)
    farm.do("prepareForMaintenance", managementserverid=ids[1])
    farm.sim.advance(10)
    _code, text = farm.refused("prepareForMaintenance", managementserverid=ids[2])
    assert "only one active" in text


def test_jobs_that_do_not_end_send_it_back_to_work(farm: Operator) -> None:
    farm.do("updateConfiguration", name="management.server.maintenance.timeout", value="1")
    farm.sim.faults.add({"do": "hang-job", "command": "createProject"})
    first = servers(farm)["localhost"]["id"]
    farm.sim.call("createProject", name="rocket")
    farm.do("prepareForMaintenance", managementserverid=first)
    farm.sim.advance(30)
    assert (servers(farm)["localhost"]["state"], servers(farm)["localhost"]["pendingjobscount"]) == (
        "PreparingForMaintenance",
        1,
    )
    farm.sim.advance(60)
    assert servers(farm)["localhost"]["state"] == "Up"


def test_maintenance_by_force_does_not_wait_for_jobs(farm: Operator) -> None:
    farm.do("updateConfiguration", name="management.server.maintenance.timeout", value="1")
    farm.sim.faults.add({"do": "hang-job", "command": "createProject"})
    farm.sim.call("createProject", name="rocket")
    farm.do("prepareForMaintenance", managementserverid=servers(farm)["localhost"]["id"], forced="true")
    farm.sim.advance(90)
    assert servers(farm)["localhost"]["state"] == "Maintenance"
    (event,) = farm.rows("listEvents", type="MS.MAINTENANCE.PREPARE")
    assert event["description"] == "Successfully completed preparing for maintenance"


def test_servers_name_their_peers_on_demand(farm: Operator) -> None:
    assert "peers" not in servers(farm)["localhost"]
    farm.do("triggerShutdown", managementserverid=servers(farm)["management-2"]["id"])
    farm.sim.advance(10)
    shown = {row["name"]: row for row in farm.rows("listManagementServers", peers="true")}
    assert [(p["peername"], p["state"], p["peerserviceport"]) for p in shown["localhost"]["peers"]] == [
        ("management-2", "Down", "9090"), ("management-3", "Up", "9090"),
    ]  # fmt: skip


def test_a_server_that_starts_again_stays_in_maintenance(farm: Operator) -> None:
    first = servers(farm)["localhost"]["id"]
    farm.do("prepareForMaintenance", managementserverid=first)
    farm.sim.advance(10)
    before = servers(farm)["localhost"]["lastserverstart"]
    farm.sim.faults.add({"do": "servers-down", "where": "localhost", "seconds": 30})
    assert servers(farm)["localhost"]["state"] == "Down"
    farm.sim.advance(40)
    assert servers(farm)["localhost"]["state"] == "Maintenance"
    assert servers(farm)["localhost"]["lastserverstart"] > before
    farm.do("cancelMaintenance", managementserverid=first)
    assert states(farm) == ["Up", "Up", "Up"]


def test_one_server_alone_cannot_prepare(sim: Simulator) -> None:
    alone = Operator(sim)
    _code, text = alone.refused("prepareForMaintenance", managementserverid=servers(alone)["localhost"]["id"])
    assert "only one active" in text


def test_their_number_is_said_at_the_command_line() -> None:
    sim, _restored = start(parser().parse_args(["--management-servers", "3"]), None)
    assert [server.name for server in sim.db.management_servers] == ["localhost", "management-2", "management-3"]


def test_a_shutdown_is_prepared_and_taken_back(farm: Operator) -> None:
    second = servers(farm)["management-2"]["id"]
    told = farm.do("prepareForShutdown", managementserverid=second)["prepareforshutdown"]
    assert (told["state"], told["shutdowntriggered"], told["maintenanceinitiated"]) == (
        "PreparingForShutDown",
        True,
        False,
    )
    code, text = farm.refused("prepareForShutdown", managementserverid=second)
    assert (code, "not in the right state to prepare for shutdown" in text) == (530, True)
    farm.sim.advance(5)
    assert servers(farm)["management-2"]["state"] == "ReadyToShutDown"
    assert servers(farm)["management-2"]["agentscount"] > 0
    farm.do("cancelShutdown", managementserverid=second)
    assert states(farm) == ["Up", "Up", "Up"]
    assert "not in the right state to cancel" in farm.refused("cancelShutdown", managementserverid=second)[1]


def test_a_shutdown_waits_for_jobs_and_the_agents_go_elsewhere(farm: Operator) -> None:
    farm.sim.faults.add({"do": "hang-job", "command": "createProject", "seconds": 20})
    first = servers(farm)["localhost"]["id"]
    farm.sim.call("createProject", name="rocket")
    farm.do("triggerShutdown", managementserverid=first)
    farm.sim.advance(10)
    assert farm.do("readyForShutdown", managementserverid=first)["readyforshutdown"]["readyforshutdown"] is False
    assert "not in the right state to trigger" in farm.refused("triggerShutdown", managementserverid=first)[1]
    assert "not in the right state to cancel" in farm.refused("cancelShutdown", managementserverid=first)[1]
    farm.sim.advance(20)
    assert states(farm) == ["Down", "Up", "Up"]
    assert servers(farm)["localhost"]["agentscount"] == 0
    farm.sim.restart()
    assert states(farm) == ["Up", "Up", "Up"]


def test_the_only_server_takes_no_jobs_before_it_goes_and_answers_nothing_after(op: Operator) -> None:
    only = servers(op)["localhost"]["id"]
    op.do("prepareForShutdown", managementserverid=only)
    for command in ("createProject", "deleteNetwork"):
        code, text = op.refused(command)
        assert (code, text) == (
            503,
            "Maintenance or Shutdown has been initiated on this management server. Can not accept new jobs",
        )
    op.do("createDomain", name="still-works")
    op.do("triggerShutdown", managementserverid=only)
    op.sim.advance(5)
    status, body = op.sim.call("listZones")
    assert (status, "No server is available" in body) == (503, True)
    op.sim.restart()
    assert states(op) == ["Up"]
