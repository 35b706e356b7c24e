"""IPv6 prefixes of zones for guest networks."""

from __future__ import annotations

from ipaddress import IPv6Network
from typing import Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import IllegalArgument, InvalidParameter
from ...listing import equal
from ...model.addresses import Ip6Prefix
from ...registry import SUCCESS, command

LONGEST_PREFIX = 64
LARGEST = 2147483647
NO_ZONE = "Unable to find zone by id: {id}"


def prefix_view(call: Call, row: Ip6Prefix) -> dict[str, Any]:
    total = min(2 ** (LONGEST_PREFIX - IPv6Network(row.prefix, strict=False).prefixlen), LARGEST)
    return {
        "id": row.uuid,
        "prefix": row.prefix,
        "zoneid": call.db.zones[row.zone_id].uuid,
        "usedsubnets": 0,
        "availablesubnets": total,
        "totalsubnets": total,
        "created": timestamp(row.created),
    }


@command("createGuestNetworkIpv6Prefix")
def create_prefix(call: Call) -> dict[str, Any]:
    p = call.params
    zone = live(p.zoneid, NO_ZONE)
    try:
        own = IPv6Network(p.prefix, strict=False)
    except ValueError:
        raise IllegalArgument(f"can not parse as network [{p.prefix}]") from None
    if own.prefixlen > LONGEST_PREFIX:
        raise InvalidParameter(f"IPv6 prefix must be /{LONGEST_PREFIX} or less")
    for other in call.db.ip6_prefixes:
        if own.overlaps(IPv6Network(other.prefix, strict=False)):
            raise InvalidParameter(f"IPv6 prefix {own} overlaps with the existing IPv6 prefix {other.prefix}")
    row = call.db.ip6_prefixes.add(Ip6Prefix(zone_id=zone.id, prefix=p.prefix))
    call.event("GUEST.IP6.PREFIX.CREATE", "Successfully completed creating guest IPv6 prefix", row)
    return {"guestnetworkipv6prefix": prefix_view(call, row)}


@command("listGuestNetworkIpv6Prefixes")
def list_prefixes(call: Call) -> dict[str, Any]:
    p = call.params
    if p.zoneid is not None:
        live(p.zoneid, NO_ZONE)
    return call.listing(
        "guestnetworkipv6prefix",
        call.db.ip6_prefixes,
        prefix_view,
        where=[equal("id", p.id), equal("zone_id", p.zoneid)],
    )


@command("deleteGuestNetworkIpv6Prefix")
def delete_prefix(call: Call) -> dict[str, Any]:
    row = live(call.params.id, "Unable to find guest network IPv6 prefix by id: {id}")
    call.db.ip6_prefixes.remove(row)
    call.event("GUEST.IP6.PREFIX.DELETE", "Successfully completed deleting guest IPv6 prefix", row)
    return SUCCESS
