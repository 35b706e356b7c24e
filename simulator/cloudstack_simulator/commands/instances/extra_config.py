"""Additional configuration of instances (`extraconfig`)."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.instances import Instance
from .inputs import decode_url

PREFIX = "extraconfig"
ENABLED = "enable.additional.vm.configuration"
PAIRS = re.compile(r"(?:[\w\-\s.:]*=[\w\-\s.'\":]*(?:\s+|$))+")


ELEMENT = re.compile(r"<\s*([A-Za-z_][\w.\-]*)")


def keep(call: Call, vm: Instance) -> None:
    """Store what the call gives among the instance's details, as its hypervisor takes it and the settings allow."""
    given = call.params.extraconfig
    if not (given or "").strip():
        return
    if not call.setting(ENABLED, call.db.accounts[vm.account_id]):
        raise InvalidParameter(f"attempted setting extraconfig but {ENABLED} is disabled")
    if vm.hypervisor not in WAYS:
        raise CloudRuntime(f"This hypervisor {vm.hypervisor} is not supported for use with this feature")
    vm.details |= WAYS[vm.hypervisor](call, decode_url(given))


def _allowed(call: Call, hypervisor: str) -> set[str]:
    names = str(call.setting(f"allow.additional.vm.configuration.list.{hypervisor.lower()}") or "")
    return {name.strip() for name in names.split(",")}


def _lines(call: Call, text: str, hypervisor: str) -> list[tuple[str, str]]:
    """(key, whole line) of each `key=value`."""
    if PAIRS.fullmatch(text) is None:
        raise CloudRuntime(f"The passed extra config string '{text}' contains an invalid key/value pair pattern")
    allowed, found = {name.lower() for name in _allowed(call, hypervisor)}, []
    for line in text.splitlines():
        key = line.partition("=")[0]
        if key.lower() not in allowed:
            raise CloudRuntime(
                f"Extra config {line} is not on the list of allowed keys for {hypervisor} hypervisor hosts."
            )
        found.append((key.strip(), line))
    return found


def _vmware(call: Call, text: str) -> dict[str, str]:
    return {key: line.partition("=")[2].strip() for key, line in _lines(call, text, "VMware")}


def _xenserver(call: Call, text: str) -> dict[str, str]:
    return {f"{PREFIX}-{n}": line for n, (_key, line) in enumerate(_lines(call, text, "XenServer"), 1)}


def _kvm(call: Call, text: str) -> dict[str, str]:
    """Blocks of XML, each with its own name on the first line (`name:`) or without."""
    if ":" not in text:
        _check_elements(call, text)
    kept = {}
    for block in text.split("\n\n"):
        first, _newline, rest = block.partition("\n")
        named = re.fullmatch(r"\S+:", first)
        kept[f"{PREFIX}-{first[:-1] if named else 1}"] = rest if named else block
    return kept


def _check_elements(call: Call, text: str) -> None:
    allowed = _allowed(call, "kvm")
    for name in ELEMENT.findall(text):
        if name not in allowed:
            raise CloudRuntime(f"Extra config '{name}' is not on the list of allowed keys for KVM hypervisor hosts")


WAYS: dict[str, Any] = {"VMware": _vmware, "XenServer": _xenserver, "KVM": _kvm}
