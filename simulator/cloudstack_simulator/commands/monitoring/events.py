"""listEvents and the archive."""

from __future__ import annotations

from typing import Any

from ...access import project_of, visible_accounts
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.operations import Event
from ...model.tenants import domain_path
from ...parameters import UUID
from ...registry import SUCCESS, command


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


def _is_somebody(call: Call, uuid: str) -> bool:
    """Whether there is, or was, anything with the id."""
    return UUID.fullmatch(uuid) is not None and any(t.find(uuid) is not None for t in call.db.tables.values())


@command("listEvents")
def list_events(call: Call) -> dict[str, Any]:
    """The newest events; those of one page in the order they happened."""
    p = call.params
    if p.resourceid and not p.resourcetype:
        raise InvalidParameter("resourceid parameter must be used with resourcetype parameter")
    if p.resourceid and not _is_somebody(call, p.resourceid):
        raise InvalidParameter("Invalid resourceid")
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


def _chosen(call: Call) -> list[Event]:
    p = call.params
    if not p.ids and not p.type and p.enddate is None and p.startdate is None:
        raise InvalidParameter("either ids, type or enddate must be specified")
    if p.startdate is not None and p.enddate is None:
        raise InvalidParameter("enddate must be specified with startdate parameter")
    rows = p.ids if p.ids else list(call.db.events)
    return [
        event
        for event in rows
        if event.removed is None
        and (p.type is None or event.type == p.type)
        and (p.startdate is None or event.created >= p.startdate)
        and (p.enddate is None or event.created <= p.enddate)
        and (call.caller.is_root_admin or event.account_id == call.caller.account.id)
    ]


@command("archiveEvents")
def archive_events(call: Call) -> dict[str, Any]:
    for event in _chosen(call):
        event.archived = True
    return SUCCESS


@command("deleteEvents")
def delete_events(call: Call) -> dict[str, Any]:
    for event in _chosen(call):
        call.db.events.delete(event)
    return SUCCESS
