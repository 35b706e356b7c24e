"""updateNetwork."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import InvalidParameter
from ...model.networks import Network
from ...registry import command
from ..common import completed
from ..zones.texts import is_domain_name
from . import addressing, create_checks, services
from .create import DOMAIN_RULE
from .views import network_view

PLAIN = {
    "name": "name",
    "displaytext": "display_text",
    "displaynetwork": "display",
    "dns1": "dns1",
    "dns2": "dns2",
    "publicmtu": "public_mtu",
    "privatemtu": "private_mtu",
}


@command("updateNetwork", sync=lambda call: ("network", call.params.id))
def update(call: Call) -> Any:
    p, network = call.params, call.params.id
    if not network or network.removed is not None:
        raise InvalidParameter(f"Unable to find network by id {network.id}")
    call.check_access(network)
    if network.is_system:
        raise InvalidParameter("Can't update system networks")
    offering = p.networkofferingid or call.db.network_offerings[network.offering_id]
    create_checks.check_dns(call, offering, network)
    if p.networkofferingid is not None and p.networkofferingid.id != network.offering_id:
        _check_offering(call, network)
    if p.networkdomain is not None:
        _check_domain(call, network)
    reserved = _reservation(call, network)
    yield 0.05
    for parameter, field in PLAIN.items():
        if p[parameter] is not None:
            setattr(network, field, p[parameter])
    if p.networkdomain is not None:
        network.network_domain = p.networkdomain or None
    if reserved is not None:
        network.network_cidr, network.cidr = reserved
    if p.networkofferingid is not None:
        network.offering_id = p.networkofferingid.id
    if p.sourcenatipaddress is not None:
        _change_source_nat(call, network)
    network.details["hideIpAddressUsage"] = "true" if p.hideipaddressusage else "false"
    if p.customid is not None:
        call.db.networks.change_uuid(network, p.customid)
    completed(call, "NETWORK.UPDATE", "updating network. Network Id", network)
    return {"network": network_view(call, network)}


def _change_source_nat(call: Call, network: Network) -> None:
    """Let another of the network's addresses be the one of source NAT."""
    own = call.db.ip_addresses.where(network_id=network.id)
    new = next((ip for ip in own if ip.address == call.params.sourcenatipaddress), None)
    if new is None or new.is_static_nat:
        raise InvalidParameter(f"Cannot use requested IP {call.params.sourcenatipaddress} as the Source NAT IP")
    for ip in own:
        ip.is_source_nat = ip.id == new.id


def _check_domain(call: Call, network: Network) -> None:
    text = call.params.networkdomain
    if not services.supports(call.db, network, "Dns"):
        raise InvalidParameter("Domain suffix update can only be performed for Isolated and shared networks.")
    if text and not is_domain_name(text):
        raise InvalidParameter(DOMAIN_RULE)


def _check_offering(call: Call, network: Network) -> None:
    """Refuse an offering that the network cannot change to."""
    db, new = call.db, call.params.networkofferingid
    if new.removed is not None:
        raise InvalidParameter(f"Unable to find network offering with id {new.id}")
    old = db.network_offerings[network.offering_id]
    if network.guest_type != "Isolated":
        raise InvalidParameter("NetworkOffering update can be performed for Isolated networks only.")
    if new.state != "Enabled":
        raise InvalidParameter(f"Can't use specified network offering id as its state is not Enabled: {new.name}")
    fits = (
        new.guest_type == old.guest_type
        and new.specify_vlan == old.specify_vlan
        and new.specify_ip_ranges == old.specify_ip_ranges
        and new.tags == old.tags
        and new.traffic_type == old.traffic_type
        and new.for_vpc == old.for_vpc
        and ("SourceNat" in new.services) == ("SourceNat" in old.services)
    )
    if not fits:
        raise InvalidParameter(
            f"Can't upgrade from network offering {old.uuid} to {new.uuid}; check logs for more information"
        )


def _reservation(call: Call, network: Network) -> tuple[str | None, str] | None:
    """(whole CIDR, CIDR for instances) that `guestvmcidr` asks for."""
    text = call.params.guestvmcidr
    if text is None:
        return None
    if network.guest_type != "Isolated":
        raise InvalidParameter("Can only allow IP Reservation in networks with guest type Isolated")
    if call.params.networkofferingid is not None and call.params.networkofferingid.id != network.offering_id:
        raise InvalidParameter(
            "Cannot specify this network offering change and guestVmCidr at same time. Specify only one."
        )
    if network.state not in ("Implemented", "Allocated"):
        raise InvalidParameter(
            "The network must be in Implemented or Allocated state. IP Reservation cannot be applied in "
            f"{network.state} state"
        )
    span = net.cidr(text)
    if span is None:
        raise InvalidParameter("Invalid format of Guest VM CIDR.")
    if not net.is_guest_cidr(text):
        raise InvalidParameter("Invalid format of Guest VM CIDR. Make sure it is RFC1918 compliant. ")
    whole_text = network.network_cidr or network.cidr
    whole = net.cidr(whole_text)
    if whole is None or not span.subnet_of(whole):
        raise InvalidParameter(
            "Invalid value of Guest VM CIDR. For IP Reservation, Guest VM CIDR  should be a subset of network CIDR : "
            f"{whole_text}"
        )
    for address in addressing.taken(call.sim, network) - {network.gateway}:
        if address and not span.network_address <= net.IPv4Address(address) <= span.broadcast_address:
            raise InvalidParameter(
                f"Active IPs like {address} exist outside the Guest VM CIDR. Cannot apply reservation "
            )
    return (None, str(whole_text)) if span == whole else (str(whole_text), text)
