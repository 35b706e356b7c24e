"""listCapabilities, listApis and who this cloud is."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cache
from typing import Any

from ... import contract, permissions
from ...call import Call
from ...contract import CommandFact, Parameter
from ...envelope import VERSION
from ...errors import InvalidParameter, ServerApiError
from ...registry import command

BY_SETTING = {
    "userpublictemplateenabled": "allow.public.user.templates",
    "projectinviterequired": "project.invite.required",
    "allowusercreateprojects": "allow.user.create.projects",
    "customdiskofferingminsize": "custom.diskoffering.size.min",
    "customdiskofferingmaxsize": "custom.diskoffering.size.max",
    "kvmsnapshotenabled": "kvm.snapshot.enabled",
    "allowuserviewdestroyedvm": "allow.user.view.destroyed.vm",
    "allowuserexpungerecovervm": "allow.user.expunge.recover.vm",
    "allowuserexpungerecovervolume": "allow.user.expunge.recover.volume",
    "allowuserviewalldomainaccounts": "allow.user.view.all.domain.accounts",
    "allowuserforcestopvm": "allow.user.force.stop.vm",
    "kubernetesserviceenabled": "cloud.kubernetes.service.enabled",
    "kubernetesclusterexperimentalfeaturesenabled": "cloud.kubernetes.cluster.experimental.features.enabled",
    "customhypervisordisplayname": "hypervisor.custom.display.name",
    "defaultuipagesize": "default.ui.page.size",
    "instancesstatsretentiontime": "vm.stats.max.retention.time",
    "instancesstatsuseronly": "vm.stats.user.vm.only",
    "instancesdisksstatsretentionenabled": "vm.disk.stats.retention.enabled",
    "instancesdisksstatsretentiontime": "vm.disk.stats.max.retention.time",
    "sharedfsvmmincpucount": "sharedfsvm.min.cpu.count",
    "sharedfsvmminramsize": "sharedfsvm.min.ram.size",
    "instanceleaseenabled": "instance.lease.enabled",
    "dynamicscalingenabled": "enable.dynamic.scale.vm",
    "additionalconfigenabled": "enable.additional.vm.configuration",
    "dynamicrolesenabled": "dynamic.apichecker.enabled",
}
ADMIN_MAY = ("allowuserviewdestroyedvm", "allowuserexpungerecovervm", "allowuserexpungerecovervolume",
             "allowuserforcestopvm")  # fmt: skip


@command("listCapabilities")
def list_capabilities(call: Call) -> dict[str, Any]:
    scoped = {
        field: call.setting(name, call.caller.account if field.startswith("allowuser") else None)
        for field, name in BY_SETTING.items()
    }
    view: dict[str, Any] = {
        **scoped,
        "securitygroupsenabled": any(zone.security_groups for zone in call.db.zones),
        "cloudstackversion": VERSION,
        "supportELB": "false",
        "regionsecondaryenabled": False,
        "extensionspath": "/var/cloudstack/cloudstack/extensions",
    }
    if call.caller.is_root_admin or call.caller.is_domain_admin:
        view |= dict.fromkeys(ADMIN_MAY, True)
    if call.setting("api.throttling.enabled"):
        view |= {
            "apilimitinterval": call.setting("api.throttling.interval"),
            "apilimitmax": call.setting("api.throttling.max"),
        }
    return {"capability": view}


UNDESCRIBED = ""
"""The contract has no descriptions, but clients count on the field."""


def _parameter_view(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "description": UNDESCRIBED,
        "type": parameter.type,
        "length": parameter.length,
        "required": parameter.required,
        "since": parameter.since or None,
    }


@cache
def _responses() -> dict[str, dict[str, str]]:
    return {command: fields for commands, fields in contract.facts("responses.json") for command in commands}


def _fields(fields: dict[str, str]) -> list[dict[str, Any]]:
    inner: dict[str, dict[str, str]] = {}
    for name, kind in fields.items():
        outer, mark, rest = name.partition("[].")
        if mark:
            inner.setdefault(outer, {})[rest] = kind
    return [
        {
            "name": name,
            "description": UNDESCRIBED,
            "type": kind,
            "response": _fields(inner[name]) if name in inner else None,
        }
        for name, kind in fields.items()
        if "[]." not in name
    ]


def _command_view(fact: CommandFact) -> dict[str, Any]:
    return {
        "name": fact.name,
        "description": UNDESCRIBED,
        "isasync": fact.is_async,
        "since": fact.since or None,
        "params": [_parameter_view(parameter) for parameter in fact.params.values()],
        "response": _fields(_responses().get(fact.name, {})),
    }


@command("listApis")
def list_apis(call: Call) -> dict[str, Any]:
    """The commands that the caller may use, with their parameters."""
    wanted = call.params.name
    facts = [
        fact
        for name, fact in contract.commands().items()
        if wanted in (None, name) and permissions.is_allowed(call.sim, call.caller, name)
    ]
    if not facts:
        raise ServerApiError(530, "Api Discovery plugin was unable to find an api by that name or process any apis")
    return {"count": len(facts), "api": [_command_view(fact) for fact in facts]}


@command("getCloudIdentifier")
def get_cloud_identifier(call: Call) -> dict[str, Any]:
    user = call.params.userid
    if user.removed is not None:
        raise InvalidParameter("userId is not valid")
    identifier = call.sim.cloud_identifier
    key = (user.secret_key or "").encode()
    digest = hmac.new(key, identifier.lower().encode(), hashlib.sha1).digest()
    return {"cloudidentifier": {"cloudidentifier": identifier, "signature": base64.b64encode(digest).decode()}}
