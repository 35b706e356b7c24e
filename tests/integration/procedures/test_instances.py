"""Instances moved, changed and restored: proved by what they are afterwards, never lost, never disrupted twice."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Ambiguous, InvalidInput, NotFound
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import StorageCloud
from ansible_collections.cloudstack.ops.tests.support.virtual import FAULTS, Fault, Killed
from cloudstack_simulator.commands.storage_pools.local import add_local_pool

MOVE, SIZE, RESTORE = "instance_migration", "instance_offering_change", "instance_restore"
SMALL, MEDIUM = "Small Instance", "Medium Instance"


@pytest.fixture
def cloud() -> StorageCloud:
    return with_instance()


def with_instance() -> StorageCloud:
    found = StorageCloud()
    found.deploy("web")
    return found


def other_host(cloud: StorageCloud) -> str:
    here = cloud.vm("web")["hostname"]
    return next(row["name"] for row in cloud.rows("listHosts", type="Routing") if row["name"] != here)


def twice(cloud: StorageCloud, module: str, **options: Any) -> dict[str, Any]:
    """Plans, does and repeats; the plan changes nothing and is what is done, and the second run sends nothing."""
    planned = cloud.run(module, check=True, **options)
    assert (planned["changed"], cloud.changes) == (True, 0)
    done = cloud.run(module, **options)
    assert (done["plan"], done["counts"]) == (planned["plan"], {"done": len(planned["plan"])})
    assert (cloud.run(module, **options)["changed"], cloud.changes) == (False, 0)
    return done


FIXED = ("lost", "killed_after")
in_every_way = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[] if kind in FIXED else [pytest.mark.exhaustive]) for kind in FAULTS]
)


def survives(
    kind: str, run: Callable[[StorageCloud, Fault | None], dict[str, Any]], proved: Callable[[StorageCloud], None]
) -> None:
    """Cuts a run at each of its changing calls, runs it again, and once more."""
    for at in range(20):
        cloud = with_instance()
        fault = Fault(kind, at, is_changing)
        with contextlib.suppress(Killed):
            run(cloud, fault)
        if not fault.hit:
            assert at > 0
            return
        cloud.sim.settle()
        told = run(cloud, None)
        assert not told.get("failed"), (at, told["msg"])
        assert (run(cloud, None)["changed"], cloud.changes) == (False, 0), at
        proved(cloud)


# Moves


def test_an_instance_is_moved_to_a_host_and_stays_there(cloud):
    goal = other_host(cloud)
    twice(cloud, MOVE, names=["web"], to_host=goal)
    assert (cloud.vm("web")["hostname"], cloud.vm("web")["state"]) == (goal, "Running")


def test_all_instances_leave_a_host_and_stopped_ones_are_left_alone(cloud):
    source = cloud.vm("web")["hostname"]
    cloud.deploy("idle", startvm=False)
    done = twice(cloud, MOVE, from_host=source)
    assert [entry["target"] for entry in done["plan"]] == ["web"]
    assert cloud.vm("web")["hostname"] != source
    told = cloud.run(MOVE, names=["idle"], to_host=source)
    assert (told["counts"], cloud.changes) == ({"left": 1}, 0)


def test_a_host_is_looked_for_in_the_zone_that_is_told(cloud):
    """Two zones may have hosts of one name."""
    cloud.do("createZone", name="south", networktype="Advanced", dns1="192.0.2.53", internaldns1="10.1.0.53")
    with pytest.raises(NotFound, match="does not exist in zone south"):
        cloud.run(MOVE, names=["web"], to_host=other_host(cloud), zone="south")


def test_a_move_that_only_claims_success_is_a_failure(cloud):
    source, goal = cloud.vm("web")["hostname"], other_host(cloud)
    cloud.fails("claim-success", command="migrateVirtualMachine")
    told = cloud.run(MOVE, names=["web"], to_host=goal, retries=0)
    assert told["failed"]
    assert f"it to leave {source}" in told["msg"]
    assert cloud.vm("web")["state"] == "Running"


def test_an_instance_that_no_host_takes_is_not_touched_and_says_why(cloud):
    cloud.fails("no-capacity", where="*")
    told = cloud.run(MOVE, names=["web"], to_host=other_host(cloud))
    assert (told["counts"], cloud.changes) == ({"skipped": 1}, 0)
    assert "cannot take it" in told["report"]["targets"][0]["reason"]


def test_an_instance_that_gets_stuck_runs_on_where_it_was(cloud):
    source = cloud.vm("web")["hostname"]
    cloud.fails("stuck-instances", where="web")
    told = cloud.run(MOVE, names=["web"], to_host=other_host(cloud), retries=0)
    assert told["failed"]
    assert (cloud.vm("web")["hostname"], cloud.vm("web")["state"]) == (source, "Running")


def test_disks_that_the_new_host_does_not_reach_move_only_if_asked(cloud):
    vm = cloud.sim.db.vms.first(name="web")
    local = add_local_pool(cloud.sim, cloud.sim.db.hosts[vm.host_id])
    for volume in cloud.sim.db.volumes.where(vm_id=vm.id):
        volume.pool_id = local.id
    goal = other_host(cloud)
    told = cloud.run(MOVE, names=["web"], to_host=goal)
    assert (told["counts"], cloud.changes) == ({"skipped": 1}, 0)
    assert "with_volumes" in told["report"]["targets"][0]["reason"]
    cloud.run("vm_snapshot", name="kept", vm="web")
    told = cloud.run(MOVE, names=["web"], to_host=goal, with_volumes=True)
    assert (told["counts"], cloud.changes) == ({"skipped": 1}, 0)
    assert "remove them first" in told["report"]["targets"][0]["reason"]
    cloud.run("vm_snapshot", name="kept", vm="web", state="absent")
    twice(cloud, MOVE, names=["web"], to_host=goal, with_volumes=True)
    assert cloud.vm("web")["hostname"] == goal
    assert cloud.disks(cloud.vm("web"))[0]["storage"] != local.name


def test_a_guest_that_answered_before_has_to_answer_afterwards(cloud):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        probe = {"probe_port": 22, "probe_addresses": {"web": f"127.0.0.1:{listening.getsockname()[1]}"}}
        assert cloud.run(MOVE, names=["web"], to_host=other_host(cloud), **probe)["counts"] == {"done": 1}
        answer = cloud.sim.reply

        def reply(fields, method):
            if fields["command"] == "migrateVirtualMachine":
                listening.close()
            return answer(fields, method)

        cloud.sim.reply = reply
        told = cloud.run(MOVE, names=["web"], to_host=other_host(cloud), retries=0, step_timeout=60, **probe)
    assert told["failed"]
    assert "an answer at port 22" in told["msg"]


@pytest.mark.parametrize(
    ("module", "options", "option"),
    [
        (MOVE, {"names": ["web"]}, "to_host"),
        (MOVE, {"to_host": "h1"}, "names"),
        (MOVE, {"names": ["web"], "to_host": "h1", "from_host": "h1"}, "to_host"),
        (MOVE, {"names": ["wbe"], "to_host": "h1"}, "names"),
        (SIZE, {"compute_offering": MEDIUM}, "names"),
        (SIZE, {"names": ["web"], "compute_offering": MEDIUM, "memory": 512}, "memory"),
        (RESTORE, {"names": ["web"], "confirm": "web"}, "template"),
        (RESTORE, {"names": ["web"], "force": True}, "confirm"),
        (RESTORE, {"names": ["web"], "force": True, "confirm": "wbe"}, "confirm"),
    ],
    ids=str,
)
def test_refused_before_anything_is_sent(cloud, module, options, option):
    with pytest.raises(InvalidInput) as caught:
        cloud.run(module, **options)
    assert (caught.value.option, cloud.changes) == (option, 0)
    assert caught.value.remedy


def test_one_name_of_two_instances_is_an_error_with_both_ids(cloud):
    network = cloud.run("network", name="second", zone="north",
                        network_offering="DefaultIsolatedNetworkOfferingWithSourceNatService")  # fmt: skip
    cloud.network = network["resource"]["id"]
    ids = {cloud.vm("web")["id"], cloud.deploy("web")["id"]}
    with pytest.raises(Ambiguous) as caught:
        cloud.run(MOVE, names=["web"], to_host="h1")
    assert all(one in str(caught.value) for one in ids)


@in_every_way
def test_a_move_that_is_cut_off_anywhere_ends_at_its_goal(kind):
    goals: dict[int, str] = {}

    def run(cloud, fault):
        goals.setdefault(id(cloud), other_host(cloud))
        return cloud.run(MOVE, fault=fault, names=["web"], to_host=goals[id(cloud)])

    survives(kind, run, lambda cloud: None)


# Sizes


def test_a_stopped_instance_changes_and_stays_stopped(cloud):
    cloud.do("stopVirtualMachine", id=cloud.vm("web")["id"])
    twice(cloud, SIZE, names=["web"], compute_offering=MEDIUM)
    assert (cloud.vm("web")["serviceofferingname"], cloud.vm("web")["state"]) == (MEDIUM, "Stopped")


def test_a_running_instance_that_cannot_change_live_is_left_alone_and_says_why(cloud):
    told = cloud.run(SIZE, names=["web"], compute_offering=MEDIUM)
    assert (told["counts"], cloud.changes) == ({"skipped": 1}, 0)
    assert "enable.dynamic.scale.vm" in told["report"]["targets"][0]["reason"]


@pytest.fixture
def scalable(cloud) -> StorageCloud:
    cloud.do("updateConfiguration", name="enable.dynamic.scale.vm", value="true", zoneid=cloud.zone)
    sizes = {"cpu_number": 1, "cpu_speed": 500, "dynamic_scaling_enabled": True}
    for name, memory in (("grown", 1024), ("shrunk", 256)):
        cloud.run("compute_offering", name=name, memory=memory, **sizes)
    cloud.run("template", name="golden", is_dynamically_scalable=True)
    row = next(vm for vm in cloud.sim.db.vms if vm.name == "web")
    row.dynamically_scalable = True
    return cloud


def test_a_running_instance_grows_live_and_never_shrinks(scalable):
    done = twice(scalable, SIZE, names=["web"], compute_offering="grown")
    assert done["plan"][0]["interrupts"] == []
    assert (scalable.vm("web")["memory"], scalable.vm("web")["state"]) == (1024, "Running")
    told = scalable.run(SIZE, names=["web"], compute_offering="shrunk")
    assert (told["counts"], scalable.changes) == ({"skipped": 1}, 0)
    assert "memory would shrink" in told["report"]["targets"][0]["reason"]


def test_by_restart_it_runs_again_and_nothing_stays_marked(cloud):
    done = twice(cloud, SIZE, names=["web"], compute_offering=MEDIUM, method="restart")
    assert done["plan"][0]["interrupts"] == ["instance web"]
    assert (cloud.vm("web")["serviceofferingname"], cloud.vm("web")["state"]) == (MEDIUM, "Running")
    assert cloud.rows("listAnnotations", annotationfilter="all") == []


def test_an_instance_whose_change_is_refused_runs_again(cloud):
    cloud.fails("fail-job", command="scaleVirtualMachine", text="no room")
    told = cloud.run(SIZE, names=["web"], compute_offering=MEDIUM, method="restart", retries=0)
    assert told["failed"]
    assert (cloud.vm("web")["serviceofferingname"], cloud.vm("web")["state"]) == (SMALL, "Running")


def test_an_instance_that_does_not_stop_is_left_without_a_remark(cloud):
    cloud.fails("fail-job", command="stopVirtualMachine", text="no")
    assert cloud.run(SIZE, names=["web"], compute_offering=MEDIUM, method="restart", retries=0)["failed"]
    assert (cloud.vm("web")["state"], cloud.rows("listAnnotations", annotationfilter="all")) == ("Running", [])


def test_kept_memory_is_not_lost_by_accident(cloud):
    cloud.run("vm_snapshot", name="kept", vm="web", memory=True)
    told = cloud.run(SIZE, names=["web"], compute_offering=MEDIUM, method="restart")
    assert (told["counts"], cloud.changes) == ({"skipped": 1}, 0)
    assert "snapshots that hold its memory" in told["report"]["targets"][0]["reason"]


def test_a_volatile_offering_is_not_given_by_accident(cloud):
    cloud.run("compute_offering", name="fleeting", cpu_number=1, cpu_speed=500, memory=512, is_volatile=True)
    told = cloud.run(SIZE, names=["web"], compute_offering="fleeting", method="restart")
    assert (told["counts"], cloud.changes) == ({"skipped": 1}, 0)
    assert "root disk would be made anew" in told["report"]["targets"][0]["reason"]


@pytest.mark.parametrize(
    ("kind", "asked"),
    [*((kind, {"names": ["web"]}) for kind in FIXED), ("killed_after", {"from_offering": SMALL}),
     *(pytest.param(kind, {"names": ["web"]}, marks=[pytest.mark.exhaustive]) for kind in FAULTS if kind not in FIXED)],
)  # fmt: skip
def test_a_change_that_is_cut_off_anywhere_ends_with_a_running_instance(kind, asked):
    """By its old offering it is found no more, once it has the new one."""

    def proved(cloud):
        assert (cloud.vm("web")["serviceofferingname"], cloud.vm("web")["state"]) == (MEDIUM, "Running")
        assert cloud.rows("listAnnotations", annotationfilter="all") == []

    survives(
        kind,
        lambda cloud, fault: cloud.run(
            SIZE, fault=fault, compute_offering=MEDIUM, method="restart", retries=2, **asked
        ),
        proved,
    )


# Restores

ANEW = {"names": ["web"], "template": "golden-v2", "confirm": "web"}


def with_successor(cloud: StorageCloud) -> StorageCloud:
    system = cloud.one("listTemplates", templatefilter="all", name="golden")["ostypeid"]
    cloud.do("registerTemplate", name="golden-v2", displaytext="x", zoneid=cloud.zone, format="QCOW2",
             hypervisor="KVM", ostypeid=system, url="http://images.example.com/golden-v2.qcow2")  # fmt: skip
    cloud.sim.advance(200)
    return cloud


def test_an_instance_gets_a_new_root_disk_after_a_snapshot_of_the_old_one(cloud):
    with_successor(cloud)
    before = cloud.disks(cloud.vm("web"))[0]["id"]
    twice(cloud, RESTORE, **ANEW)
    assert (cloud.vm("web")["templatename"], cloud.vm("web")["state"]) == ("golden-v2", "Running")
    assert cloud.disks(cloud.vm("web"))[0]["id"] != before
    assert [row["state"] for row in cloud.rows("listSnapshots", listall=True)] == ["BackedUp"]


def test_nothing_is_restored_when_the_snapshot_fails(cloud):
    with_successor(cloud)
    cloud.fails("fail-job", command="createSnapshot", text="secondary storage is full")
    told = cloud.run(RESTORE, retries=0, **ANEW)
    assert told["failed"]
    assert cloud.vm("web")["templatename"] == "golden"


@pytest.mark.parametrize("trouble", ["a snapshot of the instance", "a template that is not ready"])
def test_what_cannot_be_restored_is_left_alone_and_says_why(cloud, trouble):
    with_successor(cloud)
    if trouble == "a snapshot of the instance":
        cloud.run("vm_snapshot", name="kept", vm="web")
    else:
        next(row for row in cloud.sim.db.template_copies if row.state == "DOWNLOADED" and
             cloud.sim.db.templates[row.template_id].name == "golden-v2").state = "DOWNLOAD_ERROR"  # fmt: skip
    told = cloud.run(RESTORE, **ANEW)
    assert (told["counts"], cloud.changes) == ({"skipped": 1}, 0)


def test_a_refused_restore_leaves_no_remark_at_what_runs_on(cloud):
    with_successor(cloud)
    cloud.fails("fail-job", command="restoreVirtualMachine", text="no")
    assert cloud.run(RESTORE, retries=0, **ANEW)["failed"]
    assert (cloud.vm("web")["state"], cloud.rows("listAnnotations", annotationfilter="all")) == ("Running", [])


def test_a_restore_that_claims_success_is_a_failure(cloud):
    with_successor(cloud)
    cloud.fails("claim-success", command="restoreVirtualMachine")
    told = cloud.run(RESTORE, retries=0, step_timeout=60, **ANEW)
    assert told["failed"]
    assert "its new template" in told["msg"]


@in_every_way
def test_a_restore_that_is_cut_off_anywhere_ends_with_a_running_instance(kind):
    def run(cloud, fault):
        if not cloud.rows("listTemplates", templatefilter="all", name="golden-v2"):
            with_successor(cloud)
        return cloud.run(RESTORE, fault=fault, retries=2, **ANEW)

    def proved(cloud):
        assert (cloud.vm("web")["templatename"], cloud.vm("web")["state"]) == ("golden-v2", "Running")
        assert cloud.rows("listAnnotations", annotationfilter="all") == []

    survives(kind, run, proved)
