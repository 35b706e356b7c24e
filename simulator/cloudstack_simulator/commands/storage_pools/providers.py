"""Providers of primary, secondary and object storage."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...registry import command

_BY_TYPE = {
    "PRIMARY": (
        "SolidFire", "StorPool", "Datera", "Flash Array", "PowerFlex", "SolidFireShared", "DefaultPrimary", "Primera",
        "CloudByte", "Linstor",
    ),
    "IMAGE": ("NFS", "S3", "Swift"),
    "OBJECT": ("Simulator", "MinIO", "Ceph", "Cloudian HyperStore"),
}  # fmt: skip
PRIMARY = {name.lower(): name for name in _BY_TYPE["PRIMARY"]}
IMAGE = {name.lower(): name for name in _BY_TYPE["IMAGE"]}


@command("listStorageProviders")
def list_providers(call: Call) -> dict[str, Any]:
    kind = call.params.type.upper()
    if kind not in _BY_TYPE:
        raise InvalidParameter(f"Invalid parameter: {call.params.type}")
    rows = [{"name": name, "type": kind} for name in _BY_TYPE[kind]]
    return call.listing("dataStoreProvider", rows, lambda _call, row: row)
