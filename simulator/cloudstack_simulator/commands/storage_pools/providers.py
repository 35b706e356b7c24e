"""Providers of primary and secondary storage that the server knows, by lower-cased name."""

from __future__ import annotations

_PRIMARY = (
    "SolidFire", "StorPool", "Datera", "Flash Array", "PowerFlex", "SolidFireShared", "DefaultPrimary", "Primera",
    "CloudByte", "Linstor",
)  # fmt: skip
PRIMARY = {name.lower(): name for name in _PRIMARY}
IMAGE = {name.lower(): name for name in ("NFS", "S3", "Swift")}
