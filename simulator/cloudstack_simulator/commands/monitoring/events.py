"""listEvents and the archive."""

from __future__ import annotations

from functools import cache
from typing import Any

from ... import contract
from ...access import in_domain, project_of, visible_accounts
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter, ServerApiError
from ...listing import equal, matching
from ...model.operations import Event
from ...model.tenants import domain_path
from ...parameters import UUID
from ...registry import SUCCESS, command
from ...tables import SPECS

NORMAL = 0


def event_view(call: Call, event: Event) -> dict[str, Any]:
    db = call.db
    account = db.accounts[event.account_id]
    domain = db.domains[account.domain_id]
    project = project_of(db, account.id) if account.account_type == 5 else None
    return {
        "id": event.uuid,
        "username": db.users[event.user_id].username,
        "type": event.type,
        "level": event.level,
        "description": event.description,
        "account": account.name if project is None else None,
        "projectid": project.uuid if project else None,
        "project": project.name if project else None,
        "domainid": domain.uuid,
        "domain": domain.name,
        "domainpath": domain_path(domain),
        "resourceid": event.resource,
        "resourcetype": event.resource_type,
        "resourcename": event.resource_name,
        "created": timestamp(event.created),
        "state": event.state,
        "parentid": event.parent,
        "archived": True if event.archived else None,
    }


@cache
def _resource_types() -> dict[str, str]:
    """What commands and events are about: the lower-cased word → as it is written."""
    words = {fact.instance_type for fact in contract.commands().values() if fact.instance_type}
    words |= {kind.__name__ for spec in SPECS.values() for kind in spec.row_classes}
    return {word.lower(): word for word in words}


def _check_resource(call: Call) -> None:
    """A thing is named with its type; there is, or was, such a thing, and the caller reaches it."""
    p, kind = call.params, None
    if p.resourcetype is not None:
        kind = _resource_types().get(p.resourcetype.lower())
        if kind is None:
            raise InvalidParameter("Invalid resourcetype")
    if p.resourceid is None:
        return
    if kind is None:
        raise InvalidParameter("resourceid parameter must be used with resourcetype parameter")
    rows = [t.find(p.resourceid) for t in call.db.tables.values()] if UUID.fullmatch(p.resourceid) else []
    row = next((row for row in rows if row is not None), None)
    if row is None:
        raise InvalidParameter("Invalid resourceid")
    if not call.caller.is_root_admin and hasattr(row, "account_id"):
        call.check_access(row)


@command("listEvents")
def list_events(call: Call) -> dict[str, Any]:
    """The newest events; those of one page in the order they happened."""
    p = call.params
    _check_resource(call)
    allowed = visible_accounts(call)
    parent = p.startid
    filters = [
        equal("id", p.id),
        equal("type", p.type),
        equal("level", p.level),
        equal("state", p.state),
        equal("resource", p.resourceid),
        equal("resource_type", p.resourcetype),
        matching(lambda e: e.account_id in allowed) if allowed is not None else None,
        matching(lambda e: e.created >= p.startdate) if p.startdate is not None else None,
        matching(lambda e: e.created <= p.enddate) if p.enddate is not None else None,
        # What was not finished after so long is no longer looked for: the server answers an empty list.
        matching(lambda _e: False) if p.entrytime is not None and p.duration is not None else None,
        matching(lambda e: e is parent or e.parent == parent.uuid) if parent else None,
        equal("archived", p.get("archived", None if p.id else False)),
    ]
    answer = call.listing(
        "event", call.db.events, event_view, where=filters, keyword=("type", "description", "level"), newest_first=True
    )
    if "event" in answer:
        answer["event"].reverse()
    return answer


def _chosen(call: Call, what: str) -> list[Event]:
    """The events that are meant, of accounts that the caller reaches; named ones have all to be among them."""
    p = call.params
    if not p.ids and not p.type and p.enddate is None:
        raise InvalidParameter("either ids, type or enddate must be specified")
    if p.startdate is not None and p.enddate is None:
        raise InvalidParameter("enddate must be specified with startdate parameter")
    found = [event for event in p.ids or call.db.events if _is_chosen(call, event)]
    if p.ids and len(found) < len(p.ids):
        raise ServerApiError(530, f"Unable to {what} Events, one or more parameters has invalid values")
    return found


def _is_chosen(call: Call, event: Event) -> bool:
    p = call.params
    return (
        event.removed is None
        and not event.archived
        and (p.type is None or event.type == p.type)
        and (p.startdate is None or event.created >= p.startdate)
        and (p.enddate is None or event.created <= p.enddate)
        and _reaches(call, event)
    )


def _reaches(call: Call, event: Event) -> bool:
    """Users their own events, admins those of all domains below theirs."""
    caller = call.caller
    if caller.account.account_type == NORMAL:
        return event.account_id == caller.account.id
    return in_domain(call.db, call.db.accounts[event.account_id].domain_id, caller.account.domain_id)


@command("archiveEvents")
def archive_events(call: Call) -> dict[str, Any]:
    for event in _chosen(call, "archive"):
        event.archived = True
    return SUCCESS


@command("deleteEvents")
def delete_events(call: Call) -> dict[str, Any]:
    for event in _chosen(call, "delete"):
        call.db.events.delete(event)
    return SUCCESS
