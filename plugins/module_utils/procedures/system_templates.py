# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System VM templates for procedures: which one is meant, and whether system VMs could be made from it at all.

Routers are made from the template that the setting of their hypervisor names. Console proxies and secondary storage VMs
are not: the server takes the newest system template of the hypervisor that is ready in their zone, one of the preferred
architecture before others [VMTemplateDaoImpl of 4.22].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..client import Ambiguous, InvalidInput, NotFound
from ..model import Row
from .scope_names import meant

SETTINGS = {
    "KVM": "router.template.kvm",
    "XenServer": "router.template.xenserver",
    "VMware": "router.template.vmware",
    "Hyperv": "router.template.hyperv",
    "LXC": "router.template.lxc",
    "Ovm3": "router.template.ovm3",
}
"""Hypervisor to the setting that names its template."""
DOWNLOADED, SYSTEM = "DOWNLOADED", "SYSTEM"
PREFERRED = "system.vm.preferred.architecture"


def chosen(run: Any, zones: Sequence[Row]) -> Row:
    """The template of the option ``template``, by name or id. Raises when the server would not take it.

    The setting is a name, and several templates may share one: then the server takes the newest of them.
    """
    wanted, hypervisor = run.option("template"), run.option("hypervisor")
    rows = run.client.list("listTemplates", {"templatefilter": "all", "listall": True})
    named = [row for row in rows if wanted in (row["id"], row["name"])]
    found = {row["id"]: row for row in named if not hypervisor or row.get("hypervisor") == hypervisor}
    if not found:
        raise NotFound(
            f"there is no template {wanted!r}" + (f" of {hypervisor}" if hypervisor and named else ""),
            obj=f"template {wanted}",
            remedy=meant(wanted, (row["name"] for row in rows), "register it first (module system_vm_template)"),
        )
    if len(found) > 1:
        raise Ambiguous(
            f"{len(found)} templates are called {wanted!r}: {', '.join(sorted(found))}",
            obj=f"template {wanted}",
            ids=sorted(found),
            remedy="give the id, or the hypervisor",
        )
    template = next(iter(found.values()))
    _check_kind(template)
    _check_name(template, rows)
    hosts = run.client.list("listHosts", {"type": "Routing"})
    for zone in zones:
        able = [
            row for row in hosts if (row.get("zoneid"), row.get("hypervisor")) == (zone["id"], template["hypervisor"])
        ]
        if able:
            _check_copies(run, template, [row for row in named if row["id"] == template["id"]], zone)
            _check_architecture(template, able, zone)
            _check_first(run, template, rows, zone)
    return template


def _check_kind(template: Row) -> None:
    name = f"template {template['name']}"
    if template.get("templatetype") != SYSTEM:
        raise InvalidInput(
            f"{name} is of type {template.get('templatetype')}, which system VMs are not made from",
            option="template",
            obj=name,
            remedy="make it a system template first (module system_vm_template)",
        )
    if template.get("hypervisor") not in SETTINGS:
        raise InvalidInput(
            f"{name} is for {template.get('hypervisor')}, and no setting names its template",
            option="template",
            obj=name,
            remedy=f"templates of {', '.join(SETTINGS)} can be chosen by a setting",
        )


def _check_name(template: Row, rows: Sequence[Row]) -> None:
    """Of templates with one name the server takes the newest for routers."""
    same = [
        row
        for row in rows
        if row["name"] == template["name"]
        and row.get("hypervisor") == template.get("hypervisor")
        and row.get("templatetype") == SYSTEM
        and row["id"] != template["id"]
        and str(row.get("created", "")) >= str(template.get("created", ""))
    ]
    if same:
        raise InvalidInput(
            f"template {same[0]['id']} is called {template['name']} too and is newer; the server would take it",
            option="template",
            remedy="give that id, or rename or delete one of them",
        )


def _check_first(run: Any, template: Row, rows: Sequence[Row], zone: Row) -> None:
    """Whatever the setting says, console proxies and secondary storage VMs are made from the newest."""
    ready = [row for row in rows if row.get("zoneid") == zone["id"] and row["id"] != template["id"]]
    first = _first_of(run, [*(row for row in ready if row.get("isready")), template], zone["id"])
    if first["id"] != template["id"]:
        raise InvalidInput(
            f"system template {first['name']} is ready in zone {zone['name']} too and comes before {template['name']}: "
            "the server makes console proxies and secondary storage VMs from it, whatever the setting says",
            option="template",
            obj=f"zone {zone['name']}",
            remedy=f"choose {first['name']}, or delete it, or register {template['name']} anew under another name",
        )


def _first_of(run: Any, rows: Iterable[Row], zone: str) -> Row:
    """Of the system templates of the last row's hypervisor the one that the server takes; of equal age another one."""
    *others, given = rows
    kind, preferred = given.get("hypervisor"), _value(run, PREFERRED, zone)

    def rank(row: Row) -> tuple[bool, str]:
        return str(row.get("arch") or "") == preferred, str(row.get("created", ""))

    alike = [row for row in others if (row.get("templatetype"), row.get("hypervisor")) == (SYSTEM, kind)]
    return max((*alike, given), key=rank)


def _check_copies(run: Any, template: Row, rows: Sequence[Row], zone: Row) -> None:
    """Ready on all image stores of the zone that take new templates."""
    name, where = f"template {template['name']}", f"zone {zone['name']}"
    row = next((row for row in rows if row.get("zoneid") == zone["id"]), None)
    if row is None or not row.get("isready"):
        status = "not there" if row is None else f"not ready ({row.get('status') or 'no status'})"
        raise InvalidInput(
            f"{name} is {status} in {where}; no console proxy, secondary storage VM or router would start there",
            option="template",
            obj=name,
            remedy="wait until it is ready in each zone, or give another zone",
        )
    missing = _stores_without(run, row, zone)
    if missing:
        raise InvalidInput(
            f"{name} is not on the image stores {', '.join(missing)} of {where}",
            option="template",
            obj=name,
            remedy="wait for its download there, or copy it",
        )


def _check_architecture(template: Row, hosts: Sequence[Row], zone: Row) -> None:
    kinds = {str(row["arch"]) for row in hosts if row.get("arch")}
    if template.get("arch") and kinds and template["arch"] not in kinds:
        raise InvalidInput(
            f"template {template['name']} is for {template['arch']}, but the hosts of zone {zone['name']} are "
            f"{', '.join(sorted(kinds))}",
            option="template",
            remedy="choose a template for their architecture",
        )


def _stores_without(run: Any, row: Row, zone: Row) -> list[str]:
    details = row.get("downloaddetails")
    if details is None:
        return []  # servers before 4.14 do not tell
    there = {entry.get("datastoreId") for entry in details if entry.get("downloadState") == DOWNLOADED}
    stores = run.client.list("listImageStores", {})
    return sorted(
        store["name"]
        for store in stores
        if store.get("zoneid") in (None, zone["id"]) and not store.get("readonly") and store["id"] not in there
    )


def check_ready(run: Any, rows: Iterable[Row], option: str) -> None:
    """Refuses to have routers made anew where the template that the setting names is not ready: none would come.

    rows: the routers, with their zone and hypervisor. option: what the caller can change about it.
    """
    for (zone, hypervisor), title in _places(rows):
        name = _value(run, SETTINGS[hypervisor], zone)
        question = {"templatefilter": "all", "listall": True, "name": name, "zoneid": zone}
        found = run.client.list("listTemplates", question) if name else []
        if not any(row.get("isready") and row.get("hypervisor") == hypervisor for row in found):
            raise InvalidInput(
                f"{SETTINGS[hypervisor]} names {name or 'no template'}, and no template of this name is ready in zone "
                f"{title}; the server could make no new router there",
                option=option,
                obj=f"zone {title}",
                remedy="correct the setting, or register the template (module system_vm_template)",
            )


def for_system_vms(run: Any, rows: Iterable[Row]) -> dict[tuple[str, str], Row | None]:
    """Zone and hypervisor of system VMs to the template that new ones are made from; None where there is none."""
    found: dict[tuple[str, str], Row | None] = {}
    for (zone, hypervisor), _title in _places(rows):
        question = {"templatefilter": "all", "listall": True, "zoneid": zone}
        ready = [
            row
            for row in run.client.list("listTemplates", question)
            if row.get("isready") and (row.get("templatetype"), row.get("hypervisor")) == (SYSTEM, hypervisor)
        ]
        found[zone, hypervisor] = _first_of(run, ready, zone) if ready else None
    return found


def check_successors(run: Any, rows: Sequence[Row], option: str) -> None:
    """Refuses to have system VMs destroyed where the server could make no others."""
    titles = {str(row["zoneid"]): str(row.get("zonename", "")) for row in rows}
    for (zone, hypervisor), template in for_system_vms(run, rows).items():
        if template is None:
            raise InvalidInput(
                f"no system template of {hypervisor} is ready in zone {titles[zone]}; the server could make no new "
                "system VM there",
                option=option,
                obj=f"zone {titles[zone]}",
                remedy="wait for its download, or register one (module system_vm_template)",
            )


def _places(rows: Iterable[Row]) -> list[tuple[tuple[str, str], str]]:
    """Zone and hypervisor of rows, and what the zone is called; only hypervisors whose templates are known."""
    places = {
        (str(row["zoneid"]), str(row["hypervisor"])): str(row.get("zonename", ""))
        for row in rows
        if row.get("hypervisor") in SETTINGS
    }
    return sorted(places.items())


def _value(run: Any, setting: str, zone: str) -> str:
    """The value that holds in a zone; of the whole cloud on servers that have no other."""
    for scope in ({"zoneid": zone}, {}):
        for row in run.client.list("listConfigurations", {"name": setting, **scope}):
            if row["name"] == setting:
                return str(row.get("value") or "")
    return ""
