"""The statistics that the collector kept of instances, system VMs and volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...access import may_use_account
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import Filter, contains, equal, matching
from ...registry import command
from ..common import by_ids
from ..instances.statistics import history


@command("listVirtualMachinesUsageHistory")
def list_instances_history(call: Call) -> dict[str, Any]:
    p = call.params
    return _answer(
        call,
        "virtualmachine",
        call.db.vms,
        lambda inner, vm: {
            "id": vm.uuid,
            "name": vm.instance_name,
            "displayname": vm.display_name,
            "stats": _between(inner, history(inner, vm)),
        },
        [equal("vm_type", "User"), contains("display_name", p.name or None), _keyword(call, "display_name")],
    )


@command("listSystemVmsUsageHistory")
def list_system_vms_history(call: Call) -> dict[str, Any]:
    """System VMs and routers, also removed ones, with what the collector kept of them."""
    return _answer(
        call,
        "virtualmachine",
        call.db.vms,
        lambda inner, vm: {"id": vm.uuid, "name": vm.name, "stats": _between(inner, history(inner, vm))},
        [matching(lambda vm: vm.vm_type != "User"), _keyword(call, "name")],
    )


@command("listVolumesUsageHistory")
def list_volumes_history(call: Call) -> dict[str, Any]:
    """Disk statistics are not kept (the default): every volume with none. A name is compared with signs around it."""
    name = call.params.name
    return _answer(
        call,
        "volume",
        call.db.volumes,
        lambda _call, volume: {"id": volume.uuid, "name": volume.name, "stats": []},
        [equal("name", f"%{name}%") if name else None, _keyword(call, "name")],
    )


def _answer(
    call: Call,
    name: str,
    rows: Any,
    view: Callable[[Call, Any], dict[str, Any]],
    where: list[Filter | None],
) -> dict[str, Any]:
    """The rows that the caller may see."""
    start, end = call.params.startdate, call.params.enddate
    if start is not None and end is not None and start > end:
        raise InvalidParameter("startDate cannot be after endDate.")
    return call.listing(name, rows, view, where=[by_ids(call), *where, _usable(call)])


def _usable(call: Call) -> Filter | None:
    if call.caller.is_root_admin:
        return None
    return matching(lambda row: may_use_account(call.caller, call.db.accounts[row.account_id], call.db))


def _keyword(call: Call, field: str) -> Filter | None:
    """A part of the name, or the state that it is."""
    word = call.params.keyword
    if not word:
        return None
    named = contains(field, word)
    return matching(lambda row: (named is not None and named.test(row)) or row.state.lower() == word.lower())


def _between(call: Call, rounds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rounds of the collector from one date to another."""
    p = call.params
    first = timestamp(p.startdate) if p.startdate is not None else ""
    last = timestamp(p.enddate) if p.enddate is not None else "9"
    return [entry for entry in rounds if (first or "") <= entry["timestamp"] <= (last or "9")]
