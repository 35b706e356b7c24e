"""Links to download a template, an ISO, a volume or a snapshot from a secondary storage VM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import CloudRuntime
from ...model.appliances import SECONDARY_STORAGE_VM
from .. import urls

if TYPE_CHECKING:
    from ...call import Call
    from ...simulator import Simulator


def download_link(sim: Simulator, zone: Any, extension: str) -> str:
    """A fresh link; by name and TLS when `secstorage.ssl.cert.domain` says so."""
    vm = next(
        (v for v in sim.db.vms.where(vm_type=SECONDARY_STORAGE_VM, zone_id=zone.id) if v.public_ip is not None), None
    )
    if vm is None:
        raise CloudRuntime(f"There is no secondary storage VM in zone {zone.name} that could serve the download")
    host, scheme = vm.public_ip, "http"
    domain = urls.domain_of(sim.settings.text("secstorage.ssl.cert.domain"))
    if domain and sim.settings.value("secstorage.encrypt.copy"):
        host, scheme = f"{host.replace('.', '-')}.{domain}", "https"
    return f"{scheme}://{host}/userdata/{sim.ids.uuid()}.{extension}"


def extract_answer(call: Call, row: Any, url: str, zone_id: int, mode: str | None = None) -> dict[str, Any]:
    """What the extract commands answer about an object."""
    account, zone = call.db.accounts[row.account_id], call.db.zones[zone_id]
    return {
        "id": row.uuid,
        "name": row.name,
        "accountid": account.uuid,
        "state": "DOWNLOAD_URL_CREATED",
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "extractMode": mode,
        "url": url,
    }
