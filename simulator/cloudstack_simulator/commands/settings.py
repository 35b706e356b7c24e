"""Settings: list, update and reset in every scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .. import contract
from ..access import NO_ACCESS, may_use_account
from ..call import Call
from ..errors import CloudRuntime, InvalidParameter, JavaError, ParameterError, PermissionDenied
from ..listing import UNLIMITED, bounds
from ..registry import command
from ..settings import CLUSTER_DETAILS, Setting, scope_of
from ..tables import Row
from .setting_checks import check_addresses, check_value

if TYPE_CHECKING:
    from ..simulator import Simulator

WHEN_CHANGED: dict[str, Callable[[Simulator], None]] = {}
"""What an area does at once when a global setting of this name has been given a value."""
SCOPE_PARAMETERS = ("zoneid", "clusterid", "accountid", "domainid", "storageid", "imagestoreuuid", "imagestoreid")
SEARCHED = ("name", "component", "description", "category", "value")
INSTANCE = "default"
"""The instance that every setting is of; keywords are looked for in it, too."""
WORDS = {"storageid": "storage pool", "imagestoreuuid": "the image store", "imagestoreid": "the image store"}
NORMAL = 0
SECRET = ("Hidden", "Secure")
CHECKER = "dynamic.apichecker.enabled"
"""Whether roles are checked by their rules: a script changes that, no command."""
NO_OVERPROVISIONING = frozenset({
    "IscsiLUN", "Iscsi", "ISO", "LVM", "CLVM", "OCFS2", "SMB", "Gluster", "ManagedNFS",
})  # fmt: skip
SHOWN = ("category", "group", "subgroup", "name", "defaultvalue", "description", "isdynamic", "component",
         "displaytext", "parent", "options", "type")  # fmt: skip


def _scope(call: Call, kind: type[Exception]) -> Row | None:
    """The row whose settings are meant, None for the global ones. Who is no root admin means his own if none."""
    p, caller = call.params, call.caller
    named = {name: p[name] for name in SCOPE_PARAMETERS if p[name] is not None}
    given = list(named.values())
    if caller.is_domain_admin and p.accountid is None and p.domainid is None:
        given.append(caller.domain)
    elif caller.account.account_type == NORMAL and p.accountid is None:
        given.append(caller.account)
    if len(given) > 1:
        raise kind("cannot handle multiple IDs, provide only one ID corresponding to the scope")
    for name, row in named.items():
        if row.removed is not None:
            raise InvalidParameter(f"unable to find {WORDS.get(name, name.removesuffix('id'))} by id {row.id}")
    return given[0] if given else None


def _check_reach(call: Call, row: Row | None) -> None:
    """Settings of a domain or an account are for those who reach it."""
    if row is not None and scope_of(row) == "Domain":
        call.check_domain(row)
    elif row is not None and scope_of(row) == "Account" and not may_use_account(call.caller, row, call.db):
        raise PermissionDenied(NO_ACCESS)


def _view(setting: Setting, value: str | None, scope: str | None) -> dict[str, Any]:
    return {**{k: setting.facts.get(k) for k in SHOWN}, "value": value, "scope": scope}


def _converted(setting: Setting, text: str | None) -> str | None:
    """How a scoped list writes a value: decimals with their point, the default where nothing is stored."""
    text = setting.default if text is None else text
    if text and setting.type in ("Decimal", "Range"):
        try:
            return str(float(text))
        except ValueError:
            return text
    return text


def _contains(setting: Setting, word: str, fields: Iterable[str]) -> bool:
    values = [setting.value if f == "value" else setting.facts.get(f) for f in fields]
    return any(word.lower() in str(value).lower() for value in values if value is not None)


def _in_group(call: Call) -> tuple[str | None, str | None]:
    p = call.params
    groups = {g["name"]: [s["name"] for s in g["subgroup"]] for g in contract.facts("setting_groups.json")}
    if p.group is None:
        if p.subgroup is not None:
            raise ParameterError("Configuration group name must be specified with the subgroup name")
        return None, None
    if p.group not in groups:
        raise ParameterError(f"Invalid configuration group: {p.group}")
    if p.subgroup is not None and p.subgroup not in groups[p.group]:
        raise ParameterError(f"Invalid configuration subgroup: {p.subgroup} for group: {p.group}")
    return p.group, p.subgroup


@command("listConfigurations")
def list_configurations(call: Call) -> dict[str, Any]:
    """A group is never paged; in a scope `count` is the page's length."""
    p, settings = call.params, call.sim.settings
    row = _scope(call, ParameterError)
    _check_reach(call, row)
    group, subgroup = _in_group(call)
    found = [
        s
        for s in settings.by_name.values()
        if (row is None or _has_scope(call, s, row))
        and (p.name is None or _contains(s, p.name, ("name",)))
        and (not p.keyword or p.keyword.lower() in INSTANCE or _contains(s, p.keyword, SEARCHED))
        and (p.category is None or s.facts["category"].lower() == p.category.lower())
        and (group is None or s.facts.get("group") == group)
        and (subgroup is None or s.facts.get("subgroup") == subgroup)
        and (p.parent is None or s.facts.get("parent") == p.parent)
    ]
    first, size = bounds(call) if group is None else (0, UNLIMITED)
    shown = found[first:] if size == UNLIMITED else found[first : first + size]
    views = [
        _view(s, s.value, None) if row is None
        else _view(s, _converted(s, settings.text(s.name, row)), scope_of(row).lower())
        for s in shown
    ]  # fmt: skip
    total = len(found) if row is None else len(views)
    if total == 0:
        return {}
    return {"count": total, "configuration": views} if views else {"count": total}


def _setting(call: Call) -> Setting:
    setting = call.sim.settings.by_name.get(call.params.name)
    if setting is None:
        raise InvalidParameter(f"Config parameter with name {call.params.name} doesn't exist")
    return setting


@command("updateConfiguration")
def update_configuration(call: Call) -> dict[str, Any]:
    p = call.params
    if not p.name:
        raise ParameterError("Empty configuration name provided")
    if p.name.lower() == CHECKER:
        raise ParameterError("Restricted configuration update not allowed")
    setting = _setting(call)
    if p.value is None:
        return {"configuration": _view(setting, None, None)}
    check_addresses(setting, p.value)
    if setting.facts["category"] == "System" and not call.caller.is_root_admin:
        raise CloudRuntime("Only Root Admin is allowed to edit this configuration.")
    row = _scope(call, InvalidParameter)
    _check_reach(call, row)
    text = p.value.strip()
    text = text.lower() if setting.type == "Boolean" else text
    if row is None:
        check_value(setting, text)
        setting.value = None if text in ("", "null") else text
        _tell(call, setting)
    else:
        _set_in_scope(call, setting, row, text)
    _write_event(call, setting, text, row)
    return {"configuration": _view(setting, p.value, scope_of(row).lower() if row is not None else None)}


def _set_in_scope(call: Call, setting: Setting, row: Any, text: str) -> None:
    _check_scope(call, setting, row)
    check_value(setting, text)
    if setting.name == "storage.overprovisioning.factor" and row.pool_type in NO_OVERPROVISIONING:
        raise InvalidParameter(f"Unable to update storage pool {row}. Overprovision not supported for {row.pool_type}")
    setting.scoped[scope_of(row), row.id] = "" if text == "null" else text
    if setting.name in CLUSTER_DETAILS and scope_of(row) == "Cluster":
        row.details[CLUSTER_DETAILS[setting.name]] = text


def _write_event(call: Call, setting: Setting, text: str, row: Row | None) -> None:
    """Secrets are not told; of a scope the row is, and its word."""
    shown = "*****" if setting.facts["category"] in SECRET else text
    told = f" Name: {setting.name} New Value: {shown}"
    if row is not None:
        told = f" Name: {setting.name}, New Value: {shown}, Scope: {scope_of(row)}"
    call.event("CONFIGURATION.VALUE.EDIT", f"Successfully completed updating configuration. {told}", row)


def _tell(call: Call, setting: Setting) -> None:
    if setting.name in WHEN_CHANGED:
        WHEN_CHANGED[setting.name](call.sim)


def _check_scope(call: Call, setting: Setting, row: Row) -> None:
    scopes = call.sim.settings.scopes(setting.name)
    if not scopes and setting.facts.get("component") == "management-server":
        raise JavaError(
            'Cannot invoke "org.apache.cloudstack.framework.config.ConfigKey.valueInScope(org.apache.cloudstack.'
            'framework.config.ConfigKey$Scope, java.lang.Long)" because "configKey" is null'
        )
    _require_scope(call, setting, row)


def _has_scope(call: Call, setting: Setting, row: Row) -> bool:
    """Where that is switched on, what may be set for accounts may be set for their domains."""
    scopes, word = call.sim.settings.scopes(setting.name), scope_of(row).lower()
    if word == "domain" and "account" in scopes and call.setting("enable.account.settings.for.domain"):
        return True
    return word in scopes


def _require_scope(call: Call, setting: Setting, row: Row) -> None:
    if not _has_scope(call, setting, row):
        raise InvalidParameter(f"Invalid scope id provided for the parameter {setting.name}")


@command("resetConfiguration")
def reset_configuration(call: Call) -> dict[str, Any]:
    setting = _setting(call)
    row: Any = _scope(call, InvalidParameter)
    _check_reach(call, row)
    if row is not None:
        _require_scope(call, setting, row)
    call.event("CONFIGURATION.VALUE.EDIT", f"Successfully completed resetting configuration. Name: {setting.name}")
    if row is None:
        setting.value = setting.default
        _tell(call, setting)
        return {"configuration": _view(setting, setting.value, None)}
    if setting.name in CLUSTER_DETAILS:
        setting.scoped[scope_of(row), row.id] = setting.value or ""
        row.details[CLUSTER_DETAILS[setting.name]] = setting.value or ""
    else:
        setting.scoped.pop((scope_of(row), row.id), None)
    return {"configuration": _view(setting, call.sim.settings.text(setting.name, row), scope_of(row))}


@command("listConfigurationGroups")
def list_configuration_groups(call: Call) -> dict[str, Any]:
    groups = [g for g in contract.facts("setting_groups.json") if call.params.group in (None, g["name"])]
    if not groups and call.params.group is not None:
        raise ParameterError(f"Invalid configuration group: {call.params.group}")
    return {"count": len(groups), "configurationgroup": groups}
