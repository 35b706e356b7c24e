"""Templates and ISOs, and where they lie."""

from __future__ import annotations

from typing import Any

from ..tables import Row, entity, fresh
from ..wording import printed

USER, ROUTING, SYSTEM, BUILTIN, PERHOST = "USER", "ROUTING", "SYSTEM", "BUILTIN", "PERHOST"


@entity("templates", "Template", "Iso", "TemplatePermissions", indexes=("account_id", "name", "kind"))
class Template(Row):
    """A template, or an ISO (`format` ISO)."""

    name: str
    display_text: str
    account_id: int
    format: str
    kind: str = USER
    """USER, ROUTING, SYSTEM, BUILTIN, PERHOST, VNF …"""
    hypervisor: str | None = None
    guest_os_id: int | None = None
    url: str | None = None
    unique_name: str = ""
    public: bool = False
    featured: bool = False
    extractable: bool = False
    cross_zones: bool = False
    password_enabled: bool = False
    ssh_key_enabled: bool = False
    dynamically_scalable: bool = False
    requires_hvm: bool = True
    bootable: bool = True
    bits: int = 0
    checksum: str | None = None
    tag: str | None = None
    arch: str = "x86_64"
    direct_download: bool = False
    deploy_as_is: bool = False
    for_cks: bool = False
    size: int | None = None
    """Bytes, known once one copy is complete."""
    physical_size: int | None = None
    source_template_id: int | None = None
    user_data_id: int | None = None
    user_data_policy: str | None = None
    details: dict[str, str] = fresh(dict)
    vnf_nics: list[dict[str, Any]] = fresh(list)
    """Of a network function: {"deviceid", "name", "required", "management", "description"}, by device."""
    vnf_details: dict[str, str] = fresh(dict)
    extension_id: int | None = None
    """The extension that runs instances of it; only of the hypervisor External."""
    sort_key: int = 0
    launch_account_ids: list[int] = fresh(list)
    """Accounts that may use a private one, newest last."""

    @property
    def is_iso(self) -> bool:
        return self.format == "ISO"

    def __str__(self) -> str:
        return printed(
            "Template", format=self.format, id=self.id, name=self.name, uniqueName=self.unique_name, uuid=self.uuid
        )


@entity("template_copies", indexes=("template_id", "zone_id", "store_id"))
class TemplateCopy(Row):
    """A template on an image store."""

    template_id: int
    store_id: int
    zone_id: int | None
    state: str = "DOWNLOADED"
    """NOT_DOWNLOADED, DOWNLOAD_IN_PROGRESS, DOWNLOADED, DOWNLOAD_ERROR, NOT_UPLOADED, UPLOAD_ABANDONED, UPLOADED."""
    percent: int = 100
    error: str | None = None
    link: str | None = None
    """Where it can be downloaded from, once somebody asked for that."""
    link_made: float = 0.0


@entity("template_zones", indexes=("template_id", "zone_id"))
class TemplateZone(Row):
    """That a template belongs to a zone: one row of listTemplates."""

    template_id: int
    zone_id: int


@entity("template_pools", indexes=("template_id", "pool_id"))
class TemplateOnPool(Row):
    """A template that primary storage has a copy of."""

    template_id: int
    pool_id: int
    state: str = "DOWNLOADED"
    percent: int = 100
    size: int = 0
    """Bytes it takes there."""


@entity("direct_download_certificates", "DirectDownloadCertificate", indexes=("zone_id",))
class DirectDownloadCertificate(Row):
    """A certificate that KVM hosts of a zone trust when they download images themselves."""

    alias: str
    text: str
    """PEM."""
    zone_id: int
    hypervisor: str = "KVM"
    hosts: dict[int, bool] = fresh(dict)
    """Numbers of hosts that it was brought to; True: revoked since."""
