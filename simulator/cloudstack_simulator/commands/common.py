"""Parts of answers that many kinds of objects share."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..errors import IllegalArgument, InvalidParameter
from ..listing import Filter, any_of, equal, matching
from ..tables import Row
from ..tags import domain_path
from .annotations import has_annotations

DEFAULT_ARCHITECTURE = "x86_64"
ARCHITECTURES = (DEFAULT_ARCHITECTURE, "i686", "aarch64", "s390x")


def check_details(call: Call, allowed: tuple[str, ...]) -> None:
    """Refuse sections that the parameter `details` of a list does not know; their case counts."""
    if any(word not in allowed for word in call.params.details or ()):
        raise InvalidParameter(
            f"The details parameter contains a non permitted value. The allowed values are [{', '.join(allowed)}]"
        )


def by_ids(call: Call) -> Filter | None:
    """The filter of `id` or `ids`; both together are refused."""
    p = call.params
    if p.id is not None and p.ids:
        raise InvalidParameter("Specify either id or ids but not both parameters")
    return any_of("id", p.ids) if p.ids else equal("id", p.id)


def named_values(value: dict[str, Any] | None) -> dict[str, str]:
    """`param[0].name=a&param[0].value=b` as {"a": "b"}; what was left out is the word null."""
    entries = [entry if isinstance(entry, dict) else {} for entry in (value or {}).values()]
    return {entry.get("name", "null"): entry.get("value", "null") for entry in entries}


def access_groups(**places: Any) -> dict[str, Any]:
    """The storage access groups that come from the places around one."""
    return {
        f"{kind}storageaccessgroups": ",".join(place.storage_access_groups) or None
        for kind, place in places.items()
        if place is not None
    }


def in_access_group(call: Call) -> Filter | None:
    """Rows that are themselves in the storage access group `storageaccessgroup`."""
    group = call.params.storageaccessgroup
    return matching(lambda row: group in row.storage_access_groups) if group is not None else None


def architecture(text: str | None) -> str | None:
    """An architecture's name, None without one; an unknown one is refused."""
    if text is None or not text.strip():
        return None
    if text not in ARCHITECTURES:
        raise IllegalArgument(f"Unsupported arch type: {text}")
    return text


def owner_fields(call: Call, account_id: int) -> dict[str, Any]:
    """`account` (or project), `domainid`, `domain` and `domainpath` of an owner."""
    return dict(call.once(("owner", account_id), lambda: _owner_fields(call, account_id)))


def _owner_fields(call: Call, account_id: int) -> dict[str, Any]:
    account = call.db.accounts[account_id]
    domain = call.db.domains[account.domain_id]
    place = {"domainid": domain.uuid, "domain": domain.name, "domainpath": domain_path(domain)}
    project = call.db.projects.first(project_account_id=account_id) if account.account_type == 5 else None
    if project is not None:
        return {"projectid": project.uuid, "project": project.name, **place}
    return {"account": account.name, **place}


def short_tags(call: Call, row: Row) -> list[dict[str, Any]]:
    """The `tags` of rows that the server reads from a joined view: without the domain's path."""
    return [{k: v for k, v in tag.items() if k != "domainpath"} for tag in call.sim.tags.full_views(row)]


def running_job(call: Call, row: Row) -> dict[str, Any]:
    """`jobid` and `jobstatus` of a job that is at work on the row."""
    running = call.db.jobs.buckets("status")
    if running is not None and not running.get(0):
        return {}
    for job in call.db.jobs.where(instance=row.uuid):
        if job.status == 0:
            return {"jobid": job.uuid, "jobstatus": 0}
    return {}


def has_notes(call: Call, row: Row) -> bool:
    """Whether the row has annotations that the caller may read."""
    return has_annotations(call, row)


def uuid_of(call: Call, table: str, number: int | None) -> str | None:
    """The public id of a row by its internal number, None without one."""
    row = call.db.tables[table].get(number)
    return row.uuid if row is not None else None


def control_state(host: Any) -> str | None:
    """`hostcontrolstate`: the host as root admins may use it (Enabled, Disabled, Maintenance, Offline)."""
    if host is None:
        return None
    if host.state != "Up" and host.resource_state == "Enabled":
        return "Offline"
    return str(host.resource_state)


def completed(
    call: Call, kind: str, doing: str, row: Any, resource_type: str | None = None, name: str | None = None
) -> None:
    """The event of a finished deed: `doing` with the word for the row (`updating Vm. Vm Id`), its id or its name."""
    call.event(kind, f"Successfully completed {doing}: {name or row.uuid}", row, resource_type=resource_type)


def entity_created(call: Call, kind: str, doing: str, row: Any, resource_type: str | None = None) -> None:
    """The event of the half of a creation that is done at once."""
    call.event(kind, f"Successfully created entity for {doing}", row, state="Created", resource_type=resource_type)


def done(call: Call, kind: str, doing: str, row: Any, resource_type: str | None = None) -> None:
    """The event of a finished deed whose text names nothing."""
    call.event(kind, f"Successfully completed {doing}", row, resource_type=resource_type)
