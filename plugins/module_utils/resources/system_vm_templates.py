# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates of system VMs and virtual routers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, Update
from . import image_parts as image
from .image_downloads import awaited
from .image_options import common_options
from .image_parts import TEMPLATE

_KEPT = (
    "name",
    "display_text",
    "url",
    "checksum",
    "os_type",
    "is_dynamically_scalable",
    "arch",
    "direct_download",
    "wait",
)
_COMMON = tuple(option for option in common_options("template") if option.name in _KEPT)
_ROUTER_TEMPLATE = "router.template."


def _check_wish(ctx: Any, row: Row | None) -> None:
    if row is None:
        missing = [name for name in ("url", "format", "hypervisor", "os_type") if not ctx.given.get(name)]
        if missing:
            raise InvalidInput(
                f"{ctx.name} does not exist, and registering it needs {', '.join(missing)}",
                option=missing[0],
                obj=ctx.name,
                remedy=f"give {', '.join(missing)}, or check the name",
            )
    elif ctx.state == "absent" and not ctx.given.get("force"):
        _refuse_if_used(ctx, row)


def _refuse_if_used(ctx: Any, row: Row) -> None:
    """New system VMs and routers can't start if the template that the settings name is gone."""
    zones = ctx.client.list("listZones", {})
    scopes = [("", {}), *((f" in zone {zone['name']}", {"zoneid": zone["id"]}) for zone in zones)]
    for where, scope in scopes:
        for setting in ctx.client.list("listConfigurations", {"name": _ROUTER_TEMPLATE, **scope}):
            if setting["name"].startswith(_ROUTER_TEMPLATE) and setting.get("value") == row["name"]:
                raise InvalidInput(
                    f"{ctx.name} is named in the setting {setting['name']}{where}",
                    option="state",
                    obj=ctx.name,
                    remedy="name another template there first, or set force to true",
                )


def _rows(ctx: Any) -> list[Row]:
    return [row for row in image.rows(TEMPLATE, ctx) if row.get("templatetype") in ("SYSTEM", "ROUTING")]


def _create(ctx: Any, params: dict[str, Any]) -> str:
    """As a routing template, which nobody uses yet: a system template would be used before it is ready everywhere."""
    fixed = {"zoneid": "-1", "isrouting": True, "ispublic": False, "isfeatured": False}
    return str(ctx.change("registerTemplate", {**params, **fixed})["template"][0]["id"])


def _before_delete(ctx: Any, row: Row) -> Mapping[str, Any]:
    system = {"issystem": True} if row.get("templatetype") == "SYSTEM" else {}
    return {**system, **({"forced": True} if ctx.given.get("force") else {})}


SYSTEM_VM_TEMPLATE = Resource(
    name="system_vm_template",
    noun="system VM template",
    exported=False,
    event_resource="Template",
    summary="Manage templates of system VMs and virtual routers",
    description=(
        "Registers a template for system VMs in all zones and waits until it is ready in each of them.",
        "Only then it is made a system template, because the server uses one as soon as it is there.",
        "With O(template_type=ROUTING) it is made ready but not yet used, so that the switch can wait for a window.",
    ),
    notes=(
        "Since CloudStack 4.16 an upgrade brings and registers the template itself.",
        "This module is for templates of one's own and for registrations that failed.",
        "The setting V(router.template.kvm), or that of another hypervisor, names the template of new system VMs.",
        "Set it with M(cloudstack.ops.setting). System VMs that run keep their template until they are recreated.",
        "The server takes no other template with the name of a system template.",
    ),
    commands=Commands(
        list="listTemplates",
        create="registerTemplate",
        update="updateTemplate",
        delete="deleteTemplate",
        fixed={"list": {"templatefilter": "all", "listall": True}},
    ),
    scope=("hypervisor",),
    updates=(Update("updateTemplate", extra=image.kept_details),),
    options=(
        *_COMMON,
        Option("hypervisor", help="Hypervisor that the image is for. Needed to register it."),
        Option(
            "format",
            help="Format of the image. Needed to register it.",
            choices=("QCOW2", "RAW", "VHD", "VHDX", "OVA", "VMDK"),
        ),
        Option(
            "template_type",
            help="V(SYSTEM) is used by system VMs as the settings say; V(ROUTING) is ready, but not used.",
            choices=("SYSTEM", "ROUTING"),
            default="SYSTEM",
            on_create=False,
            updatable=True,
        ),
        Option(
            "details", "map", help="Settings that system VMs get. Only the keys given are compared.", updatable=True
        ),
        Option("deploy_as_is", "bool", help="The image brings its own hardware description (VMware).", since="4.15.1"),
        Option(
            "force",
            "bool",
            help="Delete the template though settings name it or system VMs use it.",
            behaviour=True,
            default=False,
        ),
    ),
    omitted={
        **{
            f"registerTemplate.{name}": "always all zones, not public, and for routing: system VMs need it so"
            for name in ("zoneid", "zoneids", "isrouting", "ispublic", "isfeatured", "isextractable", "templatetype")
        },
        **{
            f"registerTemplate.{name}": "system templates belong to the caller, a root admin"
            for name in ("account", "domainid", "projectid")
        },
        **{
            f"registerTemplate.{name}": "about instances of users"
            for name in (
                "bits",
                "forcks",
                "extensionid",
                "externaldetails",
                "passwordenabled",
                "requireshvm",
                "sshkeyenabled",
                "templatetag",
            )
        },
        **{
            f"updateTemplate.{name}": "about instances of users"
            for name in (
                "forcks",
                "passwordenabled",
                "requireshvm",
                "sshkeyenabled",
                "templatetag",
                "forceupdateostype",
            )
        },
        "updateTemplate.isrouting": "set by template_type",
        "updateTemplate.format": "a wrong value makes the image useless; what the image is doesn't change",
        "updateTemplate.bootable": "templates are bootable",
        "updateTemplate.sortkey": "the server does not tell the order, so it could not be kept",
        "updateTemplate.cleanupdetails": "would remove details that the task does not name",
    },
    settle_timeout=7200,
    check_wish=_check_wish,
    rows=_rows,
    create=_create,
    before_delete=_before_delete,
    awaited=awaited,
)

RESOURCES = (SYSTEM_VM_TEMPLATE,)
