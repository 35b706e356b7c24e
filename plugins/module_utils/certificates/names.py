# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names under which console proxies and secondary storage VMs are reached: ``a-b-c-d.domain`` for each address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from typing import Any

from ..client import InvalidInput
from ..model import Row

MOST = 65536
"""Addresses of a cloud for which single records still make sense."""


def system_vm_records(client: Any, domain: str, zone_id: str | None = None) -> list[tuple[str, str]]:
    """Name and address for each public address that a system VM can get, in the order of the addresses.

    Where a zone has ranges for system VMs, only those. Raises InvalidInput where there are too many.
    """
    asked = {"forvirtualnetwork": True, **({"zoneid": zone_id} if zone_id else {})}
    rows = client.list("listVlanIpRanges", asked)
    own = {row["zoneid"] for row in rows if row.get("forsystemvms")}
    used = [row for row in rows if row.get("forsystemvms") or row["zoneid"] not in own]
    numbers = sorted({number for row in used for number in _addresses(row)})
    if len(numbers) > MOST:
        raise InvalidInput(
            f"{len(numbers)} public addresses are too many for a record each",
            option="zone" if zone_id is None else "domain",
            remedy="give system VMs an address range of their own (vlan_ip_range with for_system_vms)",
        )
    return [(f"{str(IPv4Address(n)).replace('.', '-')}.{domain}", str(IPv4Address(n))) for n in numbers]


def _addresses(row: Row) -> Iterator[int]:
    first, last = row.get("startip"), row.get("endip")
    if first and "." in first:
        yield from range(int(IPv4Address(first)), int(IPv4Address(last or first)) + 1)


def zone_file(records: Iterable[tuple[str, str]]) -> str:
    """The records as lines of a zone file (RFC 1035)."""
    return "".join(f"{name}. IN A {address}\n" for name, address in records)
