# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another system offering for routers by the network offering of their networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..client import InvalidInput, of_all_owners
from ..model import Row
from ..reconcile.answers import PlannedId


def networks(run: Any) -> list[Row]:
    """All networks, those of projects too."""
    return of_all_owners(run.client, "listNetworks")


def prepare(run: Any, offering: Row, rows: Sequence[Row]) -> None:
    """Remembers the offering that networks shall have, and what they have; refuses one that does not name ``offering``.

    ``rows``: the routers in scope. Those whose network would lose services are left, and told why.
    """
    row, found = run.view.find("network_offering", run.option("network_offering")), networks(run)
    if not isinstance(row["id"], PlannedId):
        if not isinstance(offering["id"], PlannedId):
            _check(row, offering)
        _mark_losses(run, row, found, rows)
    run.memory["network_offering"] = row["id"]
    run.memory["networks"] = {one["id"]: one.get("networkofferingid") for one in found}


def _mark_losses(run: Any, wanted: Row, found: Sequence[Row], rows: Sequence[Row]) -> None:
    """Networks that the offering would take services from: the server takes the rules of those with them."""
    kept = _services(wanted)
    lost = {row["id"]: _services(row) - kept for row in found}
    for row in rows:
        if services := ", ".join(sorted(lost.get(str(row.get("guestnetworkid")), ()))):
            run.memory["own"][row["id"]] = (
                f"network offering {wanted['name']} lacks services of its network: {services}; "
                "give a network_offering that has them"
            )


def _services(row: Row) -> set[str]:
    return {service["name"] for service in row.get("service") or ()} - {"Gateway"}


def _check(row: Row, offering: Row) -> None:
    if row.get("serviceofferingid") != offering["id"]:
        raise InvalidInput(
            f"network offering {row['name']} names system offering {row.get('serviceofferingname') or 'none'}, "
            f"not {offering['name']}",
            option="network_offering",
            remedy="create one with this system offering (module network_offering)",
        )
    if row.get("state") not in (None, "Enabled"):
        raise InvalidInput(
            f"network offering {row['name']} is {row['state']}", option="network_offering", remedy="enable it first"
        )
