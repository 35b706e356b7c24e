"""The network of an instance for which none was named, and which networks an account may use."""

from __future__ import annotations

from typing import Any

from ...access import in_domain
from ...call import Call
from ...errors import InvalidParameter, PermissionDenied
from ...model.networks import Network
from ..zones import zone_life
from . import addressing, create_owner, permissions, services


def check_reach(call: Call, owner: Any, network: Network) -> None:
    """Refuse a network that belongs to another account, or to a domain that the owner is not in."""
    db = call.db
    if network.acl_type == "Domain":
        below = network.subdomain_access and in_domain(db, owner.domain_id, network.domain_id)
        if network.domain_id == owner.domain_id or below:
            return
    elif network.account_id == owner.id or permissions.is_shared_with(call, network, {owner.id}):
        return
    if call.caller.is_root_admin and network.account_id == owner.id:
        return
    raise PermissionDenied(f"Unable to use network with id= {network.uuid}, permission denied")


def network_for(call: Call, owner: Any, zone: Any) -> Network:
    """The owner's only isolated network with source NAT in the zone; made when there is none."""
    db = call.db
    found = [
        n
        for n in db.networks.where(account_id=owner.id, zone_id=zone.id)
        if n.guest_type == "Isolated" and n.vpc_id is None and services.supports(db, n, "SourceNat")
    ]
    if len(found) > 1:
        raise InvalidParameter(
            f"More than 1 default Isolated networks are found for account {owner.name}; please specify networkIds"
        )
    return found[0] if found else _make(call, owner, zone)


def _make(call: Call, owner: Any, zone: Any) -> Network:
    offerings = [o for o in call.db.network_offerings if o.availability == "Required" and o.traffic_type == "Guest"]
    if not offerings:
        raise InvalidParameter(
            "Unable to find network offering with availability=Required to automatically create the network as a part "
            "of vm creation"
        )
    offering = offerings[0]
    if offering.state != "Enabled":
        raise InvalidParameter(f"Required network offering {offering.name} is not in Enabled")
    gateway, cidr = addressing.zone_subnet(call.sim, zone, offering)
    call.sim.limits.check(owner, "network")
    network: Network = call.db.networks.add(
        Network(
            name=f"{owner.name}-network",
            display_text=f"{owner.name}-network",
            zone_id=zone.id,
            account_id=owner.id,
            domain_id=owner.domain_id,
            offering_id=offering.id,
            physical_network_id=zone_life.networks_with_traffic(call.sim, zone, "Guest")[0].id,
            guest_type="Isolated",
            gateway=gateway,
            cidr=cidr,
            network_domain=create_owner.default_domain_name(call, owner, "Account", owner.domain_id),
            acl_type="Account",
            public_mtu=1500,
            private_mtu=1500,
        )
    )
    call.sim.limits.add(owner.id, "network", 1)
    return network
