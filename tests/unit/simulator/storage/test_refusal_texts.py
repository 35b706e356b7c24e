"""What is refused of volumes and their snapshots, in the server's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Cloud

KVM_STAYS = (
    "KVM does not support volume live migration due to the limited possibility to refresh VM XML domain. Therefore, to "
    "live migrate a volume between storage pools, one must migrate the VM to a different host as well to force the VM "
    "XML domain update. Use 'migrateVirtualMachineWithVolumes' instead."
)


@pytest.fixture
def ids(running: Cloud) -> dict[str, str]:
    """An instance with a data disk, a second pool, and offerings of other kinds."""
    op, found = running.op, {}
    found["vm"] = running.deploy("one")["id"]
    make = {"displaytext": "d", "disksize": "2"}
    for name, more in (("plain", {}), ("local", {"storagetype": "local"}), ("fast", {"tags": "fast"})):
        found[name] = op.do("createDiskOffering", name=name, **make, **more)["diskoffering"]["id"]
    found["disk"] = op.do("createVolume", name="disk", zoneid=running.zone, diskofferingid=found["plain"])["volume"][
        "id"
    ]
    op.do("attachVolume", id=found["disk"], virtualmachineid=found["vm"])
    found["root"] = op.only("listVolumes", virtualmachineid=found["vm"], type="ROOT")["id"]
    found["pool"] = op.do(
        "createStoragePool", zoneid=running.zone, podid=running.pod, clusterid=running.cluster, name="second",
        url="nfs://10.0.0.6/second", tags="slow",
    )["storagepool"]["id"]  # fmt: skip
    found["policy"] = op.do(
        "createSnapshotPolicy", volumeid=found["disk"], intervaltype="DAILY", schedule="0:0", maxsnaps=2, timezone="UTC"
    )["snapshotpolicy"]["id"]
    return found


def named(ids: dict[str, str], params: dict[str, str]) -> dict[str, str]:
    return {key: ids.get(value, value) for key, value in params.items()}


@pytest.mark.parametrize(
    ("command", "params", "text"),
    [
        ("migrateVolume", {"volumeid": "disk", "storageid": "pool"}, KVM_STAYS),
        (
            "createSnapshot",
            {"volumeid": "disk", "policyid": "policy", "storageids": "pool"},
            "storageids can not be specified for snapshots linked with snapshot policy",
        ),
    ],
)
def test_what_a_disk_of_a_running_instance_refuses(
    running: Cloud, ids: dict[str, str], command: str, params: dict[str, str], text: str
) -> None:
    assert running.op.refused(command, **named(ids, params)) == (431, text)


@pytest.mark.parametrize(
    ("field", "value", "word"), [("state", "Down", "Up"), ("resource_state", "Disabled", "Enabled")]
)
def test_a_host_that_is_not_there_resizes_nothing(
    running: Cloud, ids: dict[str, str], field: str, value: str, word: str
) -> None:
    custom = running.op.do("createDiskOffering", name="custom", displaytext="c", customized="true")["diskoffering"][
        "id"
    ]
    wanted = {"id": ids["disk"], "diskofferingid": custom, "size": "9"}
    host = running.sim.db.hosts[running.sim.db.vms.find(ids["vm"]).host_id]
    before = getattr(host, field)
    setattr(host, field, value)
    assert running.op.refused("resizeVolume", **wanted) == (432, f"The KVM host where vm is running is not {word}")
    setattr(host, field, before)
    assert running.op.do("resizeVolume", **wanted)["volume"]["size"] == 9 << 30


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"newdiskofferingid": "-1"}, "The disk offering informed is not valid [id=-1]."),
        (
            {"newdiskofferingid": "local"},
            "You cannot move the volume to shared storage, with the disk offering configured for local storage.",
        ),
        (
            {"newdiskofferingid": "fast"},
            (
                "Migration failed: target pool [second, tags:slow] has no matching tags for volume [disk, uuid:{disk}, "
                "tags:fast]"
            ),
        ),
    ],
)
def test_an_offering_that_does_not_fit_where_a_volume_goes(
    running: Cloud, ids: dict[str, str], params: dict[str, Any], text: str
) -> None:
    running.op.do("stopVirtualMachine", id=ids["vm"])
    move = {"volumeid": ids["disk"], "storageid": ids["pool"]}
    assert running.op.refused("migrateVolume", **move, **named(ids, params)) == (431, text.format(**ids))
    assert running.op.do("migrateVolume", **move)["volume"]["storageid"] == ids["pool"]


def test_a_strict_offering_keeps_its_root_disk(running: Cloud, ids: dict[str, str]) -> None:
    running.op.do("stopVirtualMachine", id=ids["vm"])
    vm = running.sim.db.vms.find(ids["vm"])
    running.sim.db.service_offerings[vm.service_offering_id].disk_offering_strictness = True
    move = {"volumeid": ids["root"], "storageid": ids["pool"], "newdiskofferingid": ids["plain"]}
    assert running.op.refused("migrateVolume", **move) == (
        431,
        (
            f"Disk offering cannot be changed to the volume {ids['root']} since existing disk offering is strictly "
            "associated with the volume"
        ),
    )


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"accountid": "-1"}, "UUID of the destination account is invalid. No account was found with UUID [null]."),
        ({"projectid": "-1"}, "Unable to find project [null]"),
    ],
)
def test_what_is_not_there_is_named_as_the_server_prints_nothing(op: Any, params: dict[str, str], why: str) -> None:
    told = op.refused("assignVolume", volumeid="-1", **params)
    assert told == (530, f"Assign volume command for volume [null] failed due to [{why}].")


def test_balances_are_of_domains_that_are_there(op: Any) -> None:
    for command, more in (
        ("quotaBalance", {}),
        ("quotaStatement", {"startdate": "2026-01-01", "enddate": "2026-01-02"}),
    ):
        told = op.refused(command, account="admin", domainid="-1", **more)
        assert told == (531, "Invalid Domain Id or Account")
