"""The order of the items of a network access list: moveNetworkAclItem."""

from __future__ import annotations

import hashlib
from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...model.vpcs import NetworkAclItem
from ...registry import command
from .acl_items import item_view
from .acls import STEP, check_access, is_default


@command("moveNetworkAclItem", instance=lambda _call: None)
def move(call: Call) -> Any:
    """Before the next rule, after the previous one, or between both; others make room where they have to."""
    p, db = call.params, call.db
    if not p.previousaclruleid and not p.nextaclruleid:
        raise InvalidParameter("Both previous and next ACL rule IDs cannot be blank.")
    item = _item(call, p.id, "Could not find a rule with ID[{id}]")
    before, after = _neighbour(call, p.previousaclruleid), _neighbour(call, p.nextaclruleid)
    if any(n is not None and n.acl_id != item.acl_id for n in (before, after)):
        raise InvalidParameter("Cannot use ACL rules from differentiating ACLs. Rule being moved.")
    acl = db.network_acls[item.acl_id]
    if is_default(acl):
        raise InvalidParameter("Default ACL rules cannot be moved.")
    check_access(call, acl, "Must be Root Admin to move global ACL rules.")
    everyone = sorted(db.network_acl_items.where(acl_id=acl.id), key=lambda i: i.number)
    _check_unchanged(call, everyone)
    if before is not None and after is not None and before.number + 1 != after.number:
        _check_gap(before.number + 1, everyone)
    yield STEP
    if before is None:
        _place(item, 1, everyone)
    elif after is None:
        item.number = everyone[-1].number + 1
    else:
        _place(item, before.number + 1, everyone[everyone.index(before) + 1 :])
    return {"networkacl": item_view(call, item)}


def _check_unchanged(call: Call, items: list[NetworkAclItem]) -> None:
    """Refuse the move when the list is not the one that the caller saw (the digest of its ids in their order)."""
    digest = call.params.aclconsistencyhash
    seen = "".join(i.uuid for i in items)
    if digest and digest.strip() and hashlib.md5(seen.encode(), usedforsecurity=False).hexdigest() != digest:
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


def _item(call: Call, given: Any, text: str) -> NetworkAclItem:
    item = call.db.network_acl_items.find(given) if isinstance(given, str) else given
    if not item or item.removed is not None:
        raise InvalidParameter(text.format(id=given if isinstance(given, str) else given.uuid))
    return item


def _neighbour(call: Call, given: Any) -> NetworkAclItem | None:
    return _item(call, given, "Could not find rule with ID [{id}]") if given else None


def _place(item: NetworkAclItem, number: int, behind: list[NetworkAclItem]) -> None:
    """Give a rule a number; the rules that follow without a gap move on by one, the rule's own old place counts."""
    moved, taken = [(item, number)], number
    for other in behind:
        if other is moved[-1][0]:
            continue
        if other.number != taken:
            break
        taken += 1
        moved.append((other, taken))
    for rule, wanted in reversed(moved):
        rule.number = wanted
