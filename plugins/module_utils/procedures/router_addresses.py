# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a restart with cleanup would need a public address that the zone does not have (F3).

The server gives a new router the source NAT address that its network or VPC has, to both of a pair the same one. It
takes another only where source NAT is offered and no address stands for it any more [RouterDeploymentDefinition and
IpAddressManagerImpl of 4.22]; that address must be free then, or the restart fails.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..campaign import Target
from ..client import InvalidInput, NotAllowed, of_all_owners
from .router_served import served
from .routers import is_balancer


def check_addresses(run: Any, due: Iterable[Target], option: str) -> None:
    """Refuses where a network or VPC that is to be restarted has no source NAT address, and none is free."""
    by_zone: dict[str, list[Target]] = {}
    for target in due:
        rows = target.facts["seen"].rows
        if rows and not target.facts["single"] and not is_balancer(rows[0]):
            by_zone.setdefault(str(rows[0]["zoneid"]), []).append(target)
    for zone, targets in by_zone.items():
        if not _has_free(run, zone):
            _check_zone(run, zone, targets, option)


def _has_free(run: Any, zone: str) -> bool:
    """Whether any address is free for tenants; taken for granted where the caller may not see free ones."""
    asked = {"zoneid": zone, "allocatedonly": False, "state": "Free", "forsystemvms": False, "page": 1, "pagesize": 1}
    try:
        return bool(run.client.call("listPublicIpAddresses", asked).get("publicipaddress"))
    except NotAllowed:
        return True


def _check_zone(run: Any, zone: str, targets: list[Target], option: str) -> None:
    title = str(targets[0].facts["seen"].rows[0].get("zonename", zone))
    served = _with_address(run, zone)
    lost = [target for target in targets if target.facts["serves"][1] not in served and _offers_source_nat(run, target)]
    if not lost:
        run.task.warn(
            f"zone {title} has no public address left; that stops no restart here, for each network keeps the source "
            "NAT address that it has"
        )
        return
    names = [f"{kind} {name}" for kind, _id, name in (target.facts["serves"] for target in lost)]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    raise InvalidInput(
        f"{', '.join(names[:5])}{more}: without a source NAT address, and zone {title} has no public address left for "
        "the new router",
        option=option,
        obj=f"zone {title}",
        remedy="release addresses that nobody needs, or add a public range (module vlan_ip_range)",
    )


def _with_address(run: Any, zone: str) -> set[str]:
    """Ids of the networks and VPCs that have a source NAT address."""
    rows = of_all_owners(run.client, "listPublicIpAddresses", {"zoneid": zone, "issourcenat": True})
    return {str(row[field]) for row in rows for field in ("associatednetworkid", "vpcid") if row.get(field)}


def _offers_source_nat(run: Any, target: Target) -> bool:
    row = served(run, target) or {}
    return any(service.get("name") == "SourceNat" for service in row.get("service") or ())
