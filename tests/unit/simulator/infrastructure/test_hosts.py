"""Hosts: agents, maintenance, loss, passwords."""

from __future__ import annotations

from typing import Any

import pytest


def state_of(cloud: Any, host: str) -> tuple[str, str]:
    found = cloud.op.only("listHosts", id=host)
    return found["state"], found["resourcestate"]


def host_of(cloud: Any, vm: dict[str, Any]) -> str | None:
    return cloud.op.only("listVirtualMachines", id=vm["id"], listall="true").get("hostid")


def other(cloud: Any, host: str) -> str:
    return next(h for h in cloud.hosts if h != host)


def test_an_agent_that_lost_its_connection_comes_back_by_itself(cloud: Any) -> None:
    host = cloud.hosts[0]
    cloud.op.do("reconnectHost", id=host)
    seen = [state_of(cloud, host)[0]]
    for _second in range(5):
        cloud.sim.advance(1)
        seen.append(state_of(cloud, host)[0])
    assert list(dict.fromkeys(seen)) == ["Disconnected", "Connecting", "Up"]


def test_a_host_whose_agent_is_away_cannot_be_reconnected_again(cloud: Any) -> None:
    cloud.op.do("reconnectHost", id=cloud.hosts[0])
    code, text = cloud.op.refused("reconnectHost", id=cloud.hosts[0])
    assert (code, "not connected" in text) == (530, True)


def test_maintenance_moves_the_instances_away_and_cancelling_opens_the_host_again(running: Any) -> None:
    vm = running.deploy("one")
    host = vm["hostid"]
    running.op.do("prepareHostForMaintenance", id=host)
    assert state_of(running, host)[1] == "PrepareForMaintenance"
    running.sim.advance(60)
    assert state_of(running, host)[1] == "Maintenance"
    assert host_of(running, vm) == other(running, host)
    assert all(vm["hostid"] != host for vm in running.op.rows("listSystemVms"))
    code, _text = running.op.refused("prepareHostForMaintenance", id=host)
    assert code == 530
    running.op.do("cancelHostMaintenance", id=host)
    assert state_of(running, host) == ("Up", "Enabled")


def test_a_host_that_is_down_goes_straight_into_maintenance_where_its_zone_allows_it(cloud: Any) -> None:
    host = cloud.hosts[0]
    cloud.sim.faults.add({"do": "agents-down", "where": cloud.sim.db.hosts.find(host).name})
    assert cloud.op.refused("prepareHostForMaintenance", id=host)[0] == 530
    cloud.op.do("updateConfiguration", name="set.host.down.to.maintenance", zoneid=cloud.zone, value="true")
    cloud.op.do("prepareHostForMaintenance", id=host)
    assert state_of(cloud, host) == ("Down", "Maintenance")


def test_maintenance_without_another_place_ends_in_an_error_until_there_is_one(running: Any) -> None:
    vm = running.deploy("one")
    host = vm["hostid"]
    full = running.sim.faults.add({"do": "no-capacity"})
    running.op.do("prepareHostForMaintenance", id=host)
    running.sim.advance(60)
    assert state_of(running, host)[1] == "ErrorInPrepareForMaintenance"
    assert host_of(running, vm) == host
    running.sim.faults.remove(full)
    running.sim.advance(120)
    assert state_of(running, host)[1] == "Maintenance"
    assert host_of(running, vm) == other(running, host)


def test_a_maintenance_that_fails_too_often_is_given_up(running: Any) -> None:
    vm = running.deploy("one")
    running.sim.faults.add({"do": "stuck-instances", "where": "one"})
    running.op.do("prepareHostForMaintenance", id=vm["hostid"])
    running.sim.advance(600)
    assert state_of(running, vm["hostid"])[1] == "ErrorInMaintenance"
    assert host_of(running, vm) == vm["hostid"]
    running.sim.faults.clear()
    running.op.do("prepareHostForMaintenance", id=vm["hostid"])
    running.sim.advance(120)
    assert state_of(running, vm["hostid"])[1] == "Maintenance"


def test_the_last_host_of_a_cluster_stops_what_runs_on_it(running: Any) -> None:
    vm = running.deploy("one")
    running.op.do("updateHost", id=other(running, vm["hostid"]), allocationstate="Disable")
    running.op.do("prepareHostForMaintenance", id=vm["hostid"])
    running.sim.advance(60)
    assert running.op.only("listVirtualMachines", id=vm["id"], listall="true")["state"] == "Stopped"


def test_a_disabled_host_is_not_taken_into_maintenance(cloud: Any) -> None:
    cloud.op.do("updateHost", id=cloud.hosts[0], allocationstate="Disable")
    code, text = cloud.op.refused("prepareHostForMaintenance", id=cloud.hosts[0])
    assert (code, "Unable to prepare for maintenance" in text) == (530, True)


def test_maintenance_is_refused_while_instances_run_and_their_availability_is_off(running: Any) -> None:
    vm = running.deploy("one")
    running.op.do("updateConfiguration", name="vm.ha.enabled", value="false", zoneid=running.zone)
    code, text = running.op.refused("prepareHostForMaintenance", id=vm["hostid"])
    assert (code, "high availability manager is disabled" in text) == (530, True)


def test_a_lost_agent_keeps_maintenance_when_the_server_may_not_log_in(cloud: Any) -> None:
    cloud.op.do("prepareHostForMaintenance", id=cloud.hosts[0])
    cloud.sim.advance(60)
    cloud.sim.faults.add({"do": "agents-down"})
    cloud.op.do("updateConfiguration", name="kvm.ssh.to.agent", value="false")
    code, text = cloud.op.refused("cancelHostMaintenance", id=cloud.hosts[0])
    assert (code, "SSH access is disabled" in text) == (530, True)


def test_the_machine_of_a_lost_agent_quietly_keeps_its_password(cloud: Any) -> None:
    host = cloud.sim.db.hosts.find(cloud.hosts[0])
    before = host.own_password
    wish = {"hostid": host.uuid, "username": "root", "password": "a-new-one", "update_passwd_on_host": "true"}
    host.state = "Disconnected"
    cloud.op.do("updateHostPassword", **wish)
    assert (host.own_password, host.stored_password == before) == (before, False)
    host.state = "Up"
    cloud.op.do("updateHostPassword", **wish)
    assert host.own_password == host.stored_password


def test_power_goes_and_comes_through_the_controller(cloud: Any) -> None:
    host = {"hostid": cloud.hosts[0]}
    wish = {"driver": "ipmitool", "port": "623", "username": "adm", "password": "power-secret"}
    cloud.op.do("configureOutOfBandManagement", **host, **wish, address="127.0.0.1")
    cloud.op.do("enableOutOfBandManagementForHost", **host)
    code, _text = cloud.op.refused("issueOutOfBandManagementPowerAction", **host, action="STATUS")
    assert code == 530
    cloud.op.do("configureOutOfBandManagement", **host, **wish, address="10.1.0.11")
    for action, power, agent in (("STATUS", "On", "Up"), ("OFF", "Off", "Disconnected"), ("ON", "On", "Disconnected")):
        cloud.op.do("issueOutOfBandManagementPowerAction", **host, action=action)
        row = cloud.op.only("listHosts", id=cloud.hosts[0])
        assert (row["outofbandmanagement"]["powerstate"], row["state"]) == (power, agent)
    cloud.sim.advance(100)
    assert state_of(cloud, cloud.hosts[0])[0] == "Up"


def test_the_known_power_of_a_host_is_forgotten_with_its_cluster(cloud: Any) -> None:
    host = {"hostid": cloud.hosts[0]}
    cluster = {"clusterid": cloud.op.only("listHosts", id=cloud.hosts[0])["clusterid"]}
    cloud.op.do("configureOutOfBandManagement", **host, driver="ipmitool", port="623", username="adm",
                password="power-secret", address="10.1.0.11")  # fmt: skip
    cloud.op.do("enableOutOfBandManagementForHost", **host)
    cloud.op.do("issueOutOfBandManagementPowerAction", **host, action="STATUS")
    cloud.op.do("disableOutOfBandManagementForCluster", **cluster)
    row = cloud.op.only("listHosts", id=cloud.hosts[0])
    assert row["outofbandmanagement"]["powerstate"] == "Disabled"
    code, text = cloud.op.refused("issueOutOfBandManagementPowerAction", **host, action="STATUS")
    assert (code, "disabled for the host's cluster" in text) == (530, True)


def test_host_ha_needs_a_controller_that_answers(cloud: Any) -> None:
    host = {"hostid": cloud.hosts[0]}
    cloud.op.do("configureHAForHost", **host, provider="kvmhaprovider")
    cloud.op.do("enableHAForHost", **host)
    cloud.sim.advance(20)
    assert cloud.op.only("listHostHAResources", **host)["hastate"] == "Ineligible"
    cloud.op.do("configureOutOfBandManagement", **host, driver="redfish", port="443", username="adm",
                password="power-secret", address="10.1.0.11")  # fmt: skip
    cloud.op.do("enableOutOfBandManagementForHost", **host)
    cloud.sim.advance(20)
    assert cloud.op.only("listHostHAResources", **host)["hastate"] == "Available"


def test_only_one_host_of_a_cluster_empties_itself_at_a_time(running: Any) -> None:
    vm = running.deploy("one")
    running.op.do("prepareHostForMaintenance", id=vm["hostid"])
    code, text = running.op.refused("prepareHostForMaintenance", id=other(running, vm["hostid"]))
    assert (code, "other servers attempting migrations" in text) == (530, True)


def test_nothing_new_starts_on_a_host_in_maintenance(running: Any) -> None:
    running.op.do("prepareHostForMaintenance", id=running.hosts[0])
    running.sim.advance(60)
    assert {running.deploy(name)["hostid"] for name in ("one", "two", "three")} == {running.hosts[1]}


def test_a_host_goes_only_when_it_is_empty_or_by_force(running: Any) -> None:
    vm = running.deploy("one")
    code, _text = running.op.refused("deleteHost", id=vm["hostid"])
    assert code == 530
    running.op.do("deleteHost", id=vm["hostid"], forced="true")
    assert running.op.rows("listHosts", id=vm["hostid"]) == []
    assert running.op.only("listVirtualMachines", id=vm["id"], listall="true")["state"] == "Stopped"


def test_what_ran_on_a_degraded_host_starts_elsewhere_where_that_is_wanted(running: Any) -> None:
    offering = running.op.do(
        "createServiceOffering", name="kept", displaytext="kept", cpunumber=1, cpuspeed=500, memory=512, offerha="true"
    )["serviceoffering"]["id"]
    plain = running.deploy("plain")
    kept = running.deploy("kept", hostid=plain["hostid"])
    running.op.do("stopVirtualMachine", id=kept["id"])
    running.op.do("changeServiceForVirtualMachine", id=kept["id"], serviceofferingid=offering)
    running.op.do("startVirtualMachine", id=kept["id"], hostid=plain["hostid"])
    host = running.sim.db.hosts.find(plain["hostid"])
    host.state = "Alert"
    running.op.do("declareHostAsDegraded", id=plain["hostid"])
    running.sim.advance(30)
    states = {vm["name"]: vm["state"] for vm in running.op.rows("listVirtualMachines", listall="true")}
    assert states == {"plain": "Stopped", "kept": "Running"}
    assert host_of(running, kept) == other(running, plain["hostid"])
    running.op.do("cancelHostAsDegraded", id=plain["hostid"])
    assert state_of(running, plain["hostid"])[1] == "Enabled"


def test_a_host_that_is_up_is_not_declared_degraded(cloud: Any) -> None:
    code, _text = cloud.op.refused("declareHostAsDegraded", id=cloud.hosts[0])
    assert code == 431
    assert state_of(cloud, cloud.hosts[0]) == ("Up", "Enabled")


@pytest.mark.parametrize(
    ("changed", "named"), [({"username": "other"}, "username is not same"), ({"hostid": None}, "provide an host id")]
)
def test_a_password_is_set_for_the_user_the_server_knows(cloud: Any, changed: dict[str, Any], named: str) -> None:
    good = {"hostid": cloud.hosts[0], "username": "root", "password": "a-new-one"}
    cloud.op.do("updateHostPassword", **good)
    bad = {key: value for key, value in (good | changed).items() if value is not None}
    code, text = cloud.op.refused("updateHostPassword", **bad)
    assert (code, named in text) == (431, True)


def test_secrets_of_hosts_are_in_no_answer(cloud: Any) -> None:
    cloud.op.do("configureOutOfBandManagement", hostid=cloud.hosts[0], driver="ipmitool", address="10.1.0.11",
                port="623", username="adm", password="power-secret")  # fmt: skip
    for command in ("listHosts", "listHostsMetrics", "listEvents", "listAsyncJobs"):
        assert "of-the-host" not in str(cloud.op.do(command))


def test_rolling_maintenance_visits_every_host_and_leaves_all_open(running: Any) -> None:
    vm = running.deploy("one")
    report = running.op.do("startRollingMaintenance", clusterids=running.cluster)["rollingmaintenance"]
    assert report["success"] is True
    assert {h["hostid"] for h in report["hostsupdated"]} == set(running.hosts)
    assert {state_of(running, h) for h in running.hosts} == {("Up", "Enabled")}
    assert running.op.only("listClusters", id=running.cluster)["allocationstate"] == "Enabled"
    assert running.op.only("listVirtualMachines", id=vm["id"], listall="true")["state"] == "Running"


def test_rolling_maintenance_stops_where_a_host_cannot_be_emptied(running: Any) -> None:
    vm = running.deploy("one")
    running.op.do("updateHost", id=other(running, vm["hostid"]), allocationstate="Disable")
    report = running.op.do("startRollingMaintenance", hostids=vm["hostid"])["rollingmaintenance"]
    assert report["success"] is False
    assert "No host available" in report["details"]
    assert host_of(running, vm) == vm["hostid"]
    assert running.op.only("listClusters", id=running.cluster)["allocationstate"] == "Enabled"
