# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates: what root disks of instances are made from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..client import ApiError, InvalidInput, of_all_owners
from ..model import Commands, Option, Resource, Row, Update
from . import image_parts as image
from .image_downloads import awaited
from .image_options import address, common_options
from .image_parts import TEMPLATE
from .owned import OWNER, PROJECT_PARENT, check_owner, owner_parameters, tagging
from .volume_reference import disks_of

_TAGS, _SET_TAGS = tagging("Template")
_SOURCES = ("url", "volume", "snapshot", "vm")
_FROM_DISK = frozenset(
    (
        "name", "displaytext", "ostypeid", "bits", "requireshvm", "passwordenabled", "sshkeyenabled", "ispublic",
        "isfeatured", "isdynamicallyscalable", "templatetag", "arch",
    )
)  # fmt: skip
"""Parameters that createTemplate has in common with registerTemplate."""


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    image.check_place(given)
    sources = [name for name in _SOURCES if given.get(name)]
    if len(sources) > 1:
        raise InvalidInput(
            f"{' and '.join(sources)} exclude each other", option=sources[1], remedy="give one source of the template"
        )


def _check_wish(ctx: Any, row: Row | None) -> None:
    if row is not None:
        if ctx.state == "absent":
            _check_unused(ctx, row)
        return
    given = ctx.given
    if not any(given.get(name) for name in _SOURCES):
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs {', '.join(_SOURCES[:-1])} or {_SOURCES[-1]}",
            option="url",
            obj=ctx.name,
            remedy="give one of them, or check the name",
        )
    needed = ["os_type"] if not given.get("deploy_as_is") else []
    if given.get("url"):
        needed += ["format", "hypervisor"]
        needed += ["zones"] if not given.get("cross_zones") else []
    missing = [name for name in needed if not given.get(name)]
    if missing:
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs {', '.join(missing)}",
            option=missing[0],
            obj=ctx.name,
            remedy=f"give {', '.join(missing)}, or check the name",
        )
    _must_be_stopped(ctx)


def _check_unused(ctx: Any, row: Row) -> None:
    """Names who would miss it, which the server does only after it has begun."""
    if row.get("templatetype") == "SYSTEM":
        raise InvalidInput(
            f"{ctx.name} is what system VMs are made of", option="name", obj=ctx.name, remedy="use system_vm_template"
        )
    if ctx.given.get("force"):
        return
    zones = set(ctx.given.get("zones") or ())
    machines = of_all_owners(ctx.client, "listVirtualMachines", {"templateid": row["id"]})
    users = sorted(one["name"] for one in machines if not zones or zones & {one.get("zonename"), one.get("zoneid")})
    if users:
        raise InvalidInput(
            f"{ctx.name} is used by {', '.join(users[:5])}" + (f" and {len(users) - 5} more" if len(users) > 5 else ""),
            option="state",
            obj=ctx.name,
            remedy="hide it instead (is_public, is_featured, accounts), or set force: they can't be reinstalled then",
        )


def _must_be_stopped(ctx: Any) -> None:
    """The server takes no disk that is written to."""
    if not ctx.given.get("vm"):
        return
    machine = ctx.ref("vm")
    if not ctx.is_planned(machine["id"]) and machine.get("state") != "Stopped":
        raise InvalidInput(
            f"instance {machine['name']} is {machine.get('state')}, and its root disk is written to",
            option="vm",
            obj=ctx.name,
            remedy="stop it first (module instance, state: stopped), or make a snapshot and name that",
        )


def _create(ctx: Any, params: dict[str, Any]) -> str:
    if ctx.given.get("url"):
        answer = ctx.change("registerTemplate", {**params, **image.place_parameters(ctx)})
        return str(answer["template"][0]["id"])
    kept = {name: value for name, value in params.items() if name in _FROM_DISK or name.startswith("details[")}
    owner = {name: value for name, value in owner_parameters(ctx).items() if name != "zoneid"}
    answer = ctx.change("createTemplate", {**kept, **owner, **_disk(ctx)})
    if "template" not in answer:
        raise ApiError(
            f"the server reported success, but made no {ctx.name}",
            obj=ctx.name,
            remedy="look at the server's events, then run again",
        )
    return str(answer["template"]["id"])


def _disk(ctx: Any) -> dict[str, Any]:
    for option in ("volume", "snapshot"):
        if ctx.given.get(option):
            return {f"{option}id": ctx.ref_id(option)}
    roots = [disk["id"] for disk in disks_of(ctx, ctx.ref("vm")) if disk.get("type") == "ROOT"]
    if not roots:
        raise InvalidInput(
            f"instance {ctx.given['vm']} has no root disk", option="vm", obj=ctx.name, remedy="name another one"
        )
    return {"volumeid": roots[0]}


def _update_extra(ctx: Any, row: Row) -> Mapping[str, Any]:
    force = ctx.given.get("force_update_os_type")
    return {**image.kept_details(ctx, row), **({} if force is None else {"forceupdateostype": force})}


def _made_from(name: str, kind: str, text: str, **more: Any) -> Option:
    """A source inside the cloud. The server does not tell which, but a template with an address has none."""
    return Option(
        name,
        "ref",
        help=text,
        api="",
        refers_to=kind,
        decode=address,
        equal=lambda _want, have: have is None,
        export=False,
        **more,
    )


TEMPLATE_RECORD = Resource(
    name="template",
    noun="template",
    summary="Manage templates",
    description=(
        "Registers templates from a URL or makes them from a volume, a snapshot or an instance.",
        "Copies them to zones, changes and deletes them, and waits until they are ready in every zone.",
        "Templates of system VMs are managed by M(cloudstack.ops.system_vm_template).",
    ),
    notes=(
        "Names are not unique at the server. If more than one template has the name, the task fails and lists the ids.",
        "Narrow it with O(domain), O(account) or O(project) then, or give O(id).",
        "Admins manage templates of everybody, other callers their own.",
        "To replace an image, register a template of another name, and remove the old one when nothing uses it.",
    ),
    commands=Commands(
        list="listTemplates",
        create="registerTemplate",
        update="updateTemplate",
        delete="deleteTemplate",
        fixed={"list": {"templatefilter": "all", "listall": True}},
        for_users=image.for_users(TEMPLATE),
        parents=PROJECT_PARENT,
    ),
    scope=("domain", "account", "project"),
    is_shared=lambda row: bool(row.get("ispublic")),
    after_parts=("zones",),
    updates=(*image.updates(TEMPLATE, Update("updateTemplate", extra=_update_extra)), _SET_TAGS),
    options=(
        *common_options("template"),
        *OWNER,
        _made_from("volume", "volume", "Volume to make the template from; of a stopped instance, or detached."),
        _made_from("snapshot", "snapshot", "Snapshot to make the template from."),
        _made_from(
            "vm", "instance", "Stopped instance whose root disk the template is made from.", aliases=("instance",)
        ),
        Option("hypervisor", help="Hypervisor that the image is for. Needed with O(url)."),
        Option(
            "format",
            help="Format of the image. Needed with O(url).",
            choices=("QCOW2", "RAW", "VHD", "VHDX", "OVA", "VMDK", "TAR", "BAREMETAL", "EXTERNAL"),
        ),
        Option("password_enabled", "bool", help="The guest takes its password from CloudStack.", updatable=True),
        Option("sshkey_enabled", "bool", help="The guest takes its SSH keys from CloudStack.", updatable=True),
        Option(
            "requires_hvm",
            "bool",
            help="The guest needs hardware virtualization. The server's default is true.",
            updatable=True,
            server_default=True,
        ),
        Option(
            "bits", "int", help="Word size of the guest. The server does not tell it back.", choices=(32, 64), field=""
        ),
        Option(
            "is_routing",
            "bool",
            help="The template is for virtual routers. Only root admins may set it.",
            field="",
            decode=lambda row: row.get("templatetype") == "ROUTING",
            updatable=True,
        ),
        Option(
            "template_type",
            help="What the template is for: V(USER), V(VNF), and for admins others.",
            updatable=True,
            since="4.19.0",
            server_default="USER",
        ),
        Option(
            "template_tag",
            help="Only hosts with this tag run instances of the template. Only root admins may set it.",
            updatable=True,
        ),
        Option(
            "details",
            "map",
            help="Settings that instances of the template get. Only the keys given are compared.",
            updatable=True,
        ),
        Option("deploy_as_is", "bool", help="The image brings its own hardware description (VMware).", since="4.15.1"),
        Option(
            "for_cks", "bool", help="The template is for nodes of Kubernetes clusters.", updatable=True, since="4.21.0"
        ),
        Option(
            "extension",
            "ref",
            help="Extension that runs instances of the template, for external hypervisors.",
            api="extensionid",
            refers_to="extension",
            name_field="extensionname",
            by_name=True,
            since="4.21.0",
        ),
        Option(
            "external_details",
            "map",
            help="Properties for the extension. The server does not tell them back as such.",
            field="",
            since="4.21.0",
        ),
        Option(
            "force_update_os_type",
            "bool",
            help="Change the OS type of existing instances too. False refuses the change while there are instances.",
            behaviour=True,
        ),
        Option(
            "force",
            "bool",
            help="Delete the template though instances use it; they can't be reinstalled then.",
            behaviour=True,
            default=False,
        ),
        _TAGS,
    ),
    omitted={
        **image.shared_by("updateTemplatePermissions"),
        "registerTemplate.zoneid": "set from cross_zones",
        "registerTemplate.zoneids": "set from zones",
        "updateTemplate.format": "a wrong value makes the image useless; what the image is doesn't change",
        "updateTemplate.bootable": "templates are bootable",
        "updateTemplate.sortkey": "the server does not tell the order, so it could not be kept",
        "updateTemplate.cleanupdetails": "would remove details that the task does not name",
        "updateTemplate.forceupdateostype": "sent by force_update_os_type",
    },
    settle_timeout=7200,
    validate=_validate,
    check_wish=_check_wish,
    rows=partial(image.rows, TEMPLATE),
    listed=partial(image.listed, TEMPLATE),
    built_in=image.is_built_in,
    complete=partial(image.complete, TEMPLATE),
    create=_create,
    before_delete=partial(image.before_delete, TEMPLATE),
    awaited=awaited,
)

EXTENSION = Resource(
    name="extension",
    noun="extension",
    summary="Extensions of the server",
    commands=Commands(list="listExtensions"),
    options=(Option("name", help="Name of the extension."),),
    lookup_only=True,
)

RESOURCES = (TEMPLATE_RECORD, EXTENSION)
