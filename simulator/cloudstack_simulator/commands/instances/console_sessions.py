"""The links to consoles that were asked for. Nobody follows them: they are never acquired."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...listing import Filter, equal, matching
from ...model.features import ConsoleSession
from ...registry import command
from ..common import owner_fields, uuid_of


def session_view(call: Call, session: ConsoleSession) -> dict[str, Any]:
    vm, user = call.db.vms.get(session.vm_id), call.db.users.get(session.user_id)
    host = call.db.hosts.get(session.host_id)
    return {
        "id": session.uuid,
        "created": timestamp(session.created),
        **owner_fields(call, session.account_id),
        "accountid": uuid_of(call, "accounts", session.account_id),
        "userid": uuid_of(call, "users", session.user_id),
        "user": user.username if user is not None else None,
        "virtualmachineid": vm.uuid if vm is not None else None,
        "virtualmachinename": vm.name if vm is not None else None,
        "hostid": host.uuid if host is not None else None,
        "hostname": host.name if host is not None else None,
    }


@command("listConsoleSessions")
def list_sessions(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "consolesession",
        call.db.console_sessions,
        session_view,
        where=[
            equal("id", p.id),
            equal("account_id", p.accountid),
            equal("user_id", p.userid),
            equal("host_id", p.hostid),
            equal("vm_id", p.virtualmachineid),
            _since(p.startdate),
            _until(p.enddate),
            matching(lambda _s: False) if p.acquired else None,
        ],
        newest_first=True,
    )


def _since(moment: float | None) -> Filter | None:
    return matching(lambda s: s.created >= moment) if moment is not None else None


def _until(moment: float | None) -> Filter | None:
    return matching(lambda s: s.created <= moment) if moment is not None else None
