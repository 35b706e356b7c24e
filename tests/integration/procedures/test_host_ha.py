"""Board controllers, power, host HA, and hosts that are lost."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.procedures import host_power
from cloudstack_simulator.commands.features.out_of_band import booted
from tests.integration.procedures.hosts_cloud import HostsCloud

BOARD = {"driver": "ipmitool", "port": 623, "username": "adm", "password": "power-secret"}


@pytest.fixture
def cloud() -> HostsCloud:
    return HostsCloud()


def set_up(cloud, name, address="10.9.0.1", **options):
    return cloud.run("out_of_band_management", names=[name], address=address, **{**BOARD, **options})


def test_a_controller_is_set_up_once_and_answers(cloud):
    assert (set_up(cloud, "h1", check=True)["changed"], cloud.changes) == (True, 0)
    assert set_up(cloud, "h1")["counts"] == {"done": 1}
    board = cloud.host("h1")["outofbandmanagement"]
    assert (board["enabled"], board["powerstate"], board["address"]) == (True, "On", "10.9.0.1")
    assert (set_up(cloud, "h1")["changed"], cloud.changes) == (False, 0)
    changed = set_up(cloud, "h1", port=624, check=True)
    assert changed["plan"][0]["reason"] == "port is '623', wanted '624'"
    assert "power-secret" not in str(changed)
    assert cloud.run("out_of_band_management", names=["h1"], state="disabled")["counts"] == {"done": 1}
    assert cloud.run("out_of_band_management", names=["h1"], state="disabled")["counts"] == {"already": 1}
    assert cloud.run("out_of_band_management", names=["h1"])["counts"] == {"done": 1}


def test_a_controller_that_does_not_answer_is_a_failure(cloud):
    failed = set_up(cloud, "h1", address="127.0.0.1", retries=0)
    assert failed["failed"] and "Unable to establish IPMI" in failed["msg"]


def test_a_controller_of_another_machine_is_refused(cloud):
    set_up(cloud, "h1")
    with pytest.raises(InvalidInput, match="that of host h1 already"):
        set_up(cloud, "h2")
    with pytest.raises(InvalidInput, match="no controller of several"):
        cloud.run("out_of_band_management", names=["h1", "h2"], address="10.9.0.9", **BOARD)
    assert cloud.changes == 0
    cloud.sim.db.hosts.first(name="h2").power["machine"] = "Off"
    failed = set_up(cloud, "h2", address="10.9.0.2", retries=0)
    assert failed["failed"] and "controller of another machine" in failed["msg"]


def test_a_controller_that_the_server_has_for_two_hosts_already_is_not_enabled(cloud):
    for row in cloud.client.list("listHosts", {"type": "Routing"})[:2]:
        wanted = {"hostid": row["id"], "address": "10.9.0.7", **BOARD}
        cloud.client.run("configureOutOfBandManagement", wanted)
    name = cloud.client.list("listHosts", {"type": "Routing"})[0]["name"]
    with pytest.raises(InvalidInput, match="is that of host") as caught:
        cloud.run("out_of_band_management", names=[name])
    assert (caught.value.option, cloud.changes) == ("address", 0)


def test_a_controller_needs_all_its_data(cloud):
    with pytest.raises(InvalidInput, match="takes a controller only with all its data") as caught:
        cloud.run("out_of_band_management", names=["h1"], driver="redfish", address="10.9.0.1")
    assert (caught.value.option, cloud.changes) == ("port", 0)


def ha(cloud, **options):
    return cloud.run("host_ha", names=["h1"], **options)


def test_host_ha_is_set_up_when_the_server_calls_it_available(cloud):
    with pytest.raises(InvalidInput, match="without out-of-band management"):
        ha(cloud)
    set_up(cloud, "h1")
    with pytest.raises(InvalidInput, match="the server has kvmhaprovider"):
        ha(cloud, provider="simulatorhaprovider")
    assert (ha(cloud, check=True)["changed"], cloud.changes) == (True, 0)
    assert ha(cloud)["counts"] == {"done": 1}
    assert cloud.host("h1")["hostha"]["hastate"] == "Available"
    assert (ha(cloud)["changed"], cloud.changes) == (False, 0)
    assert ha(cloud, state="disabled")["counts"] == {"done": 1}
    assert (ha(cloud, state="disabled")["changed"], cloud.changes) == (False, 0)


def test_a_host_that_could_not_be_fenced_is_a_failure(cloud):
    set_up(cloud, "h1")
    cloud.sim.db.hosts.first(name="h1").power["address"] = "127.0.0.1"
    failed = ha(cloud, step_timeout=40, retries=0)
    assert failed["failed"] and "is ineligible; its out-of-band management does not answer" in failed["msg"]


def test_a_job_that_reports_success_and_enabled_nothing_is_found(cloud):
    set_up(cloud, "h1")
    with cloud.fault(do="claim-success", command="enableHAForHost"):
        assert ha(cloud, step_timeout=30, retries=0)["failed"]


def power(cloud, action, **options):
    return cloud.run("host_power", names=["h1"], action=action, **options)


def test_a_machine_in_use_is_not_switched_off(cloud):
    with pytest.raises(InvalidInput, match=r"no out-of-band management.* run on it"):
        power(cloud, "off")
    set_up(cloud, "h1")
    cloud.run("host_maintenance", names=["h1"])
    with pytest.raises(InvalidInput, match="off h1") as caught:
        power(cloud, "off")
    assert (caught.value.option, cloud.changes) == ("confirm", 0)
    assert power(cloud, "off", confirm="off h1")["power"] == {"h1": "off"}
    assert (power(cloud, "off", confirm="off h1")["changed"], cloud.changes) == (False, 0)
    assert (power(cloud, "status")["power"], cloud.changes) == ({"h1": "off"}, 0)
    assert power(cloud, "on")["counts"] == {"done": 1}
    assert cloud.state("h1") == ("Up", "Maintenance")


def test_a_machine_that_came_into_use_since_the_plan_is_not_switched_off(cloud, monkeypatch):
    """As after a window that was waited for: nothing ran on it when it was planned."""
    set_up(cloud, "h1")
    look, seen = host_power.residents, []

    def later(run, host):
        seen.append(host)
        return look(run, host) if len(seen) > 1 else []

    monkeypatch.setattr(host_power, "residents", later)
    failed = power(cloud, "off", confirm="off h1", retries=0)
    assert failed["failed"] and "run on it since it was planned" in failed["msg"]
    assert cloud.sim.db.hosts.first(name="h1").power.get("machine", "On") == "On"


def lost(cloud, **options):
    return cloud.run("host_degraded", names=["h1"], **options)


def test_a_lost_host_is_declared_only_when_it_is_off(cloud):
    with pytest.raises(InvalidInput, match="its agent is Up"):
        lost(cloud)
    set_up(cloud, "h1")
    cloud.sim.db.hosts.first(name="h1").state = "Alert"
    failed = lost(cloud, retries=0)
    assert failed["failed"] and "its power is on" in failed["msg"]
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    cloud.sim.db.vms.first(name=name).ha_enabled = True
    plain = sorted(n for n in cloud.machines("h1") if n.startswith("vm-"))[1:]
    power(cloud, "off", force=True, confirm="off h1")
    done = lost(cloud)
    assert cloud.state("h1")[1] == "Degraded"
    assert name in cloud.running_now()
    assert [entry["name"] for entry in done["not_running"]] == plain
    assert (lost(cloud)["changed"], cloud.changes) == (False, 0)
    with pytest.raises(InvalidInput, match="bring the machine back first"):
        lost(cloud, state="enabled")
    with pytest.raises(InvalidInput, match=r"it is degraded.* switch it by hand"):
        power(cloud, "on")
    host = cloud.sim.db.hosts.first(name="h1")
    host.power["machine"] = "On"
    booted(cloud.sim, host)
    assert lost(cloud, state="enabled")["counts"] == {"done": 1}
    assert cloud.state("h1") == ("Up", "Enabled")


def test_without_a_controller_a_person_has_to_type_it(cloud):
    cloud.sim.db.hosts.first(name="h1").state = "Disconnected"
    with pytest.raises(InvalidInput, match="h1 off") as caught:
        lost(cloud)
    assert (caught.value.option, cloud.changes) == ("confirm", 0)


def test_what_keeps_instances_from_starting_again_is_told(cloud):
    cloud.client.run("updateConfiguration", {"name": "ha.tag", "value": "spare"})
    cloud.client.run("updateConfiguration", {"name": "vm.ha.enabled", "value": "false"})
    cloud.sim.db.hosts.first(name="h1").state = "Alert"
    told = lost(cloud, check=True)["warnings"]
    assert ["vm.ha.enabled is false" in told[0], "no usable host carries that tag" in told[1]] == [True, True]


def board_of(cloud):
    return set_up(cloud, "h1", retries=0)


def ha_of(cloud):
    if not cloud.host("h1")["outofbandmanagement"]["enabled"]:
        set_up(cloud, "h1")
    return ha(cloud, retries=0)


def lost_and_back(cloud):
    cloud.sim.db.hosts.first(name="h1").state = "Disconnected"
    gone = lost(cloud, confirm="h1 off", restart_timeout=1, retries=0)
    cloud.sim.db.hosts.first(name="h1").state = "Up"
    back = lost(cloud, state="enabled", retries=0)
    return gone if gone.get("failed") else back


@pytest.mark.parametrize(
    ("flow", "command", "most"),
    [
        (board_of, "configureOutOfBandManagement", 1),
        (board_of, "enableOutOfBandManagementForHost", 1),
        (board_of, "issueOutOfBandManagementPowerAction", 3),
        (ha_of, "configureHAForHost", 1),
        (ha_of, "enableHAForHost", 1),
        (lost_and_back, "declareHostAsDegraded", 2),
        (lost_and_back, "cancelHostAsDegraded", 2),
    ],
)
def test_a_run_that_is_cut_off_is_resumed(cloud, flow, command, most):
    """The answer to a changing call is lost. The second run reaches the goal, and repeats nothing that was done."""
    with cloud.fault(do="lose-answer", command=command, nth=1):
        flow(cloud)
        assert not flow(cloud).get("failed")
    assert cloud.changing[command] <= most
    assert cloud.state("h1") == ("Up", "Enabled")
