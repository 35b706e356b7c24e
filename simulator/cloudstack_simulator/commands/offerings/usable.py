"""Whether somebody may use an offering in a zone."""

from __future__ import annotations

from typing import Any

from ...access import in_domain
from ...call import Call
from ...errors import PermissionDenied

ROOT_ADMIN = 1


def check(call: Call, owner: Any, offering: Any, zone: Any) -> None:
    """Refuse (531) an offering that is for other domains than the owner's, or for other zones."""
    if not _is_usable(call, owner, offering, zone):
        raise PermissionDenied(f"There's no way to confirm {_printed(owner)} has access to {offering}")


def check_disk(call: Call, owner: Any, offering: Any, zone: Any) -> None:
    """The same for the offering of a data disk."""
    if not _is_usable(call, owner, offering, zone):
        raise PermissionDenied(
            f"Access denied to {_printed(owner)} for disk offering: {offering}, zone: {zone} by DomainChecker"
        )


def _is_usable(call: Call, owner: Any, offering: Any, zone: Any) -> bool:
    for_owner = (
        owner.account_type == ROOT_ADMIN
        or not offering.domain_ids
        or any(in_domain(call.db, owner.domain_id, number) for number in offering.domain_ids)
    )
    return for_owner and (zone is None or not offering.zone_ids or zone.id in offering.zone_ids)


def _printed(account: Any) -> str:
    return f'Account [{{"accountName":"{account.name}","id":{account.id},"uuid":"{account.uuid}"}}]'
