"""For whom a new network is: one account, or a domain."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter, PermissionDenied


def acl_type(call: Call, offering: Any) -> str:
    """Account or Domain, as given or as the kind of network wants it."""
    text = call.params.acltype
    if text is not None:
        if text.lower() not in ("account", "domain"):
            raise InvalidParameter("Incorrect aclType specified. Check the API documentation for supported types")
        if offering.guest_type == "Isolated" and text.lower() != "account":
            raise InvalidParameter("AclType should be Account for network of type Isolated")
        return str(text).capitalize()
    if offering.guest_type != "Shared":
        return "Account"
    if call.caller.is_domain_admin:
        raise InvalidParameter("AclType must be specified for shared network created by domain admin")
    return "Domain" if call.caller.is_root_admin else "Account"


def domain(call: Call, kind: str, offering: Any, owner: Any) -> int:
    """The number of the domain that the network is for."""
    p = call.params
    if kind != "Domain":
        if p.subdomainaccess is not None:
            raise InvalidParameter("Parameter subDomainAccess can be specified only with aclType=Domain")
        return int(owner.domain_id)
    if not call.caller.is_root_admin and not call.caller.is_domain_admin:
        raise PermissionDenied("Only admin can create networks with aclType=Domain")
    if offering.guest_type != "Shared":
        raise InvalidParameter("Only Shared networks can have aclType=Domain")
    if p.domainid is not None:
        if p.domainid.removed is not None:
            raise InvalidParameter("Unable to find domain by specified id")
        call.check_domain(p.domainid)
        return int(p.domainid.id)
    return int(call.db.domains.the(level=0).id)


def default_domain_name(call: Call, owner: Any, acl_type: str, domain_id: int) -> str:
    """The network domain without a given one: the account's, its domain's, the zone's, else `csN` and the suffix."""
    db = call.db
    if acl_type == "Account" and owner.network_domain:
        return str(owner.network_domain)
    above = db.domains.get(domain_id)
    while above is not None:
        if above.network_domain:
            return str(above.network_domain)
        above = db.domains.get(above.parent_id)
    zone = call.params.zoneid
    if zone is not None and zone.network_domain:
        return str(zone.network_domain)
    number = owner.id if acl_type == "Account" else db.accounts.the(name="system").id
    return f"cs{number:x}{call.setting('guest.domain.suffix', zone)}"
