"""What the server makes its own VMs from: offerings by settings, templates by hypervisor, names and MAC addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...model.appliances import CONSOLE_PROXY, INTERNAL_BALANCER, ROUTER, SECONDARY_STORAGE_VM, StaticSetting
from ...model.images import SYSTEM, Template
from ...registry import at_install, at_start
from .. import hypervisors
from ..images import rows
from ..instances.placement import is_usable
from ..offerings.builtin import default_system_offering

if TYPE_CHECKING:
    from ...simulator import Simulator

SERVER_VERSION = "4.22.0.0"
TEMPLATE_VERSION = "4.22.0"
SYSTEM_ACCOUNT = 1
PREFIXES = {CONSOLE_PROXY: "v", SECONDARY_STORAGE_VM: "s", ROUTER: "r", INTERNAL_BALANCER: "b"}
OFFERING_SETTINGS = {
    CONSOLE_PROXY: "consoleproxy.service.offering",
    SECONDARY_STORAGE_VM: "secstorage.service.offering",
    ROUTER: "router.service.offering",
    INTERNAL_BALANCER: "internallbvm.service.offering",
}
OFFERING_TYPES = {
    CONSOLE_PROXY: "consoleproxy",
    SECONDARY_STORAGE_VM: "secondarystoragevm",
    ROUTER: "domainrouter",
    INTERNAL_BALANCER: "internalloadbalancervm",
}
READ_AT_START = ("secstorage.service.offering", "internallbvm.service.offering")
TEMPLATE_SETTINGS = {
    "XenServer": "router.template.xenserver", "KVM": "router.template.kvm", "VMware": "router.template.vmware",
    "Hyperv": "router.template.hyperv", "LXC": "router.template.lxc", "Ovm3": "router.template.ovm3",
}  # fmt: skip

NO_PATCH = (
    "class com.cloud.agent.api.UnsupportedAnswer cannot be cast to class com.cloud.agent.api.PatchSystemVmAnswer "
    "(com.cloud.agent.api.UnsupportedAnswer and com.cloud.agent.api.PatchSystemVmAnswer are in unnamed module of "
    "loader 'app')"
)
"""What the recorded hypervisor's agents make of a patch."""


@at_start
@at_install(order=95)
def read_static_settings(sim: Simulator) -> None:
    """The settings that only count from a start of the management server on."""
    for setting in sim.db.static_settings:
        sim.db.static_settings.delete(setting)
    for name in READ_AT_START:
        sim.db.static_settings.add(StaticSetting(name=name, value=sim.settings.text(name)))


def offering_for(sim: Simulator, kind: str, scope: Any = None) -> Any:
    """The configured offering (also an inactive one, or one of another type), else the built-in default.

    Routers take no offering for the other kind of storage than that of `system.vm.use.local.storage`.
    """
    name = OFFERING_SETTINGS[kind]
    if name in READ_AT_START:
        wanted = sim.db.static_settings.where(name=name)[0].value
    else:
        wanted = sim.settings.text(name, scope)
    chosen = sim.db.service_offerings.find(wanted.strip()) if wanted else None
    default = default_offering(sim, kind)
    if (
        kind == ROUTER
        and chosen is not None
        and default is not None
        and _is_local(sim, chosen) != _is_local(sim, default)
    ):
        return default
    return chosen or default


def _is_local(sim: Simulator, offering: Any) -> bool:
    disk = sim.db.disk_offerings.get(offering.disk_offering_id)
    return disk is not None and disk.use_local_storage


def default_offering(sim: Simulator, kind: str) -> Any:
    local = bool(sim.settings.value("system.vm.use.local.storage"))
    return default_system_offering(sim, OFFERING_TYPES[kind], local=local)


def template_for(sim: Simulator, zone: Any, hypervisor: str | None, kind: str = ROUTER) -> Template | None:
    """The ready system template of a hypervisor in a zone that the next machine of a kind is made from.

    Of routers the newest that `router.template.*` names, one of type ROUTING first. Of console proxies and secondary
    storage VMs the newest of type SYSTEM, whatever its name, one of the preferred architecture first.
    """
    ready = [
        template
        for template in sim.db.templates
        if template.hypervisor == hypervisor
        and template.kind in (SYSTEM, "ROUTING")
        and rows.is_ready(sim, template, zone)
    ]
    newest = ready[::-1]
    setting = TEMPLATE_SETTINGS.get(hypervisor or "")
    if setting is None:
        return next((t for t in ready if t.kind == SYSTEM), None)
    if kind in (ROUTER, INTERNAL_BALANCER):
        wanted = sim.settings.text(setting, zone)
        named = [t for t in newest if t.name == wanted]
        return next(iter(sorted(named, key=lambda t: t.kind == SYSTEM)), None)
    preferred = sim.settings.text("system.vm.preferred.architecture", zone)
    made_for = [t for t in newest if t.kind == SYSTEM]
    return next(iter(sorted(made_for, key=lambda t: t.arch != preferred)), None)


def instance_name(sim: Simulator, kind: str, number: int) -> str:
    """`v-2-VM`, `s-1-VM`, `r-4-VM`; the end is the setting `instance.name`."""
    return f"{PREFIXES[kind]}-{number}-{sim.settings.text('instance.name')}"


def mac(sim: Simulator, number: int) -> str:
    """The MAC address that goes with an address of a pod or public range: its number and one octet by chance."""
    return f"1e:00:{sim.ids.octets(1)[0]:02x}:00:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}"


def link_local(sim: Simulator) -> tuple[str, str]:
    """A free link-local address and its MAC address."""
    used = {vm.link_local_ip for vm in sim.db.vms.where(vm_type=CONSOLE_PROXY)}
    used |= {vm.link_local_ip for vm in sim.db.vms.where(vm_type=SECONDARY_STORAGE_VM)}
    while True:
        third, fourth = sim.ids.octets(2)
        address = f"169.254.{third}.{max(2, min(fourth, 254))}"
        if address not in used:
            return address, f"0e:00:a9:fe:{third:02x}:{max(2, min(fourth, 254)):02x}"


def code_version(sim: Simulator) -> str:
    """The version of the scripts that the management server gives its VMs."""
    return sim.ids.named_uuid(SERVER_VERSION)


def template_version(sim: Simulator, hypervisor: str) -> str:
    """The template version that a fresh VM reports."""
    if hypervisors.is_fake(hypervisor):
        return str(sim.settings.text("minreq.sysvmtemplate.version"))
    return TEMPLATE_VERSION


def hypervisor_for(sim: Simulator, zone: Any) -> str | None:
    """The hypervisor for system VMs: the configured one, else that of the first usable host."""
    there = [str(h.hypervisor) for h in sim.db.hosts.where(zone_id=zone.id, kind="Routing") if is_usable(sim, h)]
    wanted = sim.settings.text("system.vm.default.hypervisor")
    if wanted in there:
        return wanted
    return there[0] if there else None
