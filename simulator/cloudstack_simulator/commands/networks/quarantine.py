"""Public addresses that were given back and wait: for a while only their old owner gets them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...access import may_use_account
from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter
from ...listing import matching
from ...model.access import QuarantinedIp
from ...registry import SUCCESS, command

if TYPE_CHECKING:
    from ...simulator import Simulator


def begin(sim: Simulator, ip: Any) -> None:
    """An account gives an address back: where its domain's setting says so, it waits."""
    account = sim.db.accounts[ip.account_id]
    minutes = float(sim.settings.value("public.ip.address.quarantine.duration", sim.db.domains[account.domain_id]) or 0)
    if minutes > 0:
        end = sim.clock.now() + minutes * 60
        sim.db.quarantined_ips.add(QuarantinedIp(ip_id=ip.id, owner_id=account.id, end=end))


def allows(sim: Simulator, ip: Any, account: Any) -> bool:
    """Whether an account may take an address in spite of quarantines."""
    now = sim.clock.now()
    return all(q.owner_id == account.id or q.end < now for q in sim.db.quarantined_ips.where(ip_id=ip.id))


def quarantine_view(call: Call, row: QuarantinedIp) -> dict[str, Any]:
    owner, remover = call.db.accounts[row.owner_id], call.db.accounts.get(row.remover_id)
    return {
        "id": row.uuid,
        "ipaddress": call.db.ip_addresses[row.ip_id].address,
        "previousownerid": owner.uuid,
        "previousownername": owner.name,
        "created": timestamp(row.created),
        "removed": timestamp(row.removed),
        "enddate": timestamp(row.end),
        "removalreason": row.removal_reason,
        "removeraccountid": remover.uuid if remover else None,
    }


@command("listQuarantinedIps")
def list_quarantined(call: Call) -> dict[str, Any]:
    p, caller = call.params, call.caller
    rows = call.db.quarantined_ips.all() if p.showremoved else call.db.quarantined_ips
    filters = [
        matching(lambda q: q.end >= call.now) if not p.showinactive else None,
        matching(lambda q: _reaches(call, q)) if not caller.is_root_admin else None,
    ]
    return call.listing("quarantinedips", rows, quarantine_view, where=filters)


def _reaches(call: Call, row: QuarantinedIp) -> bool:
    return may_use_account(call.caller, call.db.accounts[row.owner_id], call.db)


def _named(call: Call) -> QuarantinedIp:
    """The quarantine of the id, else the latest one of the address."""
    p = call.params
    if p.id is not None:
        found = p.id if p.id.removed is None else None
    elif p.ipaddress is not None:
        addresses, rows = call.db.ip_addresses, list(call.db.quarantined_ips)
        found = next((q for q in reversed(rows) if addresses[q.ip_id].address == p.ipaddress), None)
    else:
        raise CloudRuntime("Either the ID or the address of the IP in quarantine must be informed.")
    if found is None:
        raise CloudRuntime("There is no active quarantine for the specified IP address.")
    return found


def _check_caller(call: Call, row: QuarantinedIp) -> None:
    call.check_domain(call.db.domains[call.db.accounts[row.owner_id].domain_id])


@command("updateQuarantinedIp")
def update(call: Call) -> dict[str, Any]:
    end = call.params.enddate
    if call.now > end:
        raise InvalidParameter(f"The given end date [{timestamp(end)}] is invalid as it is before the current date.")
    row = _named(call)
    _check_caller(call, row)
    if call.now > row.end:
        raise CloudRuntime(
            f"The quarantine for the public IP address [{call.db.ip_addresses[row.ip_id].address}] is no longer "
            "active; thus, it cannot be updated."
        )
    row.end = end
    return {"quarantinedips": quarantine_view(call, row)}


@command("removeQuarantinedIp")
def remove(call: Call) -> dict[str, Any]:
    p, row = call.params, _named(call)
    if not p.removalreason.strip():
        address = p.ipaddress or call.db.ip_addresses[row.ip_id].address
        raise CloudRuntime(f"The given reason for removing the public IP address [{address}] from quarantine is blank.")
    _check_caller(call, row)
    row.removal_reason, row.remover_id = p.removalreason, call.caller.account.id
    call.db.quarantined_ips.remove(row)
    return SUCCESS
