"""How templates and ISOs look in answers."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...model.images import Template, TemplateCopy
from ...tags import taggable
from ..common import has_notes, owner_fields, short_tags
from ..extensions.use import extension_fields
from . import rows
from .rows import ImageRow

taggable("Template", "templates")
taggable("ISO", "templates")

DONE = {False: "Download Complete", True: "Successfully Installed"}
NEVER_CAME = {"NOT_UPLOADED": "NotUploaded", "UPLOAD_ABANDONED": "UploadAbandoned"}
INSTALLING = {False: "Installing Template", True: "Installing ISO"}
TEMPLATE_ONLY = ("templatetype", "hypervisor", "details", "sshkeyenabled", "deployasis", "forcks", "requireshvm")


def image_view(call: Call, row: ImageRow) -> dict[str, Any]:
    """A row of listTemplates or listIsos."""
    template, zone = row
    copies = rows.copies(call.sim, template, zone)
    main = _best(copies)
    ready = main is not None and main.state in rows.READY
    waits = main is not None and main.state in NEVER_CAME
    source = call.db.templates.get(template.source_template_id)
    view: dict[str, Any] = {
        **_basics(call, template),
        "created": timestamp(template.created) if template.kind != "PERHOST" else None,
        "isready": rows.is_ready(call.sim, template, zone),
        "passwordenabled": template.password_enabled,
        "crossZones": template.cross_zones,
        "zoneid": zone.uuid if zone is not None else None,
        "zonename": zone.name if zone is not None else None,
        "status": _status(template, main) if main is not None else None,
        "size": template.size if ready else None,
        "physicalsize": template.physical_size if ready else None,
        "templatetype": None if waits else template.kind,
        "isextractable": template.extractable,
        "checksum": template.checksum,
        "sourcetemplateid": source.uuid if source is not None else None,
        "templatetag": template.tag if call.caller.is_root_admin else None,
        "details": template.details,
        "downloaddetails": [] if waits else _places(call, template, zone, copies),
        "arch": template.arch,
        "bits": template.bits,
        "sshkeyenabled": template.ssh_key_enabled,
        "isdynamicallyscalable": template.dynamically_scalable,
        "directdownload": template.direct_download,
        "deployasis": template.deploy_as_is,
        "forcks": template.for_cks,
        "requireshvm": template.requires_hvm,
        "url": template.url,
        "tags": short_tags(call, template),
        "hasannotations": has_notes(call, template),
        **_user_data(call, template),
        **network_function(template),
        **extension_fields(call, template.extension_id),
    }
    if template.is_iso:
        return {k: v for k, v in view.items() if k not in TEMPLATE_ONLY} | {"bootable": template.bootable}
    return view


def network_function(template: Template) -> dict[str, Any]:
    """What is shown of the template of a network function beside everything else."""
    if template.kind != "VNF":
        return {}
    return {"vnfnics": [dict(nic) for nic in template.vnf_nics], "vnfdetails": dict(template.vnf_details)}


def _basics(call: Call, template: Template) -> dict[str, Any]:
    """Fields that every answer about a template has."""
    system = call.db.guest_os.get(template.guest_os_id)
    return {
        "id": template.uuid,
        "name": template.name,
        "displaytext": template.display_text,
        "ispublic": template.public,
        "format": template.format,
        "isfeatured": template.featured,
        "ostypeid": system.uuid if system is not None else None,
        "ostypename": system.display_name if system is not None else None,
        "hypervisor": template.hypervisor,
        **owner_fields(call, template.account_id),
    }


def _best(copies: list[TemplateCopy]) -> TemplateCopy | None:
    return next((c for c in copies if c.state in rows.READY), copies[0] if copies else None)


def _status(template: Template, copy: TemplateCopy) -> str:
    match copy.state:
        case "DOWNLOADED" | "UPLOADED":
            return DONE[template.is_iso]
        case "DOWNLOAD_IN_PROGRESS" if copy.percent >= 100:
            return INSTALLING[template.is_iso]
        case "DOWNLOAD_IN_PROGRESS":
            return f"{copy.percent}% Downloaded"
        case state if state in NEVER_CAME:
            return NEVER_CAME[state]
    return copy.error or "Processing"


def _places(call: Call, template: Template, zone: Any, copies: list[TemplateCopy]) -> list[dict[str, Any]]:
    """Where copies lie: on image stores, and on primary storage of the zone (which SYSTEM templates don't tell)."""
    places = [{**_download(copy), **_store(call.db.image_stores.get(copy.store_id), "Image")} for copy in copies]
    if template.kind == "SYSTEM":
        return places
    for held in call.db.template_pools.where(template_id=template.id):
        pool = call.db.storage_pools.get(held.pool_id)
        if pool is not None and pool.removed is None and zone is not None and pool.zone_id == zone.id:
            places.append({**_download(held), **_store(pool, "Primary")})
    return places


def _download(copy: Any) -> dict[str, Any]:
    return {"downloadState": copy.state, "downloadPercent": str(copy.percent)}


def _store(store: Any, role: str) -> dict[str, Any]:
    if store is None:
        return {}
    return {"datastore": store.name, "datastoreRole": role, "datastoreId": store.uuid}


def _user_data(call: Call, template: Template) -> dict[str, Any]:
    data = call.db.user_data.get(template.user_data_id)
    if data is None:
        return {}
    return {"userdataid": data.uuid, "userdataname": data.name, "userdatapolicy": template.user_data_policy}


def registered_iso_view(call: Call, row: ImageRow) -> dict[str, Any]:
    """An ISO as registerIso shows it: its places without role and id."""
    view = image_view(call, row)
    view["downloaddetails"] = [
        {k: v for k, v in place.items() if k not in ("datastoreRole", "datastoreId")}
        for place in view["downloaddetails"]
    ]
    return view


def updated_view(call: Call, template: Template) -> dict[str, Any]:
    """As updateTemplate and updateIso answer: the bare object, without zone and download."""
    view = {
        **_basics(call, template),
        "created": timestamp(template.created),
        "isready": False,
        "bootable": template.bootable,
        "crossZones": False,
        "bits": 0,
        "isdynamicallyscalable": template.dynamically_scalable,
        "tags": short_tags(call, template),
    }
    if template.is_iso:
        return view | {"hypervisor": "None"}
    if template.details:
        view |= {"details": template.details, "hasannotations": has_notes(call, template)}
    return view | {"templatetype": template.kind}
