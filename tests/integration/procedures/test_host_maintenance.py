"""Hosts emptied under control, in maintenance when they are, and back with what ran on them."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from cloudstack_simulator.commands.hosts.failover import lose_host
from cloudstack_simulator.commands.instances.placement import settle
from cloudstack_simulator.commands.storage_pools.local import add_local_pool
from cloudstack_simulator.model.instances import AffinityGroup
from tests.integration.procedures.hosts_cloud import HostsCloud


@pytest.fixture
def cloud() -> HostsCloud:
    return HostsCloud()


def enter(cloud, *names, **options):
    return cloud.run("host_maintenance", names=list(names), zone="Populated", **options)


def leave(cloud, *names, **options):
    return enter(cloud, *names, state="enabled", **options)


def test_a_host_is_emptied_entered_and_left_with_what_ran_on_it(cloud):
    before, all_running = cloud.machines("h1"), cloud.running_now()
    assert any(name.startswith("r-") for name in before) and any(name.startswith("vm-") for name in before)

    planned = enter(cloud, "h1", check=True)
    assert (planned["changed"], cloud.changes, cloud.machines("h1")) == (True, 0, before)
    assert {move["name"] for move in planned["moves"]} == before
    assert {move["to"] for move in planned["moves"]} <= {"h2", "h3"}
    shown = planned["diff"]["prepared"]
    assert all(f"{move['name']}: to {move['to']}\n" in shown for move in planned["moves"])

    done = enter(cloud, "h1")
    assert (done["counts"], done["plan"]) == ({"done": 1}, planned["plan"])
    assert (cloud.state("h1"), cloud.machines("h1")) == (("Up", "Maintenance"), set())
    assert cloud.running_now() == all_running
    assert done["not_running"] == []

    again = enter(cloud, "h1")
    assert (again["changed"], cloud.changes) == (False, 0)

    back = leave(cloud, "h1", return_instances=True)
    assert (back["counts"], back["not_back"]) == ({"done": 1}, [])
    assert (cloud.state("h1"), cloud.machines("h1")) == (("Up", "Enabled"), before)
    assert (leave(cloud, "h1", return_instances=True)["changed"], cloud.changes) == (False, 0)


def remarks(cloud):
    """What is written at machines about hosts: their names, and whether only admins see it."""
    notes = cloud.client.list("listAnnotations", {"keyword": "ran on host", "annotationfilter": "all"})
    return {(note["annotation"].partition(" ran on")[0].split()[-1], note["adminsonly"]) for note in notes}


def test_what_did_not_come_back_is_told(cloud):
    """Also where the host is brought back by somebody who has nothing but the cloud."""
    before = cloud.machines("h1")
    enter(cloud, "h1")
    assert remarks(cloud) == {(name, True) for name in before}
    back = leave(cloud, "h1")
    assert remarks(cloud) == set()
    assert {entry["name"] for entry in back["not_back"]} == before
    assert {entry["now_on"] for entry in back["not_back"]} <= {"h2", "h3"}


def test_what_ran_before_a_maintenance_that_others_ended_is_forgotten(cloud):
    old = cloud.machines("h1")
    enter(cloud, "h1")
    cloud.client.run("cancelHostMaintenance", {"id": cloud.host("h1")["id"]})
    name = min(cloud.machines("h2") - old)
    settle(cloud.sim, cloud.sim.db.vms.first(name=name), cloud.sim.db.hosts.first(name="h1"))
    enter(cloud, "h1")
    leave(cloud, "h1", return_instances=True)
    assert cloud.machines("h1") == {name}


def test_an_empty_list_means_no_host(cloud):
    with pytest.raises(InvalidInput, match="names is empty"):
        enter(cloud)
    with pytest.raises(InvalidInput, match="there is no host h9"):
        enter(cloud, "h1", "h9")
    assert cloud.changes == 0


def test_moves_need_a_width(cloud):
    with pytest.raises(InvalidInput, match="parallel_migrations must be at least 1"):
        enter(cloud, "h1", parallel_migrations=0, check=True)


def test_nothing_moves_where_one_instance_has_no_place(cloud):
    with cloud.fault(do="no-capacity", where="h[23]"), pytest.raises(InvalidInput, match="no other host takes it"):
        enter(cloud, "h1")
    assert cloud.changes == 0


def test_two_hosts_are_not_emptied_into_one_another(cloud):
    with pytest.raises(InvalidInput, match="emptied as well"):
        enter(cloud, "h1", "h2", "h3")
    assert cloud.changes == 0


def test_what_fits_alone_but_not_with_the_others_is_refused(cloud):
    """Each instance would fit on h2, not all of them."""
    h2, h3 = (cloud.sim.db.hosts.first(name=name) for name in ("h2", "h3"))
    h3.resource_state = "Disabled"
    h2.memory = h2.memory_used + (1 << 30)
    with pytest.raises(InvalidInput, match="have no room for it"):
        enter(cloud, "h1")
    assert cloud.changes == 0


def test_the_last_usable_host_stops_its_instances_only_when_that_is_typed(cloud):
    for name in ("h2", "h3"):
        cloud.sim.db.hosts.first(name=name).resource_state = "Disabled"
    here = cloud.machines("h1")
    stopped = ", ".join(sorted(here))
    with pytest.raises(InvalidInput, match="unmovable: stop"):
        enter(cloud, "h1")
    with pytest.raises(InvalidInput, match="stop r-") as caught:
        enter(cloud, "h1", unmovable="stop")
    assert (caught.value.option, cloud.changes) == ("confirm", 0)
    assert enter(cloud, "h1", unmovable="stop", confirm=f"stop {stopped}")["counts"] == {"done": 1}
    leave(cloud, "h1", return_instances=True)
    assert {name for name in here if name.startswith(("vm-", "r-"))} <= cloud.machines("h1")


def test_an_instance_with_a_gpu_is_not_moved(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    vm = cloud.sim.db.vms.first(name=name)
    card = cloud.client.run(
        "createGpuCard", {"deviceid": "1", "devicename": "g1", "vendorid": "1", "vendorname": "v", "name": "card"}
    )["gpucard"]["id"]
    cloud.client.run("createVgpuProfile", {"gpucardid": card, "name": "half"})
    profile = cloud.sim.db.vgpu_profiles.first(name="half")
    cloud.sim.db.service_offerings.get(vm.service_offering_id).vgpu_profile_id = profile.id
    with pytest.raises(InvalidInput, match=f"{name}: it has a GPU"):
        enter(cloud, "h1")
    assert cloud.changes == 0


def test_an_instance_with_local_disks_is_not_moved(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    host, vm = cloud.sim.db.hosts.first(name="h1"), cloud.sim.db.vms.first(name=name)
    local = add_local_pool(cloud.sim, host)
    for volume in cloud.sim.db.volumes.where(vm_id=vm.id):
        volume.pool_id = local.id
    with pytest.raises(InvalidInput, match=f"{name}: its disks would have to move too"):
        enter(cloud, "h1")
    assert cloud.changes == 0


def test_anti_affinity_is_kept(cloud):
    """Three instances that must not share a host fill the cluster: none can give way."""
    names = sorted(n for n in cloud.running_now() if n.startswith("vm-"))[:3]
    vms = [cloud.sim.db.vms.first(name=name) for name in names]
    owner = cloud.sim.db.accounts[vms[0].account_id]
    apart = {"name": "apart", "type": "host anti-affinity", "account_id": owner.id, "domain_id": owner.domain_id}
    group = cloud.sim.db.affinity_groups.add(AffinityGroup(**apart))
    for vm, host in zip(vms, ("h1", "h2", "h3"), strict=True):
        vm.affinity_group_ids = [group.id]
        settle(cloud.sim, vm, cloud.sim.db.hosts.first(name=host))
    with pytest.raises(InvalidInput, match=f"{names[0]}: no other host takes it"):
        enter(cloud, "h1")
    assert cloud.changes == 0


def test_what_the_server_does_not_migrate_is_named(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    rule = {"do": "error", "command": "findHostsForMigration", "object": name, "code": 431, "text": "unsupported"}
    with cloud.fault(**rule), pytest.raises(InvalidInput, match=f"{name}: the server says: unsupported"):
        enter(cloud, "h1")
    assert cloud.changes == 0


@pytest.mark.parametrize(
    ("host", "field", "value", "said"),
    [
        ("h2", "resource_state", "PrepareForMaintenance", "h2 of the same cluster is PrepareForMaintenance"),
        ("h2", "resource_state", "ErrorInPrepareForMaintenance", "the server takes one"),
        ("h2", "state", "Down", "restarts of its instances may be pending"),
        ("h1", "state", "Alert", "its agent is Alert"),
        ("h1", "resource_state", "Degraded", "declared degraded"),
    ],
)
def test_a_maintenance_that_would_go_wrong_is_refused(cloud, host, field, value, said):
    row = cloud.sim.db.hosts.first(name=host)
    setattr(row, field, value)
    cloud.sim.settings.set("ping.interval", 100000)
    with pytest.raises(InvalidInput, match=said):
        enter(cloud, "h1")
    assert cloud.changes == 0


def test_a_host_that_is_down_is_kept_out_of_service_once_all_it_had_runs_elsewhere(cloud):
    """Not before its zone allows it, nor while the server has restarts to do."""
    host, zone = cloud.sim.db.hosts.first(name="h1"), cloud.host("h1")["zoneid"]
    with cloud.fault(do="agents-down", where="h1"):
        with pytest.raises(InvalidInput, match=r"set\.host\.down\.to\.maintenance of its zone is false"):
            enter(cloud, "h1")
        allow = {"name": "set.host.down.to.maintenance", "zoneid": zone, "value": "true"}
        cloud.client.run("updateConfiguration", allow)
        with pytest.raises(InvalidInput, match=r"still count as on it: restarts may be pending"):
            enter(cloud, "h1")
        assert cloud.changes == 0
        lose_host(cloud.sim, host)
        while cloud.machines("h1"):
            cloud.client.clock.sleep(1)
        late = cloud.sim.db.vms.first(name=min(n for n in cloud.machines("h2") if n.startswith("vm-")))
        late.state = "Starting"
        with pytest.raises(InvalidInput, match=f"may be pending: {late.name} is Starting"):
            enter(cloud, "h1")
        late.state = "Running"
        assert enter(cloud, "h1", check=True)["changed"]
        assert (enter(cloud, "h1")["counts"], cloud.changes) == ({"done": 1}, 1)
        assert (enter(cloud, "h1")["counts"], cloud.changes) == ({"already": 1}, 0)
    assert cloud.state("h1") == ("Up", "Maintenance")
    assert leave(cloud, "h1")["counts"] == {"done": 1}


def test_a_broken_instance_is_named(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    cloud.sim.db.vms.first(name=name).state = "Unknown"
    with pytest.raises(InvalidInput, match=f"{name} is Unknown"):
        enter(cloud, "h1")
    assert cloud.changes == 0


def test_an_instance_that_starts_or_moves_is_waited_for(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    with cloud.fault(do="hang-job", command="rebootVirtualMachine"):
        vm = cloud.sim.db.vms.first(name=name)
        vm.state = "Starting"
        cloud.sim.scheduler.after(20, setattr, vm, "state", "Running")
        assert enter(cloud, "h1")["counts"] == {"done": 1}
    assert name in cloud.running_now()


def test_an_instance_that_does_not_move_keeps_its_host_out_of_maintenance(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    with cloud.fault(do="stuck-instances", where=name):
        failed = enter(cloud, "h1", retries=0)
        assert failed["failed"] and name in failed["msg"] and "Failed to migrate" in failed["msg"]
        assert cloud.state("h1") == ("Up", "Disabled")
        assert cloud.machines("h1") == {name}
    assert enter(cloud, "h1")["counts"] == {"done": 1}


def test_an_error_of_the_server_names_what_is_left(cloud):
    """The server prepares the host already, and a machine does not move."""
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    with cloud.fault(do="stuck-instances", where=name):
        cloud.client.run("prepareHostForMaintenance", {"id": cloud.host("h1")["id"]})
        failed = enter(cloud, "h1", retries=0)
    assert failed["failed"] and name in failed["msg"] and "ErrorIn" in failed["msg"]
    assert enter(cloud, "h1")["counts"] == {"done": 1}


def test_an_instance_that_was_stopped_meanwhile_is_told(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    with cloud.fault(do="stopped-instances", where=name, command="prepareHostForMaintenance"):
        done = enter(cloud, "h1")
        assert [entry["name"] for entry in done["not_running"]] == [name]
        assert f"these ran before and do not run now: {name} (Stopped)" in done["warnings"][0]


def test_availability_that_is_off_is_no_obstacle_to_an_empty_host(cloud):
    cloud.client.run("updateConfiguration", {"name": "vm.ha.enabled", "value": "false"})
    assert enter(cloud, "h1")["counts"] == {"done": 1}


@pytest.mark.parametrize(
    ("do", "told"), [("claim-success", "it is Enabled and not in maintenance"), ("fail-job", "the job failed")]
)
def test_a_host_that_does_not_come_into_maintenance_stays_closed(cloud, do, told):
    """A job that reports success and did nothing is found, and nothing new starts on what was just emptied."""
    with cloud.fault(do=do, command="prepareHostForMaintenance"):
        failed = enter(cloud, "h1", retries=0)
        assert failed["failed"] and told in failed["msg"]
    assert cloud.state("h1") == ("Up", "Disabled")
    assert enter(cloud, "h1")["counts"] == {"done": 1}


def test_an_agent_that_stays_away_fails_the_return(cloud):
    enter(cloud, "h1")
    with cloud.fault(do="agents-down", where="h1"):
        failed = leave(cloud, "h1", agent_timeout=30, step_timeout=60, retries=0)
        assert failed["failed"] and "its agent, which is Down" in failed["msg"]
    assert leave(cloud, "h1")["counts"] == {"done": 1}
    assert (leave(cloud, "h1")["counts"], cloud.changes) == ({"already": 1}, 0)


def test_an_agent_that_goes_while_maintenance_ends_fails_the_return(cloud):
    enter(cloud, "h1")
    with cloud.fault(do="agents-down", where="h1", command="cancelHostMaintenance"):
        failed = leave(cloud, "h1", step_timeout=60, retries=0)
        assert failed["failed"] and "its agent, which is Down" in failed["msg"]


def test_hosts_of_one_cluster_follow_one_another(cloud):
    cloud.sim.db.hosts.first(name="h3").memory *= 4
    assert enter(cloud, "h1", "h2", parallel=2, parallel_migrations=3)["counts"] == {"done": 2}
    assert {cloud.state(name)[1] for name in ("h1", "h2")} == {"Maintenance"}
    with pytest.raises(InvalidInput, match="one host of a cluster"):
        enter(cloud, "h3", per_cluster=2)


def test_the_next_host_waits_for_what_left_the_last_one(cloud, monkeypatch):
    """An old work item of the server has one of the instances of h1 under way when h1 is done."""
    cloud.sim.db.hosts.first(name="h3").memory *= 4
    vm = cloud.sim.db.vms.first(name=min(n for n in cloud.machines("h1") if n.startswith("vm-")))
    send, seen = cloud.client.run, []

    def watching(command, params=None, **more):
        seen.append((command, vm.state))
        answer = send(command, params, **more)
        if command == "prepareHostForMaintenance" and vm.state == "Running":
            vm.state = "Starting"
            cloud.sim.scheduler.after(20, setattr, vm, "state", "Running")
        return answer

    monkeypatch.setattr(cloud.client, "run", watching)
    enter(cloud, "h1", "h2")
    assert [state for command, state in seen if command == "updateHost"] == ["Running"] * 4


def test_a_run_that_is_cut_off_at_any_call_is_resumed():
    """The run is cut at each changing call, by an answer that gets lost; the second run reaches the goal."""
    probe = HostsCloud(hosts=3, vms=3, routers=1)
    enter(probe, "h1")
    calls = probe.changes
    for number in range(1, calls + 1):
        cloud = HostsCloud(hosts=3, vms=3, routers=1)
        before = cloud.machines("h1")
        whole = {"do": "lose-answer", "command": ["updateHost", "migrate*", "prepareHost*"], "nth": number}
        with cloud.fault(**whole):
            enter(cloud, "h1", retries=0)
        assert not enter(cloud, "h1").get("failed")
        assert (cloud.state("h1"), cloud.machines("h1")) == (("Up", "Maintenance"), set())
        assert cloud.sim.counters.changing["migrateVirtualMachine"] <= 1
        back = leave(cloud, "h1", return_instances=True)
        assert (back["not_back"], cloud.machines("h1")) == ([], before)


def test_a_return_that_is_cut_off_at_any_call_is_resumed():
    """The same on the way back: what came back already stays, and the rest follows."""
    calls = number = 0
    while number <= calls:  # number 0 is the undisturbed run
        cloud = HostsCloud(hosts=3, vms=3, routers=1)
        before = cloud.machines("h1")
        enter(cloud, "h1")
        lost = {"do": "lose-answer", "command": ["updateHost", "migrate*", "cancelHost*"], "nth": number}
        with cloud.fault(**lost) if number else contextlib.nullcontext():
            leave(cloud, "h1", return_instances=True, retries=0)
        calls = max(calls, cloud.changes)
        back = leave(cloud, "h1", return_instances=True)
        assert (back.get("failed"), back.get("not_back", [])) == (None, [])
        assert (cloud.state("h1"), cloud.machines("h1")) == (("Up", "Enabled"), before)
        assert leave(cloud, "h1", return_instances=True)["counts"] == {"already": 1}
        assert cloud.changes == 0
        number += 1
    assert calls > 1


def test_the_brake_stops_between_two_machines(cloud, tmp_path, monkeypatch):
    brake, begin, before = tmp_path / "stop", cloud.client.start, cloud.machines("h1")

    def braking(*arguments, **more):
        job = begin(*arguments, **more)
        if arguments[0].startswith("migrate"):
            brake.touch()
        return job

    monkeypatch.setattr(cloud.client, "start", braking)
    stopped = enter(cloud, "h1", stop_file=str(brake))
    assert stopped["failed"] and "the stop file" in stopped["msg"]
    assert (len(cloud.machines("h1")), cloud.state("h1")) == (len(before) - 1, ("Up", "Disabled"))
    brake.unlink()
    monkeypatch.undo()
    assert enter(cloud, "h1")["counts"] == {"done": 1}
