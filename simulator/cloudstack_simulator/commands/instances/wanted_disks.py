"""The disks that a new instance is asked to have."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...call import Call
from ...errors import InvalidParameter
from ..offerings import usable
from ..volumes import encryption, sizes
from ..volumes import lifecycle as disks


class DataDisk(NamedTuple):
    """A data disk: offering, bytes, device number (None: the first free one)."""

    offering: Any
    size: int
    device: int | None = None


class Wanted(NamedTuple):
    """The root disk as far as it is not the template's (offering, bytes), and the data disks."""

    root_offering: Any
    root_size: int | None
    data: list[DataDisk]

    def bytes_of(self, template: Any) -> int:
        """What all of them take of the primary storage's limit."""
        return (self.root_size or template.size or 0) + sum(disk.size for disk in self.data)


def of_call(call: Call, template: Any, details: dict[str, str]) -> Wanted:
    """The disks of a deployment; a root disk's own size goes into the instance's details."""
    given = (call.params.datadisksdetails or {}).values()
    if given and call.params.diskofferingid is not None:
        raise InvalidParameter("Cannot specify both disk offering id and data disk offering details")
    offering, size = _root(call, template, details)
    _check_encryption(call, template, offering)
    return Wanted(offering, size, _of_offering(call) + [_of_entry(call, entry) for entry in given])


def _check_encryption(call: Call, template: Any, offering: Any) -> None:
    root = offering or call.db.disk_offerings.get(call.params.serviceofferingid.disk_offering_id)
    hypervisor = template.hypervisor if template.hypervisor not in (None, "None") else call.params.hypervisor
    if encryption.is_impossible(root, hypervisor):
        raise InvalidParameter(f"Root volume encryption is not supported for hypervisor type {hypervisor}")


def make(call: Call, vm: Any, template: Any, wanted: Wanted) -> None:
    """The volumes of a new instance, not yet on a pool."""
    disks.new_root(call.sim, vm, template, size=wanted.root_size, disk_offering=wanted.root_offering)
    for disk in wanted.data:
        disks.new_data(call.sim, vm, disk.offering, size=disk.size, device=disk.device)


def check_local(call: Call) -> None:
    """Refuse offerings with local storage where the zone has none."""
    p = call.params
    mapped = call.db.disk_offerings.get(p.serviceofferingid.disk_offering_id)
    for offering, words in ((mapped, " mapped in service offering"), (p.diskofferingid, "")):
        if offering is not None and offering.use_local_storage and not p.zoneid.local_storage:
            raise InvalidParameter(
                f"Zone is not configured to use local storage but disk offering {offering.name}{words} uses it"
            )


def _root(call: Call, template: Any, details: dict[str, str]) -> tuple[Any, int | None]:
    p = call.params
    if template.is_iso:
        return p.diskofferingid, _offering_size(p.diskofferingid, p.size)
    offering, size = p.overridediskofferingid, p.rootdisksize
    if offering is not None and p.serviceofferingid.disk_offering_strictness:
        raise InvalidParameter(
            f"Cannot override disk offering id {offering.id} since provided service offering is strictly mapped to its "
            "disk offering"
        )
    if size is not None:
        if size <= 0:
            raise InvalidParameter("Root disk size should be a positive number.")
        details["rootdisksize"] = str(size)
        return offering, max(size * sizes.GIB, template.size or 0)
    if offering is not None:
        return offering, max(_offering_size(offering, None), template.size or 0)
    compute = call.db.disk_offerings.get(p.serviceofferingid.disk_offering_id)
    if compute is not None and compute.size:
        return None, max(compute.size, template.size or 0)
    return None, None


def _offering_size(offering: Any, size: int | None) -> int:
    """Bytes of a disk of an offering, with the size in GB that a custom one needs."""
    if not offering.customized:
        return int(offering.size)
    if not size:
        raise InvalidParameter("This disk offering requires a custom size specified")
    return size * sizes.GIB


def _of_offering(call: Call) -> list[DataDisk]:
    """The data disk of `diskofferingid`; with an ISO that offering is the root disk's."""
    offering = call.params.diskofferingid
    if offering is None or call.params.templateid.is_iso:
        return []
    return [_data_disk(call, offering, call.params.size)]


def _data_disk(call: Call, offering: Any, size: int | None, device: int | None = None) -> DataDisk:
    if offering.compute_only:
        raise InvalidParameter(
            f"The disk offering {offering} provided is directly mapped to a service offering, please provide "
            "an individual disk offering"
        )
    found = _offering_size(offering, size)
    if offering.customized:
        sizes.check_custom_size(call, found // sizes.GIB)
    return DataDisk(offering, found, device)


def _of_entry(call: Call, entry: Any) -> DataDisk:
    """One entry of `datadisksdetails`."""
    uuid = entry.get("diskofferingid") if isinstance(entry, dict) else None
    offering = call.db.disk_offerings.find(uuid) if uuid else None
    if offering is None or offering.removed is not None:
        raise InvalidParameter(f"Unable to find disk offering {uuid or ''}".rstrip())
    usable.check(call, call.owner(), offering, call.params.zoneid)
    numbers = [entry.get(name) for name in ("size", "deviceid")]
    if any(number is not None and not number.isdecimal() for number in numbers):
        raise InvalidParameter(f"Invalid disk details: {entry}")
    size, device = (int(number) if number else None for number in numbers)
    return _data_disk(call, offering, size, device)
