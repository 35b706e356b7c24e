"""The details that a new instance keeps: its own, and parameters that the server stores among them."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter, JavaError
from ...parameters import flat_map
from ..extensions.use import external_details

BOOT_TYPES, BOOT_MODES = ("UEFI", "BIOS"), ("LEGACY", "SECURE")
UEFI, BIOS = BOOT_TYPES
IO_POLICIES = ("native", "threads", "io_uring", "storage_specific")
ROOT_SIZE = "rootdisksize"
FOR_KVM = ("iothreads", "io.policy")
IOPS = (("minIops", "maxIops"), ("minIopsDo", "maxIopsDo"))
NO_MODE = (
    'Cannot invoke "org.apache.cloudstack.api.ApiConstants$BootMode.toString()" because the return value of '
    '"org.apache.cloudstack.api.command.user.vm.BaseDeployVMCmd.getBootMode()" is null'
)


def of_call(call: Call) -> dict[str, str]:
    """The details of a deployment, checked, with what other parameters add to them."""
    p = call.params
    details = {k: str(v) for k, v in flat_map(p.details).items()}
    boot = _boot_type(p)
    if boot is not None:
        details[boot] = _boot_mode(p, boot)
    if p.rootdisksize is not None:
        details.setdefault(ROOT_SIZE, str(p.rootdisksize))
    policy = _io_policy(p)
    if policy is not None:
        details["io.policy"] = policy
    if p.iothreadsenabled:
        details["iothreads"] = "true"
    if p.nicmultiqueuenumber is not None:
        details["nic.multiqueue.number"] = str(p.nicmultiqueuenumber)
    if p.nicpackedvirtqueuesenabled:
        details["nic.packed.virtqueues.enabled"] = "true"
    details |= external_details(call)
    _check(details)
    return details


def kept(call: Call, template: Any, hypervisor: str, details: dict[str, str]) -> dict[str, str]:
    """What is stored of them, over those of the template."""
    own = dict(template.details)
    if call.params.keyboard:
        own["keyboard"] = call.params.keyboard
    for name, value in details.items():
        if name.upper() == BIOS:
            own.pop(UEFI, None)
        elif name.lower() in FOR_KVM and hypervisor != "KVM":
            own.pop(name.lower(), None)
        else:
            own[name] = value
    return own


def _one_of(text: str | None, words: tuple[str, ...], complaint: str) -> str | None:
    """The word that a text is, without regard to case and spaces; None where nothing is given."""
    wanted = (text or "").strip().upper()
    if not wanted:
        return None
    for word in words:
        if word.upper() == wanted:
            return word
    raise InvalidParameter(complaint)


def _boot_type(p: Any) -> str | None:
    complaint = f"Invalid bootType {p.boottype}Specified for vm {_name(p)} Valid values are: {_words(BOOT_TYPES)}"
    return _one_of(p.boottype, BOOT_TYPES, complaint)


def _boot_mode(p: Any, boot: str) -> str:
    known = _words(BOOT_MODES)
    complaint = f"Invalid bootmode: {p.bootmode} specified for VM: {_name(p)}. Valid values are: {known}"
    mode = _one_of(p.bootmode, BOOT_MODES, complaint)
    if mode is not None:
        return mode
    if boot == UEFI:
        raise InvalidParameter(
            f"bootmode must be specified for the VM with boot type: {UEFI}. Valid values are: {known}"
        )
    raise JavaError(NO_MODE)


def _io_policy(p: Any) -> str | None:
    complaint = (
        f"Invalid io policy {p.iodriverpolicy} specified for vm {_name(p)}. Valid values are: {_words(IO_POLICIES)}"
    )
    return _one_of(p.iodriverpolicy, IO_POLICIES, complaint)


def _name(p: Any) -> str:
    return "null" if p.name is None else str(p.name)


def _words(values: tuple[str, ...]) -> str:
    return f"[{', '.join(values)}]"


def _check(details: dict[str, str]) -> None:
    for low, high in IOPS:
        _check_iops(details.get(low), details.get(high))
    if "extraconfig" in details:
        raise InvalidParameter("'extraconfig' should not be included in details as key")
    if any(name.startswith("extraconfig") for name in details):
        raise InvalidParameter("detail name should not start with extraconfig")


def _check_iops(low: str | None, high: str | None) -> None:
    if (low is None) is not (high is None):
        raise InvalidParameter("Either 'Min IOPS' and 'Max IOPS' must both be specified or neither be specified.")
    for text, word in ((low, "Min"), (high, "Max")):
        if text is not None and not text.lstrip("-").isdecimal():
            raise InvalidParameter(f"'{word} IOPS' must be a whole number.")
    if low is not None and high is not None and int(low) > int(high):
        raise InvalidParameter("'Min IOPS' must be less than or equal to 'Max IOPS'.")
