"""The life of instances: states and what they allow, failing hosts, places, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Place


@pytest.fixture
def vm(place: Place) -> dict[str, Any]:
    return place.deploy("web")


REFUSALS = (
    ((), "startVirtualMachine", 431, "is already running"),
    ((), "expungeVirtualMachine", 530, "Please destroy vm"),
    ((), "recoverVirtualMachine", 431, "is not in the right state"),
    (("stopVirtualMachine",), "rebootVirtualMachine", 431, "is not running, unable to reboot it"),
    (("destroyVirtualMachine",), "startVirtualMachine", 530, "Unable to orchestrate the start"),
    (("destroyVirtualMachine",), "stopVirtualMachine", 530, "Unable to stop"),
)


@pytest.mark.parametrize(("before", "command", "code", "text"), REFUSALS)
def test_a_state_refuses_what_does_not_suit_it(
    place: Place, vm: dict[str, Any], before: tuple[str, ...], command: str, code: int, text: str
) -> None:
    for step in before:
        place.op.do(step, id=vm["id"])
    was = place.look(vm)["state"]
    refused, said = place.op.refused(command, id=vm["id"])
    assert (refused, text in said) == (code, True), said
    assert place.look(vm)["state"] == was


def test_stopping_what_is_stopped_changes_nothing(place: Place, vm: dict[str, Any]) -> None:
    place.op.do("stopVirtualMachine", id=vm["id"])
    assert place.op.do("stopVirtualMachine", id=vm["id"])["virtualmachine"]["state"] == "Stopped"


def test_states_are_seen_while_jobs_run(place: Place, vm: dict[str, Any]) -> None:
    place.mock("StopCommand", "wait:5000")
    place.cloud.sim.call("stopVirtualMachine", id=vm["id"])
    place.cloud.sim.advance(1)
    row = place.look(vm)
    assert (row["state"], row["jobstatus"]) == ("Stopping", 0)
    place.cloud.sim.settle()
    assert place.look(vm)["state"] == "Stopped"


def test_a_destroyed_instance_can_be_recovered_until_it_is_expunged(place: Place, vm: dict[str, Any]) -> None:
    place.op.do("updateConfiguration", name="expunge.delay", value="600")
    place.op.do("destroyVirtualMachine", id=vm["id"])
    assert place.count("user_vm") == 0
    place.op.do("recoverVirtualMachine", id=vm["id"])
    assert (place.look(vm)["state"], place.count("user_vm")) == ("Stopped", 1)
    place.op.do("destroyVirtualMachine", id=vm["id"])
    place.cloud.sim.advance(2 * 86400)
    assert not place.op.rows("listVirtualMachines", id=vm["id"])
    assert (place.used_by_instances(), place.count("volume")) == (0, 0)


def test_a_protected_instance_stays(place: Place, vm: dict[str, Any]) -> None:
    place.op.do("updateVirtualMachine", id=vm["id"], deleteprotection="true")
    code, text = place.op.refused("destroyVirtualMachine", id=vm["id"], expunge="true")
    assert (code, "delete protection" in text) == (431, True)
    assert place.look(vm)["state"] == "Running"


def test_an_instance_comes_up_elsewhere_when_a_host_fails_it(place: Place) -> None:
    bad = place.cloud.sim.db.hosts.find(place.cloud.hosts[0])
    place.mock("StartCommand", "result:fail", hostid=bad.uuid)
    for number in range(3):
        assert place.deploy(f"web{number}")["hostid"] == place.cloud.hosts[1]


def test_a_new_instance_that_no_host_gets_up_stays_in_error_and_holds_nothing(place: Place) -> None:
    place.deploy("first")
    before = (place.used(), place.count("user_vm"), place.count("cpu"))
    place.mock("StartCommand", "result:fail", count=2)
    code, text = place.op.refused("deployVirtualMachine", **place.order("second"))
    assert (code, "Unable to create a deployment" in text) == (530, True)
    assert place.op.only("listVirtualMachines", name="second")["state"] == "Error"
    assert (place.used(), place.count("user_vm"), place.count("cpu")) == before
    place.deploy("third")


def test_a_stopped_instance_that_no_host_gets_up_is_stopped_again(place: Place, vm: dict[str, Any]) -> None:
    place.op.do("stopVirtualMachine", id=vm["id"])
    place.mock("StartCommand", "result:fail", count=2)
    assert place.op.refused("startVirtualMachine", id=vm["id"])[0] == 530
    assert place.look(vm)["state"] == "Stopped"
    place.op.do("startVirtualMachine", id=vm["id"])


def test_a_host_that_does_not_stop_an_instance_keeps_it_unless_forced(place: Place, vm: dict[str, Any]) -> None:
    place.mock("StopCommand", "result:fail")
    assert place.op.refused("stopVirtualMachine", id=vm["id"])[0] == 530
    assert place.look(vm)["state"] == "Running"
    place.op.do("stopVirtualMachine", id=vm["id"], forced="true")
    assert place.look(vm)["state"] == "Stopped"


def test_a_stopped_instance_keeps_its_place_for_a_while(place: Place, vm: dict[str, Any]) -> None:
    taken = place.used()
    place.op.do("stopVirtualMachine", id=vm["id"])
    assert place.used() == taken
    place.cloud.sim.advance(3500)
    assert place.used_by_instances() == 500
    place.cloud.sim.advance(200)
    assert place.used_by_instances() == 0


def test_hosts_take_no_more_than_they_can(place: Place) -> None:
    """Two hosts of 256 GiB, on which system VMs take a little: three instances of 80 GiB each, and no seventh."""
    huge = place.op.do(
        "createServiceOffering", name="huge", displaytext="huge", cpunumber=1, cpuspeed=100, memory=80 * 1024
    )["serviceoffering"]["id"]  # fmt: skip
    for number in range(6):
        place.deploy(f"h{number}", serviceofferingid=huge)
    assert place.op.refused("deployVirtualMachine", **place.order("h6", serviceofferingid=huge))[0] == 530
    assert place.deploy("small")["state"] == "Running"


def test_instances_kept_apart_need_a_host_each(place: Place) -> None:
    group = place.op.do("createAffinityGroup", name="apart", type="host anti-affinity")["affinitygroup"]["id"]
    hosts = {place.deploy(name, affinitygroupids=group)["hostid"] for name in ("a", "b")}
    assert hosts == set(place.cloud.hosts)
    assert place.op.refused("deployVirtualMachine", **place.order("c", affinitygroupids=group))[0] == 530
    assert place.deploy("d")["state"] == "Running"


def test_a_named_host_must_be_able(place: Place, vm: dict[str, Any]) -> None:
    here, there = vm["hostid"], next(h for h in place.cloud.hosts if h != vm["hostid"])
    place.op.do("stopVirtualMachine", id=vm["id"])
    assert place.op.do("startVirtualMachine", id=vm["id"], hostid=there)["virtualmachine"]["hostid"] == there
    place.op.do("stopVirtualMachine", id=vm["id"])
    place.op.do("updateHost", id=here, allocationstate="Disable")
    code, text = place.op.refused("startVirtualMachine", id=vm["id"], hostid=here)
    assert (code, "is not in the right state" in text) == (431, True)


def test_host_names_are_unique_in_a_network(place: Place, vm: dict[str, Any]) -> None:
    code, text = place.op.refused("deployVirtualMachine", **place.order("WEB"))
    assert (code, "already exists in the network domain" in text) == (431, True)
    assert len(place.op.rows("listVirtualMachines")) == 1


def test_sizes_follow_an_offering_up_while_running_only(place: Place, vm: dict[str, Any]) -> None:
    medium = place.op.only("listServiceOfferings", name="Medium Instance")["id"]
    assert place.op.refused("scaleVirtualMachine", id=vm["id"], serviceofferingid=medium)[0] == 530
    place.op.do("stopVirtualMachine", id=vm["id"])
    place.op.do("scaleVirtualMachine", id=vm["id"], serviceofferingid=medium)
    assert (place.look(vm)["cpuspeed"], place.look(vm)["memory"], place.count("memory")) == (1000, 1024, 1024)
    assert place.used_by_instances() == 1000


def test_a_mock_serves_its_count_of_times(place: Place) -> None:
    place.mock("StopCommand", "wait:1000", count=1)
    mock = place.op.do("querySimulatorMock", id=1)
    assert mock["null"]["count"] == 1
    for name in ("a", "b"):
        place.op.do("stopVirtualMachine", id=place.deploy(name)["id"])
    assert place.op.do("querySimulatorMock", id=1)["null"]["count"] == 0
    place.op.do("cleanupSimulatorMock", id=1)
    assert place.op.refused("querySimulatorMock", id=1)[0] == 530


def test_a_forced_reboot_stays_on_its_host(place: Any) -> None:
    vm = place.deploy("web")
    op, host = place.op, place.cloud.sim.db.hosts.find(vm["hostid"])
    assert op.do("rebootVirtualMachine", id=vm["id"], forced="true")["virtualmachine"]["hostid"] == vm["hostid"]
    host.resource_state = "Disabled"
    assert op.refused("rebootVirtualMachine", id=vm["id"], forced="true") == (
        530,
        f"Unable to force reboot the VM as the host: {host.id} is not in the right state",
    )


def test_a_volatile_instance_gets_a_new_root_disk_with_each_reboot(place: Any) -> None:
    made = place.op.do(
        "createServiceOffering", name="v", displaytext="v", cpunumber="1", cpuspeed="500", memory="256",
        isvolatile="true",
    )["serviceoffering"]["id"]  # fmt: skip
    vm = place.deploy("web", serviceofferingid=made)
    before = place.op.only("listVolumes", virtualmachineid=vm["id"])["id"]
    assert place.op.do("rebootVirtualMachine", id=vm["id"])["virtualmachine"]["state"] == "Running"
    assert place.op.only("listVolumes", virtualmachineid=vm["id"])["id"] != before
