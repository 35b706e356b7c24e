"""Guest operating systems and what hypervisors can."""

from __future__ import annotations

from ..tables import Row, entity


@entity("os_categories", "GuestOSCategory", indexes=("name",))
class OsCategory(Row):
    name: str
    is_featured: bool = False
    sort_key: int = 0
    is_built_in: bool = False


@entity("guest_os", "GuestOS", indexes=("display_name", "category_id"))
class GuestOs(Row):
    display_name: str
    category_id: int
    is_user_defined: bool = False
    for_display: bool = True
    details: dict[str, str] | None = None


@entity("guest_os_mappings", "GuestOsMapping", indexes=("guest_os_id",))
class GuestOsMapping(Row):
    guest_os_id: int
    hypervisor: str
    hypervisor_version: str
    os_name: str
    is_user_defined: bool = True


@entity("hypervisor_capabilities", "HypervisorCapabilities", indexes=("hypervisor",))
class HypervisorCapabilities(Row):
    hypervisor: str
    version: str
    max_guests: int | None = None
    max_data_disks: int | None = None
    max_hosts_per_cluster: int | None = None
    security_groups: bool = False
    storage_motion: bool = False
    vm_snapshots: bool = False
    shows_id: bool = True
    """Two of the server's own rows have no public id."""
