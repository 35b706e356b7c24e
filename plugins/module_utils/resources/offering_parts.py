# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What compute, system and disk offerings have in common: visibility, disk limits, states, retirement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Option, Row, State

NAME_LIMIT = 255
_OWN_DETAILS = frozenset(
    (
        "domainid",
        "zoneid",
        "mincpunumber",
        "maxcpunumber",
        "minmemory",
        "maxmemory",
        "purge.db.entities",
        "storagepolicy",
    )
)
"""Details that the server keeps for options of their own."""

_DISK_LIMITS = (
    ("bytes_read_rate", "bytesreadrate", "diskBytesReadRate", "bytes/s", "Read rate that a volume may keep up."),
    ("bytes_read_rate_max", "bytesreadratemax", "diskBytesReadRateMax", "bytes/s", "Read rate of a burst."),
    ("bytes_read_rate_max_length", "bytesreadratemaxlength", "diskBytesReadRateMaxLength", "s", "Longest read burst."),
    ("bytes_write_rate", "byteswriterate", "diskBytesWriteRate", "bytes/s", "Write rate that a volume may keep up."),
    ("bytes_write_rate_max", "byteswriteratemax", "diskBytesWriteRateMax", "bytes/s", "Write rate of a burst."),
    (
        "bytes_write_rate_max_length", "byteswriteratemaxlength", "diskBytesWriteRateMaxLength", "s",
        "Longest write burst.",
    ),
    ("iops_read_rate", "iopsreadrate", "diskIopsReadRate", "operations/s", "Read operations a volume may keep up."),
    ("iops_read_rate_max", "iopsreadratemax", "diskIopsReadRateMax", "operations/s", "Read operations of a burst."),
    (
        "iops_read_rate_max_length", "iopsreadratemaxlength", "diskIopsReadRateMaxLength", "s",
        "Longest burst of read operations.",
    ),
    (
        "iops_write_rate", "iopswriterate", "diskIopsWriteRate", "operations/s",
        "Write operations a volume may keep up.",
    ),
    ("iops_write_rate_max", "iopswriteratemax", "diskIopsWriteRateMax", "operations/s", "Write operations of a burst."),
    (
        "iops_write_rate_max_length", "iopswriteratemaxlength", "diskIopsWriteRateMaxLength", "s",
        "Longest burst of write operations.",
    ),
)  # fmt: skip


def disk_limits(prefix: str = "", *, updatable: bool = False) -> tuple[Option, ...]:
    """Rates that the hypervisor enforces. With a prefix, the name without it is an alias."""
    return tuple(
        Option(
            f"{prefix}{name}",
            "int",
            help=(
                help_,
                "The hypervisor enforces it. Don't combine it with the limits of the storage (iops_min, iops_max).",
            ),
            api=api,
            field=field,
            unit=unit,
            updatable=updatable,
            aliases=(name,) if prefix else (),
        )
        for name, api, field, unit, help_ in _DISK_LIMITS
    )


def disk_making(noun: str, *, updatable: bool = False) -> tuple[Option, ...]:
    """How the disks of an offering are made. ``updatable``: whether their cache can be changed later."""
    return (
        Option(
            "storage_type",
            help=(
                f"Whether the {noun} lies on shared storage or on the disks of a host.",
                "The server's default is V(shared).",
            ),
            choices=("local", "shared"),
            server_default="shared",
        ),
        Option(
            "provisioning_type",
            help=f"How much of the {noun} is allocated at once. The server's default is V(thin).",
            choices=("thin", "sparse", "fat"),
            server_default="thin",
        ),
        Option(
            "cache_mode",
            help=f"Write cache of the {noun}. V(writeback) may lose data when a host fails.",
            field="cacheMode",
            choices=("none", "writeback", "writethrough", "hypervisor_default"),
            updatable=updatable,
            since="4.14",
        ),
    )


def visibility(noun: str) -> tuple[Option, ...]:
    """Domains and zones that see the offering. An empty list opens it to all."""
    return (
        Option(
            "domains",
            "refs",
            help=(
                f"Domains that may use the {noun}, as paths (V(ROOT/customers)) or ids; their subdomains are included.",
                "An empty list makes it public. Subdomains of a listed domain are dropped by the server.",
            ),
            api="domainid",
            refers_to="domain",
            name_field="domain",
            updatable=True,
            aliases=("domain",),
            encode=_encode_domains,
        ),
        Option(
            "zones",
            "refs",
            help=(
                f"Zones in which the {noun} can be used.",
                "An empty list makes it available in all zones.",
            ),
            api="zoneid",
            refers_to="zone",
            name_field="zone",
            by_name=True,
            updatable=True,
            aliases=("zone",),
            since="4.13",
            encode=_encode_zones,
        ),
    )


def _encode_domains(value: Iterable[str], ctx: Any) -> Mapping[str, Any]:
    # No domain at all is spelt "public" in updates; creations leave the parameter out [api_facts 2.1].
    return {"domainid": ids_of(ctx, "domains", "domain", value) or "public"}


def _encode_zones(value: Iterable[str], ctx: Any) -> Mapping[str, Any]:
    return {"zoneid": ids_of(ctx, "zones", "zone", value) or "all"}


def ids_of(ctx: Any, option: str, kind: str, values: Iterable[str]) -> str:
    """Ids of the objects named, comma separated."""
    around = {key: item for key, item in ctx.given.items() if key != option}
    return ",".join(str(ctx.find(kind, value, around)["id"]) for value in values)


def open_to_all(params: dict[str, Any]) -> dict[str, Any]:
    """Creation parameters without the words that only an update knows."""
    return {
        name: value
        for name, value in params.items()
        if (name, value) not in (("domainid", "public"), ("zoneid", "all"))
    }


OFFERING_STATE = Option(
    "offering_state",
    help="State of the offering as the server calls it.",
    api="state",
    on_create=False,
    updatable=True,
    hidden=True,
    export=False,
)

ACTIVE_STATES = (
    State(
        "active",
        {"offering_state": "Active"},
        "Present, and new volumes or instances can use it. An inactive offering of that name is activated again.",
    ),
    State(
        "inactive",
        {"offering_state": "Inactive"},
        "Present, but nothing new can use it. What uses it already runs on.",
    ),
)


def offering_rows(ctx: Any) -> list[Row]:
    """Offerings that may be the one meant.

    A deleted offering stays behind as an inactive one of its name, so inactive ones count only where the task is
    about activity, and only when no active one has the name. Of several inactive ones the newest is meant.
    """
    resource = ctx.resource
    filters = {"id": ctx.id} if ctx.id else {"name": ctx.given["name"]}
    active = ctx.view.rows(resource, filters)
    if "offering_state" not in ctx.given:
        return active
    named = [row for row in active if ctx.id or row.get("name") == ctx.given["name"]]
    if named:
        return named
    inactive = [
        row
        for row in ctx.view.rows(resource, {**filters, "state": "all"})
        if ctx.id or row.get("name") == ctx.given["name"]
    ]
    return sorted(inactive, key=lambda row: str(row.get("created", "")))[-1:]


def retired_name(ctx: Any, row: Row) -> str:
    """A name for an offering that makes room for its successor."""
    mark = f" (retired {ctx.client.clock.now():%Y-%m-%dT%H:%M:%SZ})"
    return str(row["name"])[: NAME_LIMIT - len(mark)] + mark


def carry_over(ctx: Any, row: Row, shape: Iterable[str] = (), reshaped: bool = False) -> None:
    """Takes what the task doesn't name from the old offering, so that its successor differs only as asked.

    ``shape``: options that make sense only together; they are left to the task if it is ``reshaped``.
    """
    for option in ctx.resource.options:
        known = option.name in ctx.given or option.behaviour or option.hidden or not option.on_create
        if known or not option.compared or (reshaped and option.name in shape):
            continue
        value = option.decode(row) if option.decode else row.get(option.row_field)
        if option.type in ("set", "refs") and isinstance(value, str):
            value = value.split(",")
        if option.type == "map":
            value = {key: item for key, item in (value or {}).items() if key not in _OWN_DETAILS}
        if value:
            ctx.given[option.name] = value


def refuse_mixed_limits(given: Mapping[str, Any], prefix: str = "") -> None:
    """Storage limits go without limits of the hypervisor, and the smaller one first."""
    low, high = given.get(f"{prefix}iops_min"), given.get(f"{prefix}iops_max")
    if low is not None and high is not None and int(low) > int(high):
        raise InvalidInput(
            f"{prefix}iops_min ({low}) is greater than {prefix}iops_max ({high})",
            option=f"{prefix}iops_min",
            remedy="give the smaller number as the minimum",
        )
    if (low is not None or high is not None) and given.get("is_iops_customized"):
        raise InvalidInput(
            f"is_iops_customized lets users choose the limits, so {prefix}iops_min and {prefix}iops_max can't be fixed",
            option="is_iops_customized",
            remedy=f"leave out is_iops_customized, or {prefix}iops_min and {prefix}iops_max",
        )
    rates = [name for name, *_rest in _DISK_LIMITS if given.get(f"{prefix}{name}") is not None]
    if (low is not None or high is not None) and rates:
        raise InvalidInput(
            f"limits of the storage ({prefix}iops_min, {prefix}iops_max) and of the hypervisor ({prefix}{rates[0]}) "
            "exclude each other",
            option=f"{prefix}{rates[0]}",
            remedy="choose one of the two",
        )


def fixed_iops(params: dict[str, Any]) -> dict[str, Any]:
    """The server ignores miniops and maxiops unless customizediops is sent as false [observed.md]."""
    if ("miniops" in params or "maxiops" in params) and "customizediops" not in params:
        params["customizediops"] = False
    return params
