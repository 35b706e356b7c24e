"""How networks, NICs and public addresses are shown."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...clock import timestamp
from ...model.networks import Network, Nic
from ...model.tenants import domain_path
from ..common import has_notes, owner_fields
from ..routed import use
from . import dhcp_options, services

BROADCAST = {"Storage": "Native"}
"""Broadcast types that answers show under another name."""


def network_view(call: Call, network: Network) -> dict[str, Any]:
    db = call.db
    zone = db.zones[network.zone_id]
    physical = db.physical_networks.get(network.physical_network_id)
    guest = network.traffic_type == "Guest"
    return (
        {
            "id": network.uuid,
            "name": network.name,
            "displaytext": network.display_text,
            "broadcastdomaintype": BROADCAST.get(network.broadcast_type, network.broadcast_type),
            "traffictype": network.traffic_type,
            "zoneid": zone.uuid,
            "zonename": zone.name,
            "issystem": network.is_system,
            "state": network.state,
            "related": network.uuid,
            "broadcasturi": network.broadcast_uri if guest else None,
            "dns1": network.dns1 or (zone.dns1 if network.traffic_type in ("Guest", "Public") else None),
            "dns2": network.dns2 or (zone.dns2 if network.traffic_type in ("Guest", "Public") else None),
            "type": network.guest_type,
            "vlan": _shown_vlan(network) if guest and call.caller.is_root_admin else None,
            "ip6gateway": network.ip6_gateway,
            "ip6cidr": network.ip6_cidr,
            "acltype": network.acl_type,
            "subdomainaccess": network.subdomain_access,
            "service": services.service_views(call, network),
            "networkdomain": network.network_domain,
            "physicalnetworkid": physical.uuid if physical else None,
            "restartrequired": network.restart_required,
            "specifyipranges": network.specify_ip_ranges or network.traffic_type in ("Public", "Storage"),
            "canusefordeploy": guest and not network.is_system,
            "tags": call.sim.tags.views(network),
            "details": network.details,
            "externalid": network.external_id,
            "displaynetwork": network.display,
            "redundantrouter": network.redundant,
            "supportsvmautoscaling": services.may_scale(db, network),
            "created": timestamp(network.created),
            "receivedbytes": 0,
            "sentbytes": 0,
            "publicmtu": network.public_mtu,
            "privatemtu": network.private_mtu,
            "hasannotations": has_notes(call, network),
        }
        | services.offering_fields(call, network)
        | _subnet(call, network)
        | _owner(call, network)
        | _vpc(call, network)
        | _associated(call, network)
        | _routing(call, network)
    )


def _shown_vlan(network: Network) -> str | None:
    return "N/A" if network.private_vlan else network.vlan


def _subnet(call: Call, network: Network) -> dict[str, Any]:
    """Gateway, netmask and CIDR: a guest network's own, else those of the zone's ranges."""
    if network.traffic_type == "Public":
        vlan = next(iter(call.db.vlans.where(network_id=network.id)), None)
        if vlan is None or vlan.gateway is None:
            return {}
        return _subnet_fields(vlan.gateway, str(net.network(vlan.gateway, vlan.netmask)))
    if network.traffic_type == "Control":
        return _subnet_fields("169.254.0.1", "169.254.0.0/16")
    if network.cidr is None or network.gateway is None:
        return {}
    fields = _subnet_fields(network.gateway, network.network_cidr or network.cidr) | {"cidr": network.cidr}
    if network.network_cidr:
        fields |= {"networkcidr": network.network_cidr, "reservediprange": reserved_range(network)}
    return fields


def _subnet_fields(gateway: str, cidr: str) -> dict[str, Any]:
    span = net.cidr(cidr)
    return {"gateway": gateway, "netmask": str(span.netmask) if span else None, "cidr": cidr}


def reserved_range(network: Network) -> str:
    """The addresses of the whole subnet that a reservation keeps from instances: `a-b`, or `a-b , c-d`."""
    whole, part = net.cidr(network.network_cidr), net.cidr(network.cidr)
    assert whole is not None
    assert part is not None
    first, last = int(whole.network_address) + 1, int(whole.broadcast_address) - 1
    low, high = int(part.network_address) + 1, int(part.broadcast_address) - 1
    spans = [(first, low - 1)] if first < low else []
    if high < last:
        spans.append((high + 1, last))
    return " , ".join(f"{net.address(a)}-{net.address(b)}" for a, b in spans)


def _owner(call: Call, network: Network) -> dict[str, Any]:
    if network.acl_type != "Domain":
        return owner_fields(call, network.account_id)
    domain = call.db.domains[network.domain_id]
    return {"domainid": domain.uuid, "domain": domain.name, "domainpath": domain_path(domain)}


def _associated(call: Call, network: Network) -> dict[str, Any]:
    other = call.db.networks.get(network.associated_id)
    return {} if other is None else {"associatednetworkid": other.uuid, "associatednetwork": other.name}


def _routing(call: Call, network: Network) -> dict[str, Any]:
    offering = call.db.network_offerings.get(network.offering_id)
    return use.fields(call, "network_id", network, offering) if offering is not None else {}


def _vpc(call: Call, network: Network) -> dict[str, Any]:
    vpc = call.db.vpcs.get(network.vpc_id)
    acl = call.db.network_acls.get(network.acl_id)
    return {
        "vpcid": vpc.uuid if vpc else None,
        "vpcname": vpc.name if vpc else None,
        "aclid": acl.uuid if acl else None,
        "aclname": acl.name if acl else None,
    }


def nic_view(call: Call, nic: Nic, *, of_instance: bool = True) -> dict[str, Any]:
    """A NIC inside a VM's answer. `of_instance`: with the fields that only instances' NICs have."""
    network = call.db.networks[nic.network_id]
    vpc = call.db.vpcs.get(network.vpc_id) if of_instance else None
    view: dict[str, Any] = {
        "id": nic.uuid,
        "networkid": network.uuid,
        "networkname": network.name,
        "netmask": nic.netmask,
        "gateway": nic.gateway,
        "ipaddress": nic.address,
        "isolationuri": nic.vlan,
        "broadcasturi": nic.vlan,
        "traffictype": network.traffic_type,
        "type": network.guest_type,
        "isdefault": nic.is_default,
        "macaddress": nic.mac,
        "mtu": nic.mtu,
    }
    if network.ip6_cidr and nic.address:
        view |= {
            "ip6gateway": network.ip6_gateway,
            "ip6cidr": network.ip6_cidr,
            "ip6address": net.ip6_of(network.ip6_cidr, nic.mac),
        }
    if of_instance:
        view |= {
            "secondaryip": secondary_views(call, nic),
            "extradhcpoption": dhcp_options.views(nic),
            "deviceid": str(nic.device_id),
        }
        if vpc is not None:
            view |= {"vpcid": vpc.uuid, "vpcname": vpc.name}
    return view


def secondary_views(call: Call, nic: Nic) -> list[dict[str, Any]]:
    return [{"id": s.uuid, "ipaddress": s.address} for s in call.db.nic_secondary_ips.where(nic_id=nic.id)]


def nic_row_view(call: Call, nic: Nic) -> dict[str, Any]:
    """A NIC as listNics shows it: with its VM, and secondary addresses only when there are some."""
    view = nic_view(call, nic)
    view["virtualmachineid"] = call.db.vms[nic.vm_id].uuid
    view["secondaryip"] = view["secondaryip"] or None
    return view


def address_view(call: Call, ip: Any, *, ranges: bool = True) -> dict[str, Any]:
    """A public address. `ranges`: with its VLAN range, as root admins see it in most answers."""
    db = call.db
    zone = db.zones[ip.zone_id]
    vlan = db.vlans.get(ip.vlan_id)
    vpc = db.vpcs.get(ip.vpc_id)
    serves = db.networks.get(ip.network_id)
    belongs = db.networks.get(vlan.network_id) if vlan else None
    physical = db.physical_networks.get(ip.physical_network_id)
    return {
        "id": ip.uuid,
        "ipaddress": ip.address,
        "allocated": timestamp(ip.allocated),
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "issourcenat": ip.is_source_nat,
        **(owner_fields(call, ip.account_id) if ip.account_id else {}),
        "forvirtualnetwork": vlan.virtual if vlan else True,
        "vlanid": vlan.uuid if vlan and ranges else None,
        "vlanname": vlan.vlan if vlan and ranges else None,
        "isstaticnat": ip.is_static_nat,
        "issystem": ip.is_system,
        **_behind(call, ip),
        "associatednetworkid": serves.uuid if serves else None,
        "associatednetworkname": serves.name if serves else None,
        "networkid": belongs.uuid if belongs else None,
        "state": ip.state,
        "physicalnetworkid": physical.uuid if physical else None,
        "vpcid": vpc.uuid if vpc else None,
        "vpcname": vpc.name if vpc else None,
        "purpose": "Lb" if ip.is_system else None,
        "tags": call.sim.tags.views(ip),
        "isportable": ip.is_portable,
        "fordisplay": ip.for_display,
        "hasrules": bool(db.firewall_rules.where(ip_id=ip.id)),
        "forsystemvms": ip.for_system_vms,
        "forprovider": False,
        "hasannotations": has_notes(call, ip),
    }


def _system_vm(call: Call, ip: Any) -> Any:
    found = call.db.vms.where(zone_id=ip.zone_id, account_id=ip.account_id)
    return next((vm for vm in found if getattr(vm, "public_ip_id", None) == ip.id), None)


def _behind(call: Call, ip: Any) -> dict[str, Any]:
    """The VM that an address leads to: a system VM, or the instance of its static NAT."""
    vm = _system_vm(call, ip) if ip.is_system else call.db.vms.get(ip.vm_id)
    if vm is None:
        return {}
    fields = {"virtualmachineid": vm.uuid, "virtualmachinetype": vm.vm_type, "virtualmachinename": vm.name}
    if vm.vm_type == "User":
        fields |= {"virtualmachinedisplayname": vm.display_name or vm.name, "vmipaddress": ip.vm_address}
    return fields
