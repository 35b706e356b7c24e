"""What others than root admins may do with service and disk offerings: those of their own domains, and few tags."""

from __future__ import annotations

from typing import Any

from ...access import in_domain
from ...call import Call
from ...errors import InvalidParameter

TAGS = "allow.domain.admins.to.create.tagged.offerings"


def _is_domain_admin(call: Call, refusal: str) -> bool:
    """Whether limits hold for the caller; users, whom a role may let call the command, are refused."""
    if call.caller.is_root_admin:
        return False
    if not call.caller.is_domain_admin:
        raise InvalidParameter(f"{refusal} because it is not root-admin or domain-admin")
    return True


def _own(call: Call, number: int) -> bool:
    return in_domain(call.db, number, call.caller.account.domain_id)


def _may_tag(call: Call) -> bool:
    return bool(call.setting(TAGS, call.caller.account))


def check_new(call: Call, kind: str, domains: list[int]) -> None:
    """Refuse a domain admin's open offering, one for other domains, and tags unless the setting allows them."""
    p, user = call.params, call.caller.user
    if not _is_domain_admin(call, f"Unable to create {kind} offering by user: {user}"):
        return
    if not domains:
        raise InvalidParameter(f"Unable to create public {kind} offering by admin: {user} because it is domain-admin")
    if (p.tags or p.hosttags) and not _may_tag(call):
        words = "storage tags or host tags" if kind == "service" else "storage tags"
        raise InvalidParameter(f"User [{user}] is unable to create {kind} offerings with {words}.")
    for number in domains:
        if not _own(call, number):
            raise InvalidParameter(
                f"Unable to create {kind} offering by another domain-admin: {user} for domain: "
                f"{call.db.domains[number].uuid}"
            )


def check_deletion(call: Call, kind: str, offering: Any) -> None:
    user = call.caller.user
    if not _is_domain_admin(call, f"Unable to delete {kind} offering: {offering} by user: {user}"):
        return
    if not offering.domain_ids:
        raise InvalidParameter(
            f"Unable to delete public {kind} offering: {offering} by admin: {user} because it is domain-admin"
        )
    if not all(_own(call, number) for number in offering.domain_ids):
        raise InvalidParameter(
            f"Unable to delete {kind} offering: {offering} as it has linked domain(s) which are not child domain for "
            f"domain-admin: {user}"
        )


def check_update(call: Call, kind: str, offering: Any, domains: list[int], zones: list[int]) -> list[int]:
    """Refuse what a domain admin may not change; the domains that the offering gets: his wish, and those of others."""
    words = _SERVICE if kind == "service" else _DISK
    user, shown = call.caller.user, {"offering": offering, "uuid": offering.uuid, "user": call.caller.user}
    if not _is_domain_admin(call, f"Unable to update {kind} offering: {offering} by id user: {user}"):
        return domains
    refusals = (
        (sorted(zones) != sorted(offering.zone_ids), "zones"),
        (not offering.domain_ids, "public"),
        (not domains, "opened"),
        (_changes_tags(call) and not _may_tag(call), "tags"),
    )
    for wrong, name in refusals:
        if wrong:
            raise InvalidParameter(words[name].format(**shown))
    others = [number for number in offering.domain_ids if not _own(call, number)]
    if others and any(call.params[name] is not None for name in ("name", "displaytext", "sortkey")):
        raise InvalidParameter(words["linked"].format(**shown))
    given = [number for number in domains if call.params.domainid or number not in others]
    for number in given:
        if not _own(call, number):
            raise InvalidParameter(words["foreign"].format(**shown, domain=call.db.domains[number].uuid))
    return given + others


def _changes_tags(call: Call) -> bool:
    return bool(call.params.tags or call.params.storagetags or call.params.hosttags)


_SERVICE = {
    "zones": "Unable to update zone(s) for service offering: {offering} by admin: {user} as it is domain-admin",
    "public": "Unable to update public service offering: {offering} by user: {user} because it is domain-admin",
    "opened": (
        "Unable to update service offering: {offering} to a public offering by user: {user} because it is domain-admin"
    ),
    "tags": "User [{user}] is unable to update storage tags or host tags.",
    "linked": (
        "Unable to update service offering: {offering} as it has linked domain(s) which are not child domain for "
        "domain-admin: {user}"
    ),
    "foreign": (
        "Unable to update service offering: {offering} by domain-admin: {user} with domain: {domain} which is not a "
        "child domain"
    ),
}
_DISK = {
    "zones": "Unable to update zone(s) for disk offering [{offering}] by admin [{user}] as it is domain-admin.",
    "public": "Unable to update public disk offering [{offering}] by user [{user}] because it is domain-admin.",
    "opened": (
        "Unable to update disk offering [{offering}] to a public offering by user [{user}] because it is domain-admin."
    ),
    "tags": "User [{user}] is unable to update disk offering tags.",
    "linked": (
        "Unable to update disk offering [{uuid}] as it has linked domain(s) which are not child domain for "
        "domain-admin [{user.uuid}]."
    ),
    "foreign": (
        "Unable to update disk offering [{uuid}] by domain-admin [{user.uuid}] with domain [{domain}] which is not a "
        "child domain."
    ),
}
