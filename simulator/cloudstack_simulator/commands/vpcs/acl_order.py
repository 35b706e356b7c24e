"""The order of the items of a network access list: moveNetworkAclItem."""

from __future__ import annotations

import hashlib
from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...model.vpcs import NetworkAclItem
from ...registry import command
from .acl_items import item_view
from .acls import STEP, check_access


@command("moveNetworkAclItem", instance=lambda _call: None)
def move(call: Call) -> Any:
    """Before the next rule, after the previous one, or between both; others make room where they have to."""
    p, db = call.params, call.db
    item = db.network_acl_items.find(str(p.id)) if isinstance(p.id, str) else p.id
    if not item or item.removed is not None:
        raise InvalidParameter(f"Could not find a rule with ID[{p.id}]")
    if not p.previousaclruleid and not p.nextaclruleid:
        raise InvalidParameter("Both previous and next ACL rule IDs cannot be blank.")
    before, after = _neighbour(call, p.previousaclruleid), _neighbour(call, p.nextaclruleid)
    if any(n is not None and n.acl_id != item.acl_id for n in (before, after)):
        raise InvalidParameter("Cannot use ACL rules from differentiating ACLs. Rule being moved.")
    acl = db.network_acls[item.acl_id]
    if acl.vpc_id is None and acl.name in ("default_allow", "default_deny"):
        raise InvalidParameter("Default ACL rules cannot be moved.")
    check_access(call, acl)
    everyone = sorted(db.network_acl_items.where(acl_id=acl.id), key=lambda i: i.number)
    _check_unchanged(call, everyone)
    others = [i for i in everyone if i is not item]
    if before is not None and after is not None and before.number + 1 != after.number:
        _check_gap(before.number + 1, everyone)
    yield STEP
    if before is None:
        _place(item, 1, others)
    elif after is None:
        _place(item, max((o.number for o in others), default=0) + 1, others)
    else:
        _place(item, before.number + 1, others)
    return {"networkacl": item_view(call, item)}


def _check_unchanged(call: Call, items: list[NetworkAclItem]) -> None:
    """Refuse the move when the list is not the one that the caller saw (the digest of its ids in their order)."""
    digest = call.params.aclconsistencyhash
    seen = "".join(i.uuid for i in items)
    if digest and len(items) > 1 and hashlib.md5(seen.encode(), usedforsecurity=False).hexdigest() != digest:
        raise InvalidParameter(
            "It seems that the access control list in the database is not in the state that you used to apply the "
            "changed. Could you try it again?"
        )


def _check_gap(number: int, items: list[NetworkAclItem]) -> None:
    if any(i.number == number for i in items):
        raise InvalidParameter(
            "There are some inconsistencies with the data you sent. The new position calculated already has a ACL rule "
            "on it."
        )


def _neighbour(call: Call, given: Any) -> NetworkAclItem | None:
    if not given:
        return None
    item = call.db.network_acl_items.find(given) if isinstance(given, str) else given
    if item is None:
        raise InvalidParameter(f"Could not find rule with ID [{given}]")
    return item  # type: ignore[no-any-return]


def _place(item: NetworkAclItem, number: int, others: list[NetworkAclItem]) -> None:
    item.number = number
    taken = number
    for other in others:
        if other.number == taken:
            other.number = taken = taken + 1
        elif other.number > taken:
            break
