"""What is told of usage in the past, and of copies of snapshots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any


def test_a_history_is_told_between_two_dates(place: Any) -> None:
    vm = place.deploy("web", displayname="shown")
    place.op.sim.advance(600)
    whole = place.op.only("listVirtualMachinesUsageHistory", id=vm["id"])
    now = datetime.fromtimestamp(place.op.sim.clock.now(), UTC)
    dates = {name: (now - timedelta(seconds=back)).strftime("%Y-%m-%dT%H:%M:%S+0000")
             for name, back in (("startdate", 300), ("enddate", 120))}  # fmt: skip
    part = place.op.only("listVirtualMachinesUsageHistory", id=vm["id"], **dates)
    assert 0 < len(part["stats"]) < len(whole["stats"])
    assert all(entry in whole["stats"] for entry in part["stats"])
    swapped = {"startdate": dates["enddate"], "enddate": dates["startdate"]}
    for command in ("listVirtualMachinesUsageHistory", "listVolumesUsageHistory", "listSystemVmsUsageHistory"):
        assert place.op.refused(command, **swapped) == (431, "startDate cannot be after endDate.")


def test_a_history_is_found_by_shown_names_and_states(place: Any) -> None:
    place.deploy("web", displayname="shown")
    place.deploy("off", displayname="hidden", startvm="false")
    found = {
        word: [row["displayname"] for row in place.op.rows("listVirtualMachinesUsageHistory", **word_params)]
        for word, word_params in (
            ("name", {"name": "how"}), ("keyword", {"keyword": "dde"}), ("state", {"keyword": "stopped"}),
            ("internal", {"name": "i-2"}),
        )
    }  # fmt: skip
    assert found == {"name": ["shown"], "keyword": ["hidden"], "state": ["hidden"], "internal": []}


def test_a_snapshot_is_listed_once_for_each_copy(place: Any) -> None:
    op, sim = place.op, place.op.sim
    vm = place.deploy("web")
    root = op.only("listVolumes", virtualmachineid=vm["id"])["id"]
    made = op.do("createSnapshot", volumeid=root, name="s")["snapshot"]["id"]
    other = op.do("createZone", name="south", networktype="Advanced", dns1="192.0.2.1", internaldns1="192.0.2.2")
    south = other["zone"]["id"]
    store = op.do("addImageStore", zoneid=south, name="far", provider="NFS", url="nfs://10.0.0.6/far")["imagestore"][
        "id"
    ]
    row = sim.db.snapshots.find(made)
    row.zone_ids, row.stores = [*row.zone_ids, sim.db.zones.find(south).id], {
        **row.stores, sim.db.zones.find(south).id: sim.db.image_stores.find(store).id,
    }  # fmt: skip
    assert [s["zonename"] for s in op.rows("listSnapshots")] == ["north", "south"]
    assert [s["zonename"] for s in op.rows("listSnapshots", showunique="true")] == ["north"]
    assert [s["zonename"] for s in op.rows("listSnapshots", showunique="true", zoneid=south)] == ["south"]
    assert [s["zonename"] for s in op.rows("listSnapshots", imagestoreid=store)] == ["south"]
    both = op.refused("listSnapshots", id=made, ids=made)
    assert both == (431, "Specify either id or ids but not both parameters")
