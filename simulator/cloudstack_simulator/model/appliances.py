"""The server's own VMs: console proxies, secondary storage VMs and virtual routers; and certificates."""

from __future__ import annotations

from ..tables import Row, entity, fresh
from .vms import VirtualMachine

CONSOLE_PROXY, SECONDARY_STORAGE_VM, ROUTER = "ConsoleProxy", "SecondaryStorageVm", "DomainRouter"
INTERNAL_BALANCER = "InternalLoadBalancerVm"
API_TYPES = {CONSOLE_PROXY: "consoleproxy", SECONDARY_STORAGE_VM: "secondarystoragevm"}
"""VM type → `systemvmtype` of the API."""


@entity("vms", "SystemVm", indexes=("template_id",))
class SystemVm(VirtualMachine):
    arch: str = "x86_64"
    private_ip: str | None = None
    private_mac: str | None = None
    private_netmask: str | None = None
    link_local_ip: str | None = None
    link_local_mac: str | None = None
    public_ip: str | None = None
    public_mac: str | None = None
    public_netmask: str | None = None
    public_gateway: str | None = None
    public_ip_id: int | None = None
    code_version: str | None = None
    """Version of the scripts inside, as the last start or patch left them."""
    release: str | None = None
    """Release of the server that these scripts are of."""
    certificate_set: int | None = None
    """Number of the certificate set that it took with its last start; None: it has none of ours."""
    viewers: int = 0
    """Sessions of consoles that are open through it."""
    answers_pages: bool = True
    """Whether a console proxy shows the pages of consoles."""
    takes_websockets: bool = True
    """Whether it takes the WebSockets of these pages."""
    serving_since: float | None = None
    """Moment from which on its services answer after the last start or reboot."""


@entity("vms", "DomainRouter", indexes=("vpc_id",))
class Router(VirtualMachine):
    """A virtual router. Its NICs are rows of `nics`."""

    arch: str = "x86_64"
    role: str = "VIRTUAL_ROUTER"
    vpc_id: int | None = None
    network_id: int | None = None
    """The guest network it was made for; None for the router of a VPC."""
    redundant: bool = False
    redundant_state: str = "UNKNOWN"
    template_version: str | None = None
    scripts_version: str | None = None
    software_version: str | None = None
    passes_rules: bool = True
    """Whether it knows the rules of its public addresses."""
    health_checks: list[dict[str, object]] = fresh(list)
    """Last results: checkname, checktype, success, lastupdated, details."""


@entity("keystore", indexes=("name", "domain_suffix"))
class KeystoreEntry(Row):
    """One certificate of `uploadCustomCertificate`; the server certificate is the one with a key."""

    name: str
    certificate: str
    domain_suffix: str
    key: str | None = None
    sequence: int | None = None


@entity("ssl_certificates", "SslCert", indexes=("account_id",))
class SslCertificate(Row):
    """A certificate for load balancer rules."""

    name: str
    account_id: int
    certificate: str
    key: str
    chain: str | None = None
    fingerprint: str


@entity("certificate_sets")
class CertificateSet(Row):
    """What system VMs that start now are given: the server certificate with its key, and its chain."""

    chain: str
    """PEM: the server certificate first, then those that signed it."""
    key: str
    """PEM."""
    usable: bool
    """Whether certificate and key belong together; a TLS server cannot start with others."""


@entity("static_settings")
class StaticSetting(Row):
    """A setting that the management server read once, when it started."""

    name: str
    value: str | None
