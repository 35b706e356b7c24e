"""The commands of the SolidFire integration test plug-in, as far as they answer where no pool is one of SolidFire's."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, NotModelled
from ...registry import command


def _row(call: Call, table: str, uuid: str, kind: str = "Volume") -> Any:
    """The plug-in takes ids as plain text, and calls nearly everything that it does not find a volume."""
    row = call.db.tables[table].find(uuid)
    if row is None or row.removed is not None:
        raise CloudRuntime(f"Unable to find {kind} for ID: {uuid}")
    return row


@command("getPathForVolume")
def path_of_volume(call: Call) -> dict[str, Any]:
    return {"apipathforvolume": {"path": _row(call, "volumes", call.params.volumeid).path}}


@command("getVolumeiScsiName")
def iscsi_name(call: Call) -> dict[str, Any]:
    """Only volumes on managed pools have one."""
    _row(call, "volumes", call.params.volumeid)
    return {"apivolumeiscsiname": {}}


@command("getVolumeSnapshotDetails")
def snapshot_details(call: Call) -> dict[str, Any]:
    """Snapshots on pools that are not managed have no details."""
    _row(call, "snapshots", call.params.snapshotid)
    return {}


@command("getSolidFireAccountId")
def account_number(call: Call) -> None:
    p = call.params
    account = _row(call, "accounts", p.accountid, "Account")
    pool = _row(call, "storage_pools", p.storageid)
    raise CloudRuntime(f"Unable to find SF account for storage {pool.uuid} for CS account {account.uuid}")


@command("getSolidFireVolumeSize")
def volume_size(call: Call) -> None:
    _row(call, "volumes", call.params.volumeid)
    raise CloudRuntime("Unable to determine the size of the SolidFire volume")


@command("getSolidFireVolumeAccessGroupIds")
def access_groups(call: Call) -> None:
    """A pool of another maker has no connection to ask."""
    _row(call, "storage_pools", call.params.storageid)
    raise NotModelled(call.command)
