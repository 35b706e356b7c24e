"""listTemplates and listIsos."""

from __future__ import annotations

from typing import Any

from ... import access
from ...call import Call
from ...errors import IllegalArgument, InvalidParameter
from ...listing import any_of, equal, matching, tagged
from ...model.images import PERHOST, SYSTEM, Template
from ...registry import command
from ..common import architecture
from ..zones.hypervisors import hypervisor_type
from . import rows
from .rows import ImageRow
from .view import image_view

FILTERS = ("featured", "self", "selfexecutable", "shared", "sharedexecutable", "executable", "community", "all")
READY_FILTERS = frozenset({"featured", "selfexecutable", "sharedexecutable", "community"})
"""Filters that show what is ready to be used, and nothing else."""
NO_FILES = ("BAREMETAL", "EXTERNAL")
"""Formats of which nothing is ever downloaded."""


@command("listTemplates")
def list_templates(call: Call) -> dict[str, Any]:
    return _list(call, "template", call.params.templatefilter, isos=False)


@command("listIsos")
def list_isos(call: Call) -> dict[str, Any]:
    return _list(call, "iso", call.params.get("isofilter", "selfexecutable"), isos=True)


def _list(call: Call, name: str, chosen: str, *, isos: bool) -> dict[str, Any]:
    p = call.params
    if chosen not in FILTERS:
        raise IllegalArgument(f"No enum constant com.cloud.template.VirtualMachineTemplate.TemplateFilter.{chosen}")
    if chosen == "all" and _is_user(call):
        raise InvalidParameter("Filter all can be specified by admin only")
    _check_kind(p.id, isos=isos)
    templates = [t for t in _pool(call) if t.is_iso is isos]
    if p.id is not None:
        if p.id:
            _check_access(call, p.id)
        templates = [t for t in templates if t.id == p.id.id]
    else:
        templates = list(filter(_may_see(call, chosen), templates))
    found = rows.image_rows(call.sim, templates)
    if p.showunique:
        found = list({row.template.id: row for row in reversed(found)}.values())[::-1]
    kind = hypervisor_type(p.hypervisor)
    available = _available_hypervisors(call) if not isos else None
    numbers = None if p.id is not None else p.ids
    return call.listing(
        name,
        found,
        image_view,
        where=[
            any_of(lambda r: r.template.id, numbers),
            equal(lambda r: r.template.name, p.name),
            equal(lambda r: r.template.hypervisor, kind) if kind != "None" else None,
            matching(lambda r: r.template.hypervisor in available) if available is not None else None,
            _by_zone(call),
            equal(lambda r: r.template.kind, p.templatetype),
            equal(lambda r: r.template.arch, architecture(p.arch)),
            matching(lambda r: r.template.bootable is p.bootable) if isos and p.bootable is not None else None,
            _by_readiness(call, chosen),
            _by_store(call),
            matching(lambda r: r.template.for_cks is p.forcks) if p.forcks is not None else None,
            matching(lambda r: (r.template.kind == "VNF") is p.isvnf) if p.isvnf is not None else None,
            equal(lambda r: r.template.extension_id, p.extensionid),
            _by_pool(call),
            _by_category(call),
            _by_tags(call),
        ],
        sort=_order(call),
    )


def _order(call: Call) -> Any:
    """By sort key, then by template and zone: a text on the server, so 10 comes before 9."""
    sign = 1 if call.setting("sortkey.algorithm") else -1
    return lambda r: (sign * r.template.sort_key, f"{r.template.id}_{r.zone.id if r.zone is not None else 0}")


def _is_user(call: Call) -> bool:
    return not (call.caller.is_root_admin or call.caller.is_domain_admin)


def _check_kind(template: Any, *, isos: bool) -> None:
    if not template or template.is_iso is isos:
        return
    if isos:
        raise InvalidParameter("Specified Template Id is not an ISO")
    raise InvalidParameter("Incorrect format ISO of the specified template id")


def _pool(call: Call) -> list[Template]:
    """All templates, removed ones with `showremoved`; those with the keyword in their name or text."""
    found = call.db.templates.all() if call.params.showremoved else list(call.db.templates)
    word = (call.params.keyword or "").lower()
    return [t for t in found if word in t.name.lower() or word in t.display_text.lower()] if word else found


def _by_readiness(call: Call, chosen: str) -> Any:
    """Most filters show what is ready only; `isready=true` makes the others do so, `false` changes nothing."""
    p = call.params
    of_one_account = not _is_user(call) and p.account is not None and p.domainid is not None
    only_ready = chosen in READY_FILTERS or (chosen == "executable" and of_one_account) or p.isready
    if not only_ready:
        return None
    return matching(lambda r: r.template.format in NO_FILES or rows.is_ready(call.sim, r.template, r.zone))


def _by_zone(call: Call) -> Any:
    """What lies in a zone; tools that hosts bring along are in each."""
    zone = call.params.zoneid
    if zone is None:
        return None
    return matching(lambda r: r.template.kind == PERHOST or (r.zone is not None and r.zone.id == zone.id))


def _by_store(call: Call) -> Any:
    store = call.params.imagestoreid
    if store is None:
        return None
    held = {copy.template_id for copy in call.db.template_copies.where(store_id=store.id)} if store else set()
    return matching(lambda r: r.template.id in held)


def _by_pool(call: Call) -> Any:
    """What a primary storage pool keeps a copy of."""
    pool = call.params.storageid
    if pool is None:
        return None
    held = {kept.template_id for kept in call.db.template_pools.where(pool_id=pool.id)}
    return matching(lambda r: r.template.id in held)


def _by_category(call: Call) -> Any:
    category = call.params.oscategoryid
    if category is None:
        return None
    systems = {system.id for system in call.db.guest_os.all() if system.category_id == category.id}
    return matching(lambda r: r.template.guest_os_id in systems)


def _by_tags(call: Call) -> Any:
    kind = "ISO" if call.fact.name == "listIsos" else "Template"
    found = tagged(call, kind)
    return matching(lambda r: found.test(r.template)) if found is not None else None


def _available_hypervisors(call: Call) -> set[str | None]:
    """Hypervisors of the hosts that there are: templates of others are not shown, nor is any without hosts."""
    zone = call.params.zoneid
    hosts = call.db.hosts.where(kind="Routing", **({"zone_id": zone.id} if zone is not None else {}))
    return {h.hypervisor for h in hosts} | {"Any", None} if hosts else set()


def _may_see(call: Call, chosen: str) -> Any:
    """The test of one of the filters: which images it is for."""
    mine, caller, db = _permitted(call), call.caller, call.db
    below = access.domains_below(db, caller.account.domain_id)
    projects = call.params.projectid is not None
    asked_for = _asked_for(call)

    def passes(template: Template) -> bool:
        account = db.accounts[template.account_id]
        match chosen:
            case "featured" | "community":
                return template.public and template.featured is (chosen == "featured")
            case "self" | "selfexecutable":
                return account.domain_id in asked_for if mine is None else account.id in mine
            case "shared" | "sharedexecutable":
                return mine is not None and not mine.isdisjoint(template.launch_account_ids)
            case "executable":
                return template.public or (mine is not None and account.id in mine)
        if caller.is_root_admin or template.public:
            return True
        return account.domain_id in below if not projects else mine is not None and account.id in mine

    def fits(template: Template) -> bool:
        is_project = db.accounts[template.account_id].account_type == access.PROJECT
        if is_project is not projects and (mine is None or not projects):
            return False
        if chosen in ("featured", "selfexecutable") and template.kind == SYSTEM:
            return False
        return passes(template) and _is_shared_with(call, template)

    return fits


def _asked_for(call: Call) -> set[int]:
    """The domain that an admin asks for, else the caller's; with those below where `isrecursive` says so."""
    top = call.params.domainid or call.caller.domain
    return access.domains_below(call.db, top.id) if call.params.isrecursive else {top.id}


def _permitted(call: Call) -> set[int] | None:
    """The accounts that count as one's own; None: a domain or all projects were asked for, which narrows nothing."""
    p = call.params
    found = access.visible_accounts(call)
    if p.account or (p.projectid is not None and (p.projectid.id != -1 or _is_user(call))):
        return found
    if p.projectid is None and (p.domainid is None or _is_user(call)):
        return {call.caller.account.id}
    return None


def _is_shared_with(call: Call, template: Template) -> bool:
    """Whether the domain of a public image lets other domains have it."""
    home = call.db.domains[call.db.accounts[template.account_id].domain_id]
    if call.caller.is_root_admin or home.id == call.caller.account.domain_id or not template.public:
        return True
    return bool(call.setting("share.public.templates.with.other.domains", home))


def _check_access(call: Call, template: Template) -> None:
    """Refuse a private image of others: to a domain admin by its domain."""
    if not template.public and call.caller.is_domain_admin:
        call.check_domain(call.db.domains[call.db.accounts[template.account_id].domain_id])
    else:
        access.check_launch(call.caller, template, call.db)


def view_rows(call: Call, name: str, found: list[ImageRow], view: Any = image_view) -> dict[str, Any]:
    """The answer of commands that return rows like a list does (registerTemplate …)."""
    return {"count": len(found), name: [view(call, row) for row in found]}
