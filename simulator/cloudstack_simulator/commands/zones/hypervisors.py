"""Names of hypervisors."""

from __future__ import annotations

NAMES = (
    "None", "XenServer", "KVM", "VMware", "Hyperv", "VirtualBox", "Parralels", "BareMetal", "Simulator", "Ovm", "Ovm3",
    "LXC", "Custom", "External", "Any",
)  # fmt: skip
_BY_NAME = {name.lower(): name for name in NAMES}


def hypervisor_type(name: str | None) -> str:
    """The server's spelling of a hypervisor's name; `None` for one it doesn't know."""
    return _BY_NAME.get((name or "").lower(), "None")
