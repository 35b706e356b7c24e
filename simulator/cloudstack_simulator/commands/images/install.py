"""The images that every installation begins with."""

from __future__ import annotations

from typing import NamedTuple

from ...model.images import BUILTIN, PERHOST, SYSTEM, Template
from ...registry import at_install
from ...simulator import Simulator
from . import rows

SYSTEM_ACCOUNT = 1


class BuiltIn(NamedTuple):
    number: int
    name: str
    kind: str
    hypervisor: str | None
    format: str
    guest_os: str
    url: str | None


DEBIAN_5, CENTOS_56 = "Debian GNU/Linux 5.0 (64-bit)", "CentOS 5.6 (64-bit)"
SITE = "http://download.cloudstack.org"
LAB = "http://nfs1.lab.vmops.com/templates"
BUILT_IN = (
    BuiltIn(1, "SystemVM Template (XenServer)", SYSTEM, "XenServer", "VHD", DEBIAN_5, f"{SITE}/systemvm/xen.vhd.bz2"),
    BuiltIn(3, "SystemVM Template (KVM)", SYSTEM, "KVM", "QCOW2", DEBIAN_5, f"{SITE}/systemvm/kvm.qcow2.bz2"),
    BuiltIn(
        4, "CentOS 5.5(64-bit) no GUI (KVM)", BUILTIN, "KVM", "QCOW2", "CentOS 5.5 (64-bit)",
        f"{SITE}/templates/builtin/centos55-x86_64.qcow2.bz2",
    ),
    BuiltIn(
        5, "CentOS 5.6(64-bit) no GUI (XenServer)", BUILTIN, "XenServer", "VHD", CENTOS_56,
        f"{SITE}/templates/builtin/centos56-x86_64.vhd.bz2",
    ),
    BuiltIn(
        6, "CentOS 6.4(64-bit) GUI (Hyperv)", BUILTIN, "Hyperv", "VHD", "CentOS 6.4 (64-bit)",
        f"{SITE}/templates/builtin/centos64-x86_64.vhd.bz2",
    ),
    BuiltIn(
        7, "CentOS 5.3(64-bit) no GUI (vSphere)", BUILTIN, "VMware", "OVA", "CentOS 5.3 (64-bit)",
        f"{SITE}/templates/builtin/centos53-x64.ova",
    ),
    BuiltIn(8, "SystemVM Template (vSphere)", SYSTEM, "VMware", "OVA", DEBIAN_5, f"{SITE}/systemvm/vmware.ova"),
    BuiltIn(9, "SystemVM Template (HyperV)", SYSTEM, "Hyperv", "VHD", DEBIAN_5, f"{SITE}/systemvm/hyperv.vhd.zip"),
    BuiltIn(10, "SystemVM Template (LXC)", SYSTEM, "LXC", "QCOW2", DEBIAN_5, f"{SITE}/systemvm/kvm.qcow2.bz2"),
    BuiltIn(12, "SystemVM Template (Ovm3)", SYSTEM, "Ovm3", "RAW", DEBIAN_5, f"{SITE}/systemvm/ovm.raw.bz2"),
    BuiltIn(
        13, "CentOS 7(64-bit) no GUI (LXC)", BUILTIN, "LXC", "TAR", "CentOS 7",
        f"{SITE}/templates/builtin/centos7-x86_64.tar.gz",
    ),
    BuiltIn(
        100, "SystemVM Template (simulator)", SYSTEM, "Simulator", "VHD", DEBIAN_5,
        f"{LAB}/routing/debian/latest/systemvm.vhd.bz2",
    ),
    BuiltIn(
        111, "CentOS 5.6 (64-bit) no GUI (Simulator)", BUILTIN, "Simulator", "VHD", CENTOS_56,
        LAB + "/centos53-x86_64/latest/{uuid}.vhd.bz2",
    ),
)  # fmt: skip
TOOLS = BuiltIn(200, "xs-tools.iso", PERHOST, None, "ISO", "CentOS 4.5 (32-bit)", None)
"""The last number of the installation: images of users begin with 201."""


@at_install(order=40)
def add_images(sim: Simulator) -> None:
    for fact in BUILT_IN:
        sim.db.templates.add(
            Template(
                id=fact.number,
                name=fact.name,
                display_text=fact.name,
                account_id=SYSTEM_ACCOUNT,
                format=fact.format,
                kind=fact.kind,
                hypervisor=fact.hypervisor,
                guest_os_id=rows.guest_os_named(sim, fact.guest_os),
                url=(fact.url or "").format(uuid=sim.ids.uuid()),
                unique_name=f"{'routing' if fact.kind == SYSTEM else 'builtin'}-{fact.number}",
                public=fact.kind == BUILTIN,
                featured=fact.kind == BUILTIN,
                cross_zones=True,
                requires_hvm=False,
                checksum="",
            )
        )
    sim.db.templates.add(
        Template(
            id=TOOLS.number,
            name=TOOLS.name,
            display_text="XenServer Tools Installer ISO (xen-pv-drv-iso)",
            account_id=SYSTEM_ACCOUNT,
            format=TOOLS.format,
            kind=TOOLS.kind,
            guest_os_id=rows.guest_os_named(sim, TOOLS.guest_os),
            unique_name=TOOLS.name,
            public=True,
            featured=True,
            bootable=False,
            bits=64,
        )
    )
    sim.limits.add(SYSTEM_ACCOUNT, "template", len(BUILT_IN) + 1)
