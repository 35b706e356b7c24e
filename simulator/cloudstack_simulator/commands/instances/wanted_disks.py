"""The disks that a new instance is asked to have."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...call import Call
from ...errors import IllegalArgument, InvalidParameter
from ...model.volumes import Volume
from ...parameters import entries
from ..offerings import usable
from ..volumes import encryption, sizes
from ..volumes import lifecycle as disks
from .kept_details import ROOT_SIZE
from .source import Source


class DataDisk(NamedTuple):
    """A data disk: offering, bytes, device number (None: the first free one)."""

    offering: Any
    size: int
    device: int | None = None


class Wanted(NamedTuple):
    """The root disk as far as it is not the template's (offering, bytes, the volume itself), and the data disks."""

    root_offering: Any
    root_size: int | None
    data: list[DataDisk]
    root: Volume | None = None

    def bytes_of(self, template: Any) -> int:
        """What the new ones of them take of the primary storage's limit."""
        root = (self.root_size or template.size or 0) if self.root is None else 0
        return int(root + sum(disk.size for disk in self.data))


def of_call(call: Call, source: Source, details: dict[str, str]) -> Wanted:
    """The disks of a deployment; a root disk's own size goes into the instance's details."""
    template = source.template
    described = of_details(call)
    if described and call.params.diskofferingid is not None:
        raise InvalidParameter("Cannot specify both disk offering id and data disk offering details")
    _check_templates(call)
    offering, size = _root(call, template, details)
    _check_encryption(call, template, offering)
    return Wanted(offering, source.size() or size, _of_offering(call) + described, source.volume)


def of_details(call: Call) -> list[DataDisk]:
    """The data disks that `datadisksdetails` describes."""
    given = entries(call.params.datadisksdetails)
    if given and call.params.datadiskofferinglist:
        raise InvalidParameter(
            "datadisktemplatetodiskofferinglist parameter can't be specified along with datadisksdetails parameter"
        )
    return [_of_entry(call, entry) for entry in given]


def _check_encryption(call: Call, template: Any, offering: Any) -> None:
    root = offering or call.db.disk_offerings.get(call.params.serviceofferingid.disk_offering_id)
    hypervisor = template.hypervisor if template.hypervisor not in (None, "None") else call.params.hypervisor
    if encryption.is_impossible(root, hypervisor):
        raise InvalidParameter(f"Root volume encryption is not supported for hypervisor type {hypervisor}")


def make(call: Call, vm: Any, template: Any, wanted: Wanted) -> None:
    """The volumes of a new instance, not yet on a pool."""
    if wanted.root is None:
        disks.new_root(call.sim, vm, template, size=wanted.root_size, disk_offering=wanted.root_offering)
    else:
        wanted.root.kind = "ROOT"
        disks.attach(call.sim, wanted.root, vm, 0, noted=False)
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
    """(offering, bytes) of the root disk, as far as they are not the template's; its GB are among the details."""
    p, offering = call.params, None
    if template.is_iso:
        offering = p.diskofferingid
        details.setdefault(ROOT_SIZE, "null" if p.size is None else str(p.size))
    if p.overridediskofferingid is not None:
        offering = p.overridediskofferingid
        if p.serviceofferingid.disk_offering_strictness:
            raise InvalidParameter(
                f"Cannot override disk offering id {offering.id} since provided service offering is strictly mapped "
                "to its disk offering"
            )
    fixed = _fixed_size(call, offering or call.db.disk_offerings.get(p.serviceofferingid.disk_offering_id), details)
    if fixed > 0:
        sizes.check_maximum(call, fixed)
        details[ROOT_SIZE] = str(fixed // sizes.GIB)
        return offering, max(fixed, template.size or 0)
    if ROOT_SIZE not in details:
        return offering, None
    size = _whole(details[ROOT_SIZE])
    if size <= 0:
        raise InvalidParameter("Root disk size should be a positive number.")
    sizes.check_maximum(call, size * sizes.GIB)
    return offering, max(size * sizes.GIB, template.size or 0)


def _fixed_size(call: Call, offering: Any, details: dict[str, str]) -> int:
    """Bytes that the root disk's offering says; 0 where it says none. A custom one takes what the details say."""
    if offering is None:
        return 0
    if not offering.customized or offering.compute_only:
        return int(offering.size or 0)
    size = _whole(details.get(ROOT_SIZE, ""))
    sizes.check_custom_size(call, size)
    return size * sizes.GIB


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else -1


def check_root(template: Any, details: dict[str, str]) -> None:
    """Refuse a root disk smaller than the template; the details do not mention one that is just as large."""
    if ROOT_SIZE not in details:
        return
    size, least = int(details[ROOT_SIZE]) * sizes.GIB, template.size or 0
    if size < least:
        raise InvalidParameter(
            f"Unsupported: rootdisksize override ({details[ROOT_SIZE]} GB) is smaller than template size "
            f"{sizes.readable(least)}"
        )
    if size == least:
        del details[ROOT_SIZE]


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


def _of_entry(call: Call, entry: dict[str, str]) -> DataDisk:
    """One entry of `datadisksdetails`."""
    uuid, device = entry.get("diskofferingid"), entry.get("deviceid")
    if uuid is None:
        raise InvalidParameter("diskofferingid parameter is required for datadiskdetails")
    offering = call.db.disk_offerings.find(uuid)
    if offering is None or offering.removed is not None:
        raise InvalidParameter(f"Unable to find disk offering {uuid}")
    if offering.compute_only:
        raise IllegalArgument("d != java.lang.String")
    if device is None:
        raise InvalidParameter("deviceid parameter is required for datadiskdetails")
    number = _parsed(device)
    if offering.customized and entry.get("size") is None:
        raise InvalidParameter("Size is required for custom disk offering")
    usable.check(call, call.owner(), offering, call.params.zoneid)
    return _data_disk(call, offering, _parsed(entry["size"]) if offering.customized else None, number)


def _parsed(text: str) -> int:
    if not text.isdecimal():
        raise IllegalArgument(f'For input string: "{text}"')
    return int(text)


def _check_templates(call: Call) -> None:
    """Refuse `datadiskofferinglist`: no template here has data disks of its own."""
    p, db = call.params, call.db
    given = entries(p.datadiskofferinglist)
    if given and p.diskofferingid is not None:
        raise InvalidParameter(
            "diskofferingid parameter can't be specified along with datadisktemplatetodiskofferinglist parameter"
        )
    for entry in given:
        template, offering = entry.get("datadisktemplateid"), entry.get("diskofferingid")
        found = db.templates.find(template or "")
        if found is None:
            raise InvalidParameter(f"Unable to translate and find entity with datadisktemplateid {template or 'null'}")
        if db.disk_offerings.find(offering or "") is None:
            raise InvalidParameter(f"Unable to translate and find entity with diskofferingId {offering or 'null'}")
        raise InvalidParameter(f"Invalid template id specified for Datadisk template{found.id}")
