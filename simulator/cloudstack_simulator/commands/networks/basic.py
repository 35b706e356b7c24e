"""Guest networks of Basic zones: one shared network for all pods, with a range of addresses in each."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...model.networks import Network

UNTAGGED = "untagged"


def is_basic(zone: Any) -> bool:
    return zone is not None and zone.network_type == "Basic"


def check_new(call: Call, offering: Any, zone: Any, domain_id: int) -> None:
    """Refuse what cannot be the guest network of a Basic zone."""
    if guest_network(call, zone) is not None:
        raise InvalidParameter("Can't have more than one Guest network in zone with network type Basic")
    if offering.guest_type != "Shared" or "SourceNat" in offering.services:
        raise InvalidParameter(
            "For zone of type Basic only offerings of guestType Shared with disabled SourceNat service are allowed"
        )
    if domain_id != call.db.domains.the(level=0).id:
        raise InvalidParameter("Guest network in Basic zone should be dedicated to ROOT domain")
    if call.params.subdomainaccess is False:
        raise InvalidParameter("Subdomain access should be set to true for the guest network in the Basic zone")
    if (call.params.vlan or UNTAGGED).lower() != UNTAGGED:
        raise InvalidParameter("Only vlan untagged can be created in the zone of type Basic")


def guest_network(call: Call, zone: Any) -> Network | None:
    found: Network | None = call.db.networks.first(zone_id=zone.id, traffic_type="Guest")
    return found


def network_for_instance(call: Call, zone: Any) -> Network:
    """The network that instances of a Basic zone come into; they cannot choose one."""
    if call.params.networkids or call.params.iptonetworklist:
        raise InvalidParameter("Can't specify network Ids in Basic zone")
    network = guest_network(call, zone)
    if network is None:
        raise InvalidParameter("Unable to find a default network to start a vm")
    return network
