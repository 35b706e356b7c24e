"""Virtual network functions: their templates, and the appliances made of them."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..errors import InvalidParameter
from ..model.images import Template
from ..model.instances import Instance
from ..net import cidr
from ..parameters import flat_map
from ..registry import allocate, check, command
from .images import listing, register, remove, update
from .images.view import network_function
from .instances import deploy, vnf_access
from .instances import listing as instances

KIND = "VNF"
ACCESS = (
    "ACCESS_METHODS", "USERNAME", "PASSWORD", "SSH_USER", "SSH_PASSWORD", "SSH_PORT", "WEB_USER", "WEB_PASSWORD",
    "HTTP_PATH", "HTTP_PORT", "HTTPS_PATH", "HTTPS_PORT",
)  # fmt: skip
ABOUT = ("ICON", "VERSION", "VENDOR", "MAINTAINER")
METHODS = ("console", "http", "https", "ssh-key", "ssh-password")


def _nics(call: Call) -> list[dict[str, Any]]:
    """The NICs that the call describes, by device."""
    found = []
    for entry in (call.params.vnfnics or {}).values():
        name, device = (entry.get("name") or "").strip(), (entry.get("deviceid") or "").strip()
        if not name or not device:
            raise InvalidParameter("VNF nic name and deviceid cannot be null")
        if not device.lstrip("+-").isdigit():
            raise InvalidParameter("Unable to parse VNF nic deviceId to Integer: null")
        found.append(
            {
                "deviceid": int(device),
                "name": name,
                "required": _is_true(entry.get("required")),
                "management": _is_true(entry.get("management")),
                "description": entry.get("description"),
            }
        )
    return sorted(found, key=lambda nic: nic["deviceid"])


def _is_true(text: str | None) -> bool:
    return not (text or "").strip() or str(text).lower() == "true"


def _check(call: Call) -> None:
    """Refuse another kind of template, details that no network function has, and gaps between its NICs."""
    kind = call.params.templatetype
    if kind is not None and kind != KIND:
        raise InvalidParameter("The template type must be VNF for VNF templates.")
    for name, value in flat_map(call.params.vnfdetails).items():
        if name.upper() not in ACCESS + ABOUT:
            raise InvalidParameter(
                f"Invalid VNF detail found: {name}. Valid values are {', '.join(ACCESS)} and {', '.join(ABOUT)}"
            )
        if value is None:
            raise InvalidParameter(f"Empty value found for VNF detail: {name}")
        if name.upper() == ACCESS[0]:
            _check_methods(value)
    _check_order(_nics(call))


def _check_methods(text: str) -> None:
    for method in text.split(","):
        if method.strip() not in METHODS:
            raise InvalidParameter(f"Invalid VNF access method found: {method}. Valid values are {', '.join(METHODS)}")


def _check_order(nics: list[dict[str, Any]]) -> None:
    required = True
    for number, nic in enumerate(nics):
        if nic["deviceid"] != number:
            raise InvalidParameter(
                f"deviceid must be consecutive and start from 0. Nic deviceid should be {number} but actual is "
                f"{nic['deviceid']}."
            )
        if not required and nic["required"]:
            raise InvalidParameter(
                f"required cannot be true if a preceding nic is optional. Nic with deviceid {number} should be "
                "required but actual is optional."
            )
        required = nic["required"]


def _keep(call: Call, template: Template) -> None:
    details = flat_map(call.params.vnfdetails)
    if call.params.cleanupvnfdetails:
        template.vnf_details = {}
    elif details:
        template.vnf_details = {name.lower(): _stored(name, value) for name, value in details.items()}
    template.vnf_nics = _nics(call) or template.vnf_nics


def _stored(name: str, value: str) -> str:
    """Ways of access are kept sorted."""
    return ",".join(sorted(m.strip() for m in value.split(","))) if name.upper() == ACCESS[0] else value


@command("registerVnfTemplate")
def register_template(call: Call) -> dict[str, Any]:
    _check(call)
    call.params.set_default("templatetype", KIND)
    answer = register.register_template(call)
    template = call.db.templates.known(answer["template"][0]["id"])
    _keep(call, template)
    answer["template"] = [{**shown, **network_function(template)} for shown in answer["template"]]
    return answer


@command("listVnfTemplates")
def list_templates(call: Call) -> dict[str, Any]:
    call.params.set_default("isvnf", True)
    return listing.list_templates(call)


def _only_vnf(call: Call, doing: str, word: str) -> Template:
    template = call.params.id
    if not template or template.removed is not None:
        raise InvalidParameter("unable to find template/iso with specified id")
    if template.kind != KIND:
        raise InvalidParameter(
            f"Cannot {doing} as {word} {template.id} is not a VNF template. The template type is {template.kind}."
        )
    return template


@command("updateVnfTemplate")
def update_template(call: Call) -> dict[str, Any]:
    template = _only_vnf(call, "update", "template")
    _check(call)
    answer = update.update_template(call)
    _keep(call, template)
    return {"template": {**answer["template"], **network_function(template)}}


check("deleteVnfTemplate")(remove.template_exists)


@command("deleteVnfTemplate")
def delete_template(call: Call) -> Any:
    _only_vnf(call, "delete", "Template")
    return (yield from remove.delete_template(call))


@allocate("deployVnfAppliance")
def allocate_appliance(call: Call) -> Instance:
    p = call.params
    for text in p.vnfcidrlist or []:
        if cidr(text) is None:
            raise InvalidParameter(f"Invalid cidr for VNF appliance: {text}")
    vm = deploy.allocate_instance(call)
    if p.vnfconfiguremanagement:
        vnf_access.open_by_group(call, vm)
    return vm


@command("deployVnfAppliance", sync=lambda call: ("vm", call.created))
def deploy_appliance(call: Call) -> Any:
    if call.params.vnfconfiguremanagement:
        yield from vnf_access.open_by_address(call, call.created)
    return (yield from deploy.deploy(call))


@command("listVnfAppliances")
def list_appliances(call: Call) -> dict[str, Any]:
    call.params.set_default("isvnf", True)
    return instances.list_instances(call)
