"""Details of an instance that updateVirtualMachine gives or cleans up."""

from __future__ import annotations

from ...call import Call
from ...errors import ApiError, InvalidParameter
from ...model.instances import Instance
from ...parameters import entries
from . import counting, extra_config, placement, sizes

LEASE_DETAILS = frozenset({"leaseactionexecution", "leaseexpirydate", "leaseexpiryaction"})


def update(call: Call, vm: Instance) -> None:
    """Take over the given details in place of those that the caller may change, then additional configuration."""
    given = _given(call)
    if call.params.cleanupdetails:
        vm.details = _untouchable(call, vm)
    elif given:
        _replace(call, vm, given)
    extra_config.keep(call, vm)


def _given(call: Call) -> dict[str, str]:
    """The server looks at the first entry of the map only."""
    found = entries(dict(sorted((call.params.details or {}).items())))
    return {name: str(value) for name, value in found[0].items()} if found else {}


def _replace(call: Call, vm: Instance, given: dict[str, str]) -> None:
    if LEASE_DETAILS & given.keys():
        raise InvalidParameter("lease parameters should not be included in details as key")
    if "extraconfig" in given:
        raise InvalidParameter("'extraconfig' should not be included in details as key")
    given = {name: value for name, value in given.items() if not name.startswith(extra_config.PREFIX)}
    _check_allowed(call, given)
    given |= _untouchable(call, vm)
    before = sizes.size_of(call.db, vm)
    _check_sizes(call, vm, given, before)
    vm.details = given
    counting.change_size(call.sim, vm, before)
    placement.resize(call.sim, vm, before)


def _reserved(call: Call) -> dict[str, set[str]]:
    """Names of details that only root admins may change, by the word for them."""
    settings = {"restricted": "user.vm.denied.details", "read-only": "user.vm.readonly.details"}
    return {
        word: {name.strip() for name in str(call.setting(setting) or "").split(",")}
        for word, setting in settings.items()
    }


def _untouchable(call: Call, vm: Instance) -> dict[str, str]:
    """Details that the call leaves alone: additional configuration, and what the caller may not change."""
    kept = set() if call.caller.is_root_admin else set().union(*_reserved(call).values())
    return {name: value for name, value in vm.details.items() if name in kept or name.startswith(extra_config.PREFIX)}


def _check_allowed(call: Call, given: dict[str, str]) -> None:
    if call.caller.is_root_admin:
        return
    reserved = _reserved(call)
    for name in given:
        for word, names in reserved.items():
            if name in names:
                raise InvalidParameter(f"You're not allowed to add or edit the {word} setting: {name}")


def _check_sizes(call: Call, vm: Instance, given: dict[str, str], before: sizes.Size) -> None:
    """Where the offering leaves sizes open, the details have to say them again; fixed sizes stay what they are."""
    offering = call.db.service_offerings[vm.service_offering_id]
    if not sizes.is_open(offering):
        return
    wanted = {"cpuNumber": _count(given, "cpuNumber"), "memory": _count(given, "memory")}
    if "cpuSpeed" in given:
        wanted["cpuSpeed"] = given["cpuSpeed"]
    sizes.check_all(call, offering, wanted)
    account = call.db.accounts[vm.account_id]
    try:
        for kind, now, then in (
            ("cpu", before.cpu, int(wanted["cpuNumber"])), ("memory", before.memory, int(wanted["memory"])),
        ):  # fmt: skip
            if then > now:
                call.sim.limits.check(account, kind, then - now)
    except ApiError as error:
        raise InvalidParameter(error.text) from None


def _count(given: dict[str, str], name: str) -> str:
    text = given.get(name, "0")
    return text if text.isdecimal() else "0"
