"""Guest VLANs of physical networks: ranges, single VLANs, dedication."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...errors import InvalidParameter
from ...hash_order import in_hash_order
from ...listing import equal, matching
from ...model.physical import GuestVlanRange, PhysicalNetwork, Vnet
from ...registry import SUCCESS, command
from ...tags import domain_path

if TYPE_CHECKING:
    from ...simulator import Simulator

FORM = (
    "Please provide valid vnet range. vnet range should be a comma separated list of vlan ranges. "
    "example 500-500,600-601"
)
LIMITS = {"VXLAN": (0, 16777215), "GRE": (0, 4294967295)}
VLAN_LIMITS = (0, 4095)

Range = tuple[int, int]


def parse(text: str, isolation_methods: list[str]) -> list[Range]:
    """Ranges of VLAN numbers in `500-599,700`; 431 when the text or a number is wrong."""
    method = isolation_methods[0].upper() if isolation_methods else "VLAN"
    lowest, highest = LIMITS.get(method, VLAN_LIMITS)
    message = f" between {lowest} and {highest}"
    found: list[Range] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part)
        if match is None:
            raise InvalidParameter(FORM + message)
        start, end = int(match[1]), int(match[2] or match[1])
        if not (lowest <= start <= highest and lowest <= end <= highest):
            raise InvalidParameter(f"Vnet range has to be{message}")
        if start > end:
            raise InvalidParameter(
                f"Vnet range has to be{message} and start range should be lesser than or equal to stop range"
            )
        found.append((start, end))
    return found


def written(numbers: list[int]) -> str | None:
    """Numbers as ranges: `400-450,500-510`; None for none."""
    parts = []
    for _key, group in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        run = [n for _index, n in group]
        parts.append(f"{run[0]}-{run[-1]}")
    return ",".join(parts) or None


def replace(sim: Simulator, network: PhysicalNetwork, ranges: list[Range]) -> None:
    """Give a physical network these VLANs; 431 when one that goes is in use or dedicated."""
    wanted = {n for start, end in ranges for n in range(start, end + 1)}
    rows = {int(v.vnet): v for v in sim.db.vnets.where(physical_network_id=network.id)}
    gone = sorted(rows.keys() - wanted)
    _check_removal(sim, network, rows, gone)
    for value in gone:
        sim.db.vnets.delete(rows[value])
    # The server numbers its VLANs in the order of a hash set.
    for text in in_hash_order([str(n) for n in sorted(wanted - rows.keys())]):
        sim.db.vnets.add(Vnet(vnet=text, physical_network_id=network.id, zone_id=network.zone_id))
    network.vlan = written(list(wanted))


def _check_removal(sim: Simulator, network: PhysicalNetwork, rows: dict[int, Vnet], gone: list[int]) -> None:
    for text in (written(gone) or "").split(",") if gone else []:
        start, end = (int(n) for n in text.split("-"))
        if any(rows[n].taken is not None for n in range(start, end + 1)):
            raise InvalidParameter(f"physicalnetwork {network} has allocated vnets in the range {start}-{end}")
        for row in sim.db.guest_vlan_ranges.where(physical_network_id=network.id):
            first, last = _ends(row)
            if first <= end and start <= last:
                raise InvalidParameter(
                    f"Vnet range {row.vlan_range} is dedicated to an account. The specified range {start}-{end} "
                    "overlaps with the dedicated range  Please release the overlapping dedicated range before deleting "
                    "the range"
                )


def vnet_view(call: Call, row: Vnet) -> dict[str, Any]:
    zone, network = call.db.zones[row.zone_id], call.db.physical_networks[row.physical_network_id]
    guest = call.db.networks.get(row.network_id)
    return {
        "id": row.id,
        "vlan": row.vnet,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "physicalnetworkid": network.uuid,
        "physicalnetworkname": network.name,
        "isdedicated": row.range_id is not None,
        "allocationstate": "Free" if row.taken is None else "Allocated",
        "network": [{"id": guest.uuid, "name": guest.name}] if guest else [],
    }


@command("listGuestVlans")
def list_guest_vlans(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "guestvlan",
        call.db.vnets,
        vnet_view,
        where=[
            equal("id", p.id),
            equal("zone_id", p.zoneid),
            equal("physical_network_id", p.physicalnetworkid),
            equal("vnet", p.vnet),
            matching(lambda row: row.taken is not None) if p.allocatedonly else None,
        ],
        keyword=("vnet",),
        sort=lambda row: (row.physical_network_id, row.vnet),
    )


def range_view(call: Call, row: GuestVlanRange) -> dict[str, Any]:
    network = call.db.physical_networks[row.physical_network_id]
    account = call.db.accounts[row.account_id]
    domain = call.db.domains[account.domain_id]
    return {
        "id": row.uuid,
        "account": account.name,
        "domainid": domain.uuid,
        "domain": domain.name,
        "domainpath": domain_path(domain),
        "guestvlanrange": row.vlan_range,
        "physicalnetworkid": network.id,
        "zoneid": network.zone_id,
    }


def _account(call: Call) -> Any:
    p = call.params
    if p.account and p.projectid:
        raise InvalidParameter("accountName and projectId are mutually exclusive")
    if p.projectid:
        live(p.projectid, "Unable to find project by id {id}")
        return call.db.accounts[p.projectid.project_account_id]
    domain = p.domainid or call.caller.domain
    account = call.db.accounts.first(domain_id=domain.id, name=p.account or call.caller.account.name)
    if account is None:
        raise InvalidParameter(f"Unable to find account by name {p.account}")
    return account


def _ends(row: GuestVlanRange) -> Range:
    start, end = row.vlan_range.split("-")
    return int(start), int(end)


@command("dedicateGuestVlanRange")
def dedicate_guest_vlan_range(call: Call) -> dict[str, Any]:
    p = call.params
    account = _account(call)
    network = live(p.physicalnetworkid, "Unable to find physical network by id {id}")
    if network.isolation_methods and not {m.upper() for m in network.isolation_methods} & {"VLAN", "VXLAN"}:
        raise InvalidParameter(
            f"Cannot dedicate guest vlan range. Physical isolation type of network {network} is not VLAN nor VXLAN"
        )
    start, end = _wanted_range(p.vlanrange)
    rows = [v for v in call.db.vnets.where(physical_network_id=network.id) if start <= int(v.vnet) <= end]
    if len(rows) != end - start + 1:
        raise InvalidParameter(f"Unable to find guest vlan by range {p.vlanrange}")
    for row in rows:
        if row.taken is not None and row.account_id != account.id:
            raise InvalidParameter(
                f"Guest vlan from this range {row.vnet} is allocated to a different account. Can only dedicate a range "
                "which has no allocated vlans or has vlans allocated to the same account "
            )
    if any(row.range_id is not None for row in rows):
        raise InvalidParameter(f"Vlan range is already dedicated. Cannot dedicate guest vlan range {p.vlanrange}")
    made = _joined(call, network, account, start, end)
    for row in rows:
        row.range_id = made.id
    call.event("GUESTVLANRANGE.DEDICATE", f"Successfully completed dedicating guest vlan range. {p.vlanrange}", made)
    return {"dedicatedguestvlanrange": range_view(call, made)}


def _wanted_range(text: str) -> Range:
    parts = text.split("-")
    if len(parts) != 2:
        raise InvalidParameter(
            f"Invalid format for parameter value vlan {text} .Vlan should be specified as 'startvlan-endvlan'"
        )
    if not all(part.isdigit() for part in parts) or int(parts[0]) > int(parts[1]):
        raise InvalidParameter("Please provide valid guest vlan range")
    return int(parts[0]), int(parts[1])


def _joined(call: Call, network: PhysicalNetwork, account: Any, start: int, end: int) -> GuestVlanRange:
    """The range's row: a new one, or the account's own one next to it, grown."""
    for row in call.db.guest_vlan_ranges.where(physical_network_id=network.id):
        first, last = _ends(row)
        if row.account_id == account.id and (first == end + 1 or last == start - 1):
            row.vlan_range = f"{min(first, start)}-{max(last, end)}"
            return row
    made: GuestVlanRange = call.db.guest_vlan_ranges.add(
        GuestVlanRange(physical_network_id=network.id, vlan_range=f"{start}-{end}", account_id=account.id)
    )
    return made


@command("releaseDedicatedGuestVlanRange")
def release_guest_vlan_range(call: Call) -> dict[str, Any]:
    row = live(call.params.id, "Dedicated guest vlan with specified id doesn't exist in the system")
    for vnet in call.db.vnets.where(physical_network_id=row.physical_network_id):
        if vnet.range_id == row.id:
            vnet.range_id = None
    call.db.guest_vlan_ranges.delete(row)
    call.event("GUESTVLANRANGE.RELEASE", f"Successfully completed releasing guest vlan range. {row.vlan_range}", row)
    return SUCCESS


@command("listDedicatedGuestVlanRanges")
def list_guest_vlan_ranges(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    account = None
    if p.account or p.projectid:
        account = _account(call)
    return call.listing(
        "dedicatedguestvlanrange",
        db.guest_vlan_ranges,
        range_view,
        where=[
            equal("id", p.id),
            equal("account_id", account),
            equal(lambda r: db.accounts[r.account_id].domain_id, p.domainid) if not account else None,
            equal("vlan_range", p.guestvlanrange),
            equal("physical_network_id", p.physicalnetworkid),
            equal(lambda r: db.physical_networks[r.physical_network_id].zone_id, p.zoneid),
        ],
    )
