"""Snapshots and the policies that take them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cloudstack_simulator.commands.snapshots.schedule import INTERVALS, next_run

if TYPE_CHECKING:
    from conftest import Cloud

HOUR, DAY = 3600, 86400


@pytest.fixture
def root(running: Cloud) -> dict[str, Any]:
    """The root disk of a running instance, at half past an hour: far from the moments at which policies act."""
    vm = running.deploy("web")
    running.sim.advance((1800 - running.sim.clock.now()) % 3600)
    return running.op.only("listVolumes", virtualmachineid=vm["id"], type="ROOT")


def policy(cloud: Cloud, volume: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    params = {"intervaltype": "hourly", "schedule": "15", "maxsnaps": 3, "timezone": "UTC"} | wanted
    made: dict[str, Any] = cloud.op.do("createSnapshotPolicy", volumeid=volume["id"], **params)["snapshotpolicy"]
    return made


def of(cloud: Cloud, volume: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return cloud.op.rows("listSnapshots", volumeid=volume["id"], **more)


def test_a_policy_keeps_the_newest(running: Cloud, root: dict[str, Any]) -> None:
    policy(running, root)
    running.sim.advance(2 * HOUR)
    two = of(running, root)
    assert len(two) == 2 and {row["intervaltype"] for row in two} == {"HOURLY"}
    assert {datetime.strptime(row["created"], "%Y-%m-%dT%H:%M:%S%z").minute for row in two} == {15}
    running.sim.advance(4 * HOUR)
    left = of(running, root)
    assert len(left) == 3 and not {row["id"] for row in two} & {row["id"] for row in left}
    assert all(row["state"] == "BackedUp" for row in left)


def test_own_snapshots_are_not_pruned(running: Cloud, root: dict[str, Any]) -> None:
    manual = running.op.do("createSnapshot", volumeid=root["id"], name="before the upgrade")["snapshot"]
    policy(running, root, maxsnaps=1)
    running.sim.advance(5 * HOUR)
    assert manual["id"] in {row["id"] for row in of(running, root)} and len(of(running, root)) == 2


def test_a_policy_of_the_same_interval_is_changed_in_place(running: Cloud, root: dict[str, Any]) -> None:
    first = policy(running, root)
    second = policy(running, root, schedule="45", maxsnaps=5)
    assert second["id"] == first["id"] and (second["schedule"], second["maxsnaps"]) == ("45", 5)
    running.sim.advance(HOUR)
    (row,) = of(running, root)
    assert datetime.strptime(row["created"], "%Y-%m-%dT%H:%M:%S%z").minute == 45


def test_a_deleted_policy_takes_no_more(running: Cloud, root: dict[str, Any]) -> None:
    made = policy(running, root)
    running.sim.advance(HOUR)
    running.op.do("deleteSnapshotPolicies", id=made["id"])
    running.sim.advance(5 * HOUR)
    assert len(of(running, root)) == 1


def test_policies_go_with_their_volume(running: Cloud) -> None:
    offering = running.op.only("listDiskOfferings", name="Small")["id"]
    volume = running.op.do("createVolume", name="data", zoneid=running.zone, diskofferingid=offering)["volume"]
    vm = running.deploy("web")
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    policy(running, volume)
    running.op.do("detachVolume", id=volume["id"])
    running.op.do("deleteVolume", id=volume["id"])
    taken = len(running.sim.db.snapshots.where(account_id=running.sim.admin.account.id))
    running.sim.advance(5 * HOUR)
    assert len(running.sim.db.snapshots.where(account_id=running.sim.admin.account.id)) == taken


@pytest.mark.parametrize(
    ("interval", "schedule", "timezone", "after", "expected"),
    [
        ("HOURLY", "5", "UTC", "2026-03-01 10:04:59", "2026-03-01 10:05:00"),
        ("HOURLY", "5", "UTC", "2026-03-01 10:05:00", "2026-03-01 11:05:00"),
        ("DAILY", "30:23", "UTC", "2026-03-01 23:31:00", "2026-03-02 23:30:00"),
        ("DAILY", "30:23", "Asia/Tokyo", "2026-03-01 00:00:00", "2026-03-01 14:30:00"),
        ("WEEKLY", "0:12:1", "UTC", "2026-03-02 00:00:00", "2026-03-08 12:00:00"),
        ("MONTHLY", "0:0:28", "UTC", "2026-02-28 00:00:00", "2026-03-28 00:00:00"),
        ("DAILY", "30:2", "Europe/Berlin", "2026-03-29 04:00:00", "2026-03-30 00:30:00"),
    ],
)
def test_schedules(interval: str, schedule: str, timezone: str, after: str, expected: str) -> None:
    moment = next_run(
        INTERVALS.index(interval), schedule, timezone, datetime.fromisoformat(after).replace(tzinfo=UTC).timestamp()
    )
    assert datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S") == expected


def test_a_volume_and_a_template_come_from_a_snapshot(running: Cloud, root: dict[str, Any]) -> None:
    snapshot = running.op.do("createSnapshot", volumeid=root["id"])["snapshot"]
    assert snapshot["physicalsize"] > 0 and snapshot["name"].startswith("web_ROOT-")
    volume = running.op.do("createVolume", name="copy", snapshotid=snapshot["id"])["volume"]
    row = running.op.only("listVolumes", id=volume["id"])
    assert (row["state"], row["size"]) == ("Ready", root["size"])
    system = running.op.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]["id"]
    template = running.op.do(
        "createTemplate", name="from it", displaytext="from it", ostypeid=system, snapshotid=snapshot["id"]
    )["template"]
    assert running.op.only("listTemplates", templatefilter="self", id=template["id"])["isready"]


def test_only_a_stopped_instance_goes_back(running: Cloud, root: dict[str, Any]) -> None:
    snapshot = running.op.do("createSnapshot", volumeid=root["id"])["snapshot"]
    status, _text = running.op.refused("revertSnapshot", id=snapshot["id"])
    assert status in (431, 530)
    running.op.do("stopVirtualMachine", id=root["virtualmachineid"])
    running.op.do("revertSnapshot", id=snapshot["id"])


def test_secondary_storage_counts_snapshots(running: Cloud, root: dict[str, Any]) -> None:
    def used(kind: str) -> int:
        return running.sim.limits.count(running.sim.admin.account, kind)

    before = used("snapshot"), used("secondary_storage")
    snapshot = running.op.do("createSnapshot", volumeid=root["id"])["snapshot"]
    assert (used("snapshot"), used("secondary_storage")) == (before[0] + 1, before[1] + snapshot["physicalsize"])
    running.op.do("deleteSnapshot", id=snapshot["id"])
    assert (used("snapshot"), used("secondary_storage")) == before


def test_copies_go_where_a_zone_takes_them(running: Cloud, root: dict[str, Any]) -> None:
    op = running.op
    place = {"dns1": "8.8.8.8", "internaldns1": "8.8.8.8", "networktype": "Advanced"}
    edge = op.do("createZone", name="edge", isedge="true", **place)["zone"]["id"]
    empty = op.do("createZone", name="empty", **place)["zone"]["id"]
    refused = (431, "Snapshot copy is not supported by zone edge")
    order = {"volumeid": root["id"], "intervaltype": "hourly", "schedule": "15", "maxsnaps": 3, "timezone": "UTC"}
    assert op.refused("createSnapshotPolicy", **order, zoneids=edge) == refused
    taken = op.do("createSnapshot", volumeid=root["id"])["snapshot"]["id"]
    assert op.refused("copySnapshot", id=taken, destzoneids=edge) == refused
    assert op.refused("copySnapshot", id=taken, destzoneids=edge, sourcezoneid=empty) == refused
    assert op.refused("copySnapshot", id=taken, destzoneids=empty) == (
        534, "Destination zone is not ready, no image store associated",
    )  # fmt: skip
    op.do("updateConfiguration", name="snapshot.backup.to.secondary", value="false")
    code, text = op.refused("createSnapshotPolicy", **order, zoneids=empty)
    assert (code, text.startswith("Backing up of snapshot has been disabled.")) == (431, True)
