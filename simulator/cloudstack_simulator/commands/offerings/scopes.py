"""What all offerings share: domains and zones they are for, order, and who may change them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...access import ROOT_ADMIN, in_domain
from ...call import Call
from ...errors import IllegalArgument, InvalidParameter, PermissionDenied
from ...listing import Filter, matching

STATES = {"active": "Active", "inactive": "Inactive"}


def given_domains(call: Call) -> list[int]:
    """The domains of a create call, without those that lie below another one of them."""
    rows = call.params.domainid or []
    if any(not row or row.removed is not None for row in rows):
        raise InvalidParameter("Please specify a valid domain id")
    return _topmost(call, [row.id for row in rows])


def _topmost(call: Call, numbers: list[int]) -> list[int]:
    return [n for n in numbers if not any(m != n and in_domain(call.db, n, m) for m in numbers)]


def given_zones(call: Call) -> list[int]:
    rows = call.params.zoneid or []
    if any(not row or row.removed is not None for row in rows):
        raise InvalidParameter("Please specify a valid zone id")
    return [row.id for row in rows]


def new_domains(call: Call, kind: str, before: list[int]) -> list[int]:
    """The domains after an update (`public`, or ids with commas between them); `kind` is the offering's word."""
    text = call.params.domainid
    if text is None or text == "":
        return before
    return [] if text.lower() == "public" else _topmost(call, _numbers(call, text, "domains", kind, "domain"))


def new_zones(call: Call, kind: str, before: list[int]) -> list[int]:
    """The zones after an update (`all`, or ids with commas between them)."""
    text = call.params.zoneid
    if text is None or text == "":
        return before
    return [] if text.lower() == "all" else _numbers(call, text, "zones", kind, "zone")


def _numbers(call: Call, text: str, table: str, kind: str, what: str) -> list[int]:
    rows = [call.db.tables[table].find(part.strip()) for part in text.split(",")]
    if any(row is None or row.removed is not None for row in rows):
        raise InvalidParameter(f"Failed to create {kind} because invalid {what} has been specified.")
    return [row.id for row in rows if row is not None]


def scope_fields(call: Call, offering: Any, domain_text: Callable[[Any], str]) -> dict[str, Any]:
    """`domainid`, `domain`, `zoneid` and `zone` of an offering that is not for everybody."""
    domains = [call.db.domains[n] for n in offering.domain_ids]
    zones = [call.db.zones[n] for n in offering.zone_ids]
    return {
        "domainid": ",".join(d.uuid for d in domains) or None,
        "domain": ",".join(domain_text(d) for d in domains) or None,
        "zoneid": ",".join(z.uuid for z in zones) or None,
        "zone": ",".join(z.name for z in zones) or None,
    }


def scope_details(offering: Any) -> dict[str, str]:
    """The internal numbers that some offerings show among their details."""
    return {
        key: str(n)
        for key, numbers in (("zoneid", offering.zone_ids), ("domainid", offering.domain_ids))
        for n in numbers
    }


def in_state(call: Call, default: str | None = "Active") -> Filter | None:
    """The `state` filter of service and disk offerings: Active unless told `inactive` or `all`."""
    text = call.params.state
    if text is not None and text.lower() == "all":
        return None
    state = default if text is None else STATES.get(text.lower())
    if state is None:
        raise IllegalArgument(f"Invalid state value: {text}")
    return matching(lambda offering: offering.state == state)


def changed_state(call: Call, before: str) -> str:
    text = call.params.state
    if text is None:
        return before
    if text.lower() not in STATES:
        raise InvalidParameter(f"Invalid state value: {text}")
    return STATES[text.lower()]


def for_domain(call: Call, kind: str) -> Filter | None:
    """A domain sees what is for it or for one above it; `kind` is the offering's word."""
    domain = call.params.domainid
    if domain is None:
        return None
    if not domain or domain.removed is not None:
        raise InvalidParameter(f"Unable to find the domain by id={domain.id}")
    if not in_domain(call.db, domain.id, call.caller.account.domain_id):
        raise InvalidParameter(
            f"Unable to list {kind} offerings for domain: {domain.uuid} as caller does not have access for it"
        )
    return matching(lambda o: not o.domain_ids or any(in_domain(call.db, domain.id, n) for n in o.domain_ids))


def for_zone(zone: Any) -> Filter | None:
    """Offerings that a zone may use."""
    return matching(lambda o: not o.zone_ids or zone.id in o.zone_ids) if zone else None


def of_storage_type(word: str | None, is_local: Callable[[Any], bool]) -> Filter | None:
    """Offerings of local or shared storage; other words are no filter."""
    if word is None or word.lower() not in ("local", "shared"):
        return None
    return matching(lambda offering: is_local(offering) is (word.lower() == "local"))


def of_domain(call: Call) -> Filter | None:
    """A root admin's filter: offerings that are bound to a domain. With an account, that of `visible` is enough."""
    domain = call.params.domainid
    if domain is None or call.params.account or not call.caller.is_root_admin:
        return None
    return matching(lambda o: domain.id in o.domain_ids)


def check_domain_line(call: Call, account: Any, kind: str) -> None:
    """Refuse a domain that is not the account's nor above it."""
    domain = call.params.domainid
    if domain is None or call.caller.is_root_admin or in_domain(call.db, account.domain_id, domain.id):
        return
    raise PermissionDenied(
        f"The account:{account.name} does not fall in the same domain hierarchy as the {kind} offering"
    )


def visible(call: Call, account: Any = None) -> Filter | None:
    """What an account (by default the caller) sees that is no root admin.

    That is what is for everybody, for its domain or one above it; with `isrecursive` also for one below it.
    """
    account = account or call.caller.account
    if account.account_type == ROOT_ADMIN:
        return None
    own, recursive, db = account.domain_id, call.params.isrecursive, call.db

    def sees(offering: Any) -> bool:
        numbers = offering.domain_ids
        return not numbers or any(in_domain(db, own, n) or (recursive and in_domain(db, n, own)) for n in numbers)

    return matching(sees)


def check_recursion(call: Call, kind: str) -> None:
    """Refuse `isrecursive` from users: they have no domains below them to look into."""
    if call.params.isrecursive and not (call.caller.is_root_admin or call.caller.is_domain_admin):
        raise InvalidParameter(f"Only ROOT admins and Domain admins can list {kind} offerings with isrecursive=true")


def by_sort_key(call: Call) -> Callable[[Any], tuple[int, int]]:
    """The order of offerings: sort key (up or down by `sortkey.algorithm`), then number."""
    sign = 1 if call.setting("sortkey.algorithm") else -1
    return lambda offering: (sign * offering.sort_key, offering.id)


def check_changer(call: Call, kind: str, offering: Any, word: str = "update") -> None:
    """Refuse a domain admin who wants to change a public offering or one of other domains."""
    caller = call.caller
    if not caller.is_domain_admin:
        return
    if not offering.domain_ids:
        raise InvalidParameter(
            f"Unable to {word} public {kind} offering: {offering} by admin: {caller.user.uuid} because it is "
            "domain-admin"
        )
    if any(not in_domain(call.db, n, caller.account.domain_id) for n in offering.domain_ids):
        raise InvalidParameter(
            f"Unable to {word} {kind} offering: {offering} as it has linked domain(s) which are not child domain for "
            f"domain-admin: {caller.user.uuid}"
        )


def split_tags(text: str | None) -> list[str]:
    return [tag for tag in (text or "").split(",") if tag]
