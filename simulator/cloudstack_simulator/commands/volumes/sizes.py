"""Sizes of volumes: units and limits."""

from __future__ import annotations

from ...call import Call
from ...errors import InvalidParameter

GIB = 1 << 30


def gigabytes(size: int) -> int:
    return size // GIB


def out_of_range(call: Call, size: int) -> str | None:
    """What is wrong with a custom size in GB, or None."""
    low, high = call.setting("custom.diskoffering.size.min"), call.setting("custom.diskoffering.size.max")
    if low <= size <= high:
        return None
    return f"Volume size: {size} GB is out of allowed range. Min: {low}. Max: {high}"


def check_custom_size(call: Call, size: int) -> None:
    problem = out_of_range(call, size)
    if problem:
        raise InvalidParameter(problem)


def check_maximum(call: Call, size: int) -> None:
    """Refuse what no volume may be: less than 1 GB or more than `storage.max.volume.size`."""
    maximum = call.setting("storage.max.volume.size")
    if size < GIB:
        raise InvalidParameter("Please specify a size of at least 1 GB.")
    if size > maximum * GIB:
        raise InvalidParameter(
            f"Requested volume size is {readable(size)}, but the maximum size allowed is {maximum} GB."
        )


def readable(size: int) -> str:
    """`(2.00 GB) 2147483648`: how the server writes sizes in texts."""
    return f"({size / GIB:.2f} GB) {size}"
