"""Links to download a template, an ISO, a volume or a snapshot from a secondary storage VM."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...errors import CloudRuntime
from ...model.appliances import SECONDARY_STORAGE_VM
from .. import urls

if TYPE_CHECKING:
    from ...call import Call
    from ...simulator import Simulator


def serving_host(sim: Simulator, zone: Any) -> str:
    """The name or address under which a zone's secondary storage VM serves and takes files."""
    vms = sim.db.vms.where(vm_type=SECONDARY_STORAGE_VM, zone_id=zone.id)
    vm = next((v for v in vms if v.public_ip is not None), None)
    if vm is None:
        raise CloudRuntime(f"There is no secondary storage VM in zone {zone.name} that could transfer the file")
    domain = urls.domain_of(sim.settings.text("secstorage.ssl.cert.domain"))
    return f"{vm.public_ip.replace('.', '-')}.{domain}" if domain else str(vm.public_ip)


def download_link(sim: Simulator, zone: Any, extension: str) -> str:
    """A fresh link; with TLS when `secstorage.encrypt.copy` says so."""
    scheme = "https" if sim.settings.value("secstorage.encrypt.copy") else "http"
    return f"{scheme}://{serving_host(sim, zone)}/userdata/{sim.ids.uuid()}.{extension}"


def upload_patience(sim: Simulator) -> float:
    """Seconds after which the server gives up to wait for a file."""
    return 60 * float(sim.settings.value("upload.operation.timeout") or 0)


def upload_ticket(call: Call, uuid: str, host: str) -> dict[str, Any]:
    """What a client needs to send a file to a zone's secondary storage VM, as long as it is awaited."""
    moment = datetime.fromtimestamp(call.now + upload_patience(call.sim), UTC)
    return {
        "id": uuid,
        "postURL": f"https://{host}/upload/{uuid}",
        "metadata": base64.b64encode(call.sim.ids.octets(480)).decode(),
        "expires": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
        "signature": base64.b64encode(call.sim.ids.octets(20)).decode(),
    }


def extract_answer(call: Call, row: Any, url: str, zone: Any, mode: str | None = None) -> dict[str, Any]:
    """What the extract commands answer about an object."""
    account = call.db.accounts[row.account_id]
    return {
        "id": row.uuid,
        "name": row.name,
        "accountid": account.uuid,
        "state": "DOWNLOAD_URL_CREATED",
        "zoneid": zone.uuid if zone is not None else None,
        "zonename": zone.name if zone is not None else None,
        "extractMode": mode,
        "url": url,
    }
