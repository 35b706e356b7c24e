"""updateNetwork."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.networks import Network
from ...registry import command
from ..common import completed
from ..zones.texts import is_domain_name
from . import addressing, associated, create_checks, mtu, offering_change
from .create import DOMAIN_RULE
from .views import network_view

PLAIN = {
    "name": "name",
    "displaytext": "display_text",
    "dns1": "dns1",
    "dns2": "dns2",
}


@command("updateNetwork", sync=lambda call: ("network", call.params.id))
def update(call: Call) -> Any:
    p, network = call.params, call.params.id
    if not network or network.removed is not None:
        raise InvalidParameter(f"Unable to find network by id {network.id}")
    if network.is_system:
        raise InvalidParameter("Can't update system networks")
    call.check_access(network)
    new_source_nat = _new_source_nat(call, network)
    new = offering_change.wanted(call, network)
    create_checks.check_dns(call, new or call.db.network_offerings[network.offering_id], network)
    if p.networkdomain is not None:
        _check_domain(call, network, new)
    reserved = _reservation(call, network)
    lost = offering_change.lost_services(call, network, new)
    restarts = new is not None or new_source_nat is not None or p.networkdomain is not None or _dns_changes(p, network)
    yield 0.05
    _set(call, network)
    if reserved is not None:
        network.network_cidr, network.cidr = reserved
    wakes = new is not None and offering_change.wakes(call, network, new)
    if new is not None:
        offering_change.take(call.sim, network, new, lost)
    if new_source_nat is not None:
        for ip in call.db.ip_addresses.where(network_id=network.id):
            ip.is_source_nat = ip.id == new_source_nat.id
    if restarts:
        yield from offering_change.restart(call, network, wakes=wakes)
    completed(call, "NETWORK.UPDATE", "updating network. Network Id", network)
    return {"network": network_view(call, network)}


def _set(call: Call, network: Network) -> None:
    """What changes without a check against other things."""
    p = call.params
    for parameter, field in PLAIN.items():
        if p[parameter] is not None:
            setattr(network, field, p[parameter])
    _show(call, network)
    _set_mtu(call, network)
    if p.networkdomain is not None:
        network.network_domain = p.networkdomain or None
    network.details["hideIpAddressUsage"] = "true" if p.hideipaddressusage else "false"
    if p.customid is not None:
        call.db.networks.change_uuid(network, p.customid)


def _dns_changes(p: Any, network: Network) -> bool:
    return any(p[name] is not None and p[name] != getattr(network, name) for name in ("dns1", "dns2"))


def _new_source_nat(call: Call, network: Network) -> Any:
    """Another of the network's addresses that shall be the one of source NAT; any other text is overlooked."""
    own = call.db.ip_addresses.where(network_id=network.id)
    wanted = call.params.sourcenatipaddress
    return next((ip for ip in own if ip.address == wanted and not ip.is_source_nat), None)


def _show(call: Call, network: Network) -> None:
    """A network that is hidden no longer counts against its owner's limit."""
    shown = call.params.displaynetwork
    if shown is None or shown is network.display:
        return
    offering = call.db.network_offerings[network.offering_id]
    if network.guest_type == "Isolated" and not offering.specify_vlan and network.acl_type == "Account":
        call.sim.limits.add(network.account_id, "network", 1 if shown else -1)
    network.display = shown


def _set_mtu(call: Call, network: Network) -> None:
    """Sizes of packets, where users may choose them; the public one of a tier is its VPC's."""
    p, zone = call.params, call.db.zones[network.zone_id]
    if not mtu.may_choose(call, zone):
        return
    if p.publicmtu is not None and network.vpc_id is None:
        network.public_mtu = mtu.public(call, zone, new=False)
    if p.privatemtu is not None:
        network.private_mtu = mtu.private(call, zone, new=False)


def _check_domain(call: Call, network: Network, new: Any) -> None:
    text = call.params.networkdomain
    if network.guest_type not in ("Isolated", "Shared"):
        raise InvalidParameter("Domain suffix update can only be performed for Isolated and shared networks.")
    if text and not is_domain_name(text):
        raise InvalidParameter(DOMAIN_RULE)
    offering = new or call.db.network_offerings[network.offering_id]
    if "Dns" not in offering.services:
        raise CloudRuntime(f"Service Dns is not supported by the network offering {offering}")


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
        gap = " " if network.network_cidr else "  "
        raise InvalidParameter(
            "Invalid value of Guest VM CIDR. For IP Reservation, Guest VM CIDR  should be a subset of network CIDR :"
            f"{gap}{whole_text}"
        )
    for address in addressing.taken(call.sim, network) - {network.gateway}:
        if address and not span.network_address <= net.IPv4Address(address) <= span.broadcast_address:
            raise InvalidParameter(
                f"Active IPs like {address} exist outside the Guest VM CIDR. Cannot apply reservation "
            )
    if span == whole and text != whole_text:
        same = f"The Start IP and End IP of guestvmcidr: {text} and"
        if network.network_cidr is None:
            raise InvalidParameter(
                f"{same} CIDR: {whole_text} are same, even though both the cidrs appear to be different. As a "
                "precaution no IP Reservation will be applied."
            )
        raise InvalidParameter(
            f"{same} Network CIDR: {whole_text} are same, even though both the cidrs appear to be different. As a "
            "precaution IP Reservation will not be affected. If you want to reset IP Reservation, specify guestVmCidr "
            f"to be: {whole_text}"
        )
    associated.check_others(call, network, str(span.network_address), str(span.broadcast_address))
    return (None, str(whole_text)) if span == whole else (str(whole_text), text)
