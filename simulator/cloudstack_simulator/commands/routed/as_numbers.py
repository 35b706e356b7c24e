"""Ranges of AS numbers of zones, and who has which number."""

from __future__ import annotations

from typing import Any

from ...access import active_account
from ...call import Call, live
from ...clock import timestamp
from ...errors import CloudRuntime, IllegalArgument, ServerApiError
from ...listing import equal, matching
from ...model.routed import AsnRange, AsNumber
from ...registry import SUCCESS, command
from ..common import uuid_of

LAST = 4294967294
"""The greatest number that four octets leave for use."""


def range_view(call: Call, row: AsnRange) -> dict[str, Any]:
    return {
        "id": row.uuid,
        "zoneid": call.db.zones[row.zone_id].uuid,
        "startasn": row.start,
        "endasn": row.end,
        "created": timestamp(row.created),
    }


def number_view(call: Call, row: AsNumber) -> dict[str, Any]:
    db = call.db
    zone, span = db.zones[row.zone_id], db.asn_ranges[row.range_id]
    network, vpc = db.networks.get(row.network_id), db.vpcs.get(row.vpc_id)
    account = db.accounts.get(row.account_id)
    domain = db.domains[account.domain_id] if account else None
    return {
        "id": row.uuid,
        "asnumber": row.number,
        "asnrangeid": span.uuid,
        "asnrange": f"{span.start}-{span.end}",
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "allocationstate": "Free" if row.allocated is None else "Allocated",
        "allocated": timestamp(row.allocated),
        "accountid": account.uuid if account else None,
        "account": account.name if account else None,
        "domainid": domain.uuid if domain else None,
        "domain": domain.name if domain else None,
        "associatednetworkid": network.uuid if network else None,
        "associatednetworkname": network.name if network else None,
        "vpcid": uuid_of(call, "vpcs", row.vpc_id),
        "vpcname": vpc.name if vpc else None,
        "created": timestamp(row.created),
    }


@command("createASNRange")
def create_range(call: Call) -> dict[str, Any]:
    p = call.params
    zone = live(p.zoneid, "Cannot find a zone with ID {id}", IllegalArgument)
    if not 0 < p.startasn <= p.endasn <= LAST:
        raise IllegalArgument(f"Invalid AS number range {p.startasn}-{p.endasn}")
    for other in call.db.asn_ranges.where(zone_id=zone.id):
        if p.startasn <= other.end and other.start <= p.endasn:
            raise IllegalArgument(
                f"New AS number range ({p.startasn}-{p.endasn}) has conflict with an existing AS number range "
                f"({other.start}-{other.end})"
            )
    made = call.db.asn_ranges.add(AsnRange(zone_id=zone.id, start=p.startasn, end=p.endasn))
    for number in range(p.startasn, p.endasn + 1):
        call.db.as_numbers.add(AsNumber(number=number, range_id=made.id, zone_id=zone.id))
    call.event("AS.RANGE.CREATE", "Successfully completed Creating AS Range", made)
    return {"asnumberrange": range_view(call, made)}


@command("listASNRanges")
def list_ranges(call: Call) -> dict[str, Any]:
    return call.listing("asnumberrange", call.db.asn_ranges, range_view, where=[equal("zone_id", call.params.zoneid)])


@command("deleteASNRange")
def delete_range(call: Call) -> dict[str, Any]:
    row = live(call.params.id, "Could not find a AS range with id: {id}", CloudRuntime)
    numbers = call.db.as_numbers.where(range_id=row.id)
    used = sum(number.allocated is not None for number in numbers)
    if used:
        raise CloudRuntime(
            f"There are {used} AS numbers in use from the range {row.start}-{row.end}, cannot remove the range"
        )
    for number in numbers:
        call.db.as_numbers.delete(number)
    call.db.asn_ranges.delete(row)
    call.event("AS.RANGE.DELETE", "Successfully completed Deleting AS Range", row)
    return SUCCESS


def _account_filters(call: Call) -> list[Any]:
    p = call.params
    if not p.account:
        return []
    domain_id = p.domainid.id if p.domainid is not None else call.caller.account.domain_id
    account = active_account(call.db, p.account, domain_id)
    if account is None:
        raise IllegalArgument(f"Failed to find user Account: {p.account}")
    return [equal("account_id", account.id)]


@command("listASNumbers")
def list_numbers(call: Call) -> dict[str, Any]:
    p, network = call.params, call.params.networkid
    vpc_id = p.vpcid.id if p.vpcid is not None else None
    if network is not None:
        live(network, "Failed to find network with ID: {id}", IllegalArgument)
        if network.vpc_id is not None:
            vpc_id = network.vpc_id
            network = None
    filters = [
        *_account_filters(call),
        equal("zone_id", p.zoneid),
        equal("range_id", p.asnrangeid),
        equal("number", p.asnumber),
        equal("network_id", network),
        equal("vpc_id", vpc_id),
        matching(lambda n: (n.allocated is not None) == p.isallocated) if p.isallocated is not None else None,
    ]
    return call.listing("asnumber", call.db.as_numbers, number_view, where=filters)


def _why_kept(call: Call, row: AsNumber) -> str | None:
    """Why a number stays with its network or VPC."""
    for table, offerings, word in (("networks", "network_offerings", "network"), ("vpcs", "vpc_offerings", "VPC")):
        holder = call.db.tables[table].get(row.network_id if table == "networks" else row.vpc_id)
        offering = call.db.tables[offerings].get(holder.offering_id) if holder is not None else None
        if offering is not None and offering.specify_as_number:
            return f"Cannot release the AS number {row.number} as it is acquired by a {word} that requires AS number"
    return None


@command("releaseASNumber")
def release_number(call: Call) -> dict[str, Any]:
    p = call.params
    row = call.db.as_numbers.first(number=p.asnumber)
    if row is None:
        raise ServerApiError(530, f"Cannot find AS Number {p.asnumber} on zone {p.zoneid.id}")
    if row.allocated is not None:
        why = _why_kept(call, row)
        if why is not None:
            raise ServerApiError(530, why)
        row.allocated = row.network_id = row.vpc_id = row.account_id = None
    call.event("AS.NUMBER.RELEASE", "Successfully completed Releasing AS Number", row)
    return SUCCESS
