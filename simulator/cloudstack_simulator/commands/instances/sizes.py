"""CPU and memory of VMs: what an offering says, and what its owner chose."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...call import Call
from ...errors import InvalidParameter
from ...tables import Database


class Size(NamedTuple):
    cpu: int
    """Cores."""
    speed: int
    """MHz per core."""
    memory: int
    """MiB."""


FIELDS = (("cpuNumber", "cpu"), ("cpuSpeed", "speed"), ("memory", "memory"))
"""Details that carry a custom size, and the offering's field for each."""


def size_of(db: Database, vm: Any) -> Size:
    """The size a VM has by its offering, or by its own details where the offering leaves them open."""
    offering = db.service_offerings.get(vm.service_offering_id)
    values = []
    for detail, field in FIELDS:
        fixed = getattr(offering, field, None)
        own = vm.details.get(detail)
        values.append(int(fixed if fixed is not None else own or 0))
    return Size(*values)


def is_open(offering: Any) -> bool:
    """Whether the offering leaves sizes to its user (custom or constrained)."""
    return offering.cpu is None or offering.speed is None or offering.memory is None


def refuse_for_fixed(offering: Any, given: dict[str, str]) -> None:
    """An offering that says all sizes leaves none to its user; case does not count in these details."""
    if not is_open(offering) and {d.lower() for d, _field in FIELDS} & {name.lower() for name in given}:
        raise InvalidParameter("cpuNumber or cpuSpeed or memory should not be specified for static service offering")


def custom_details(call: Call, offering: Any, given: dict[str, str]) -> dict[str, str]:
    """The sizes among the given details, checked against the offering: what the VM keeps."""
    refuse_for_fixed(offering, given)
    if not is_open(offering):
        _check_fixed(call, offering)
        return {}
    if not given:
        raise InvalidParameter(
            "Need to specify custom parameter values cpu, cpu speed and memory when using custom offering"
        )
    check_all(call, offering, given)
    return {d: str(int(given[d])) for d, _field in FIELDS if d in given}


def check_all(call: Call, offering: Any, given: dict[str, str]) -> None:
    """Refuse sizes that an offering with open sizes does not let an instance have, and missing ones."""
    for detail, field in FIELDS:
        _check(call, offering, detail, field, given.get(detail))


def _check_fixed(call: Call, offering: Any) -> None:
    """Refuse a fixed size above what the settings let an instance have."""
    cores = int(call.setting("vm.serviceoffering.cpu.cores.max") or 0)
    memory = int(call.setting("vm.serviceoffering.ram.size.max") or 0)
    if cores and offering.cpu > cores:
        raise InvalidParameter(
            "Invalid cpu cores value, please choose another service offering with cpu cores between 1 and " + str(cores)
        )
    if memory and offering.memory > memory:
        raise InvalidParameter(
            f"Invalid memory value, please choose another service offering with memory between 32 and {memory} MB"
        )


LIMITS = {
    "cpuNumber": ("cpu cores", "mincpunumber", "maxcpunumber", "vm.serviceoffering.cpu.cores.max"),
    "memory": ("memory", "minmemory", "maxmemory", "vm.serviceoffering.ram.size.max"),
}
SMALLEST = {"cpuNumber": 1, "memory": 32}
LARGEST = 2147483647


def _check(call: Call, offering: Any, detail: str, field: str, text: str | None) -> None:
    if detail == "cpuSpeed":
        words, low, high = "cpu speed", 1, LARGEST
    else:
        words, least, most, setting = LIMITS[detail]
        low = int(offering.details.get(least, SMALLEST[detail]))
        ceiling = int(call.setting(setting) or 0) or LARGEST
        high = min(ceiling, int(offering.details.get(most, LARGEST)))
    if getattr(offering, field) is not None:
        if text is None:
            return
        raise InvalidParameter(
            f"The {words} of this offering id:{offering.uuid} is not customizable. This is predefined in the template."
        )
    if text is None or not text.isdecimal() or not low <= int(text) <= high:
        raise InvalidParameter(f"Invalid {words} value, specify a value between {low} and {high}")
