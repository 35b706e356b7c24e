"""How a shared file system looks; the lists."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...listing import equal, matching, page, tagged
from ...model.shared_fs import SharedFileSystem
from ...registry import command
from ...tags import taggable
from ..common import has_notes, owner_fields, short_tags
from ..networks.views import nic_view
from ..volumes.sizes import GIB

taggable("SharedFS", "shared_file_systems")

PROVIDER = "SHAREDFSVM"
EXPORT = "/export"


def view(call: Call, share: SharedFileSystem) -> dict[str, Any]:
    db = call.db
    zone, offering = db.zones[share.zone_id], db.service_offerings[share.service_offering_id]
    return {
        "id": share.uuid,
        "name": share.name,
        "description": share.description,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        **owner_fields(call, share.account_id),
        "state": share.state,
        "provider": share.provider,
        "filesystem": share.filesystem,
        "path": EXPORT,
        "serviceofferingid": offering.uuid,
        "serviceofferingname": offering.name,
        **_vm(call, share),
        **_volume(call, share),
        "tags": short_tags(call, share),
        "hasannotations": has_notes(call, share),
    }


def _vm(call: Call, share: SharedFileSystem) -> dict[str, Any]:
    vm = call.db.vms.get(share.vm_id)
    if vm is None:
        return {}
    nics = call.db.nics.where(vm_id=vm.id)
    first = call.db.networks[nics[0].network_id] if nics else None
    return {
        "virtualmachineid": vm.uuid,
        "vmstate": vm.state,
        "nic": [nic_view(call, nic) for nic in nics],
        "networkid": first.uuid if first else None,
        "networkname": first.name if first else None,
    }


def _volume(call: Call, share: SharedFileSystem) -> dict[str, Any]:
    volume = call.db.volumes.get(share.volume_id)
    if volume is None:
        return {}
    offering, pool = call.db.disk_offerings.get(volume.disk_offering_id), call.db.storage_pools.get(volume.pool_id)
    shown: dict[str, Any] = {
        "volumeid": volume.uuid,
        "volumename": volume.name,
        "size": volume.size,
        "sizegb": f"{volume.size / GIB:.2f} GiB",
        "provisioningtype": volume.provisioning_type,
    }
    if offering is not None:
        shown |= {
            "diskofferingid": offering.uuid,
            "diskofferingname": offering.name,
            "diskofferingdisplaytext": offering.display_text,
            "iscustomdiskoffering": offering.customized,
        }
    if pool is not None and call.caller.is_root_admin:
        shown |= {"storageid": pool.uuid, "storage": pool.name}
    return shown


@command("listSharedFileSystems")
def list_shares(call: Call) -> dict[str, Any]:
    """The shares asked for. The server overlooks the network."""
    p, db = call.params, call.db
    volumes = db.volumes
    filters = [
        equal("id", p.id),
        equal("name", p.name),
        equal("zone_id", p.zoneid),
        equal("service_offering_id", p.serviceofferingid),
        matching(lambda s: getattr(volumes.get(s.volume_id), "disk_offering_id", None) == p.diskofferingid.id)
        if p.diskofferingid is not None
        else None,
        tagged(call, "SharedFS"),
    ]
    return call.listing(
        "sharedfilesystem",
        db.shared_file_systems,
        view,
        where=filters,
        keyword=("name",),
        owned=True,
        newest_first=True,
    )


@command("listSharedFileSystemProviders")
def list_providers(call: Call) -> dict[str, Any]:
    return page(call, "sharedfilesystemprovider", [{"name": PROVIDER}], dict)
