"""Port forwarding rules and static NAT."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter, NetworkRuleConflict, ServerApiError
from ...listing import equal, tagged
from ...model.networks import Rule
from ...registry import SUCCESS, allocate, command
from ..common import completed
from ..vpcs import addresses as vpc_addresses
from . import rules, services
from .firewall import STEP


def forwarding_view(call: Call, rule: Rule) -> dict[str, Any]:
    db = call.db
    ip, vm, network = db.ip_addresses[rule.ip_id or 0], db.vms.get(rule.vm_id), db.networks[rule.network_id]
    return {
        "id": rule.uuid,
        "privateport": str(rule.private_start),
        "privateendport": str(rule.private_end),
        "protocol": rule.protocol,
        "publicport": str(rule.start_port),
        "publicendport": str(rule.end_port),
        "virtualmachineid": vm.uuid if vm else None,
        "virtualmachinename": vm.name if vm else None,
        "virtualmachinedisplayname": (vm.display_name or vm.name) if vm else None,
        "ipaddressid": ip.uuid,
        "ipaddress": ip.address,
        "state": rule.state,
        "cidrlist": ",".join(rule.source_cidrs),
        "tags": call.sim.tags.views(rule),
        "vmguestip": rule.guest_address,
        "networkid": network.uuid,
        "fordisplay": rule.display,
    }


@allocate("createPortForwardingRule")
def allocate_rule(call: Call) -> Rule:
    p, ip, vm = call.params, call.params.ipaddressid, call.params.virtualmachineid
    rules.check_cidrs(list(p.cidrlist or []), "Source cidrs formatting error")
    if not ip or ip.account_id is None:
        raise InvalidParameter(f"Unable to create port forwarding rule; ip id={ip.id} doesn't exist in the system")
    call.check_access(ip)
    if ip.is_static_nat:
        raise InvalidParameter(f"Unable to create port forwarding rule; ip {_text(ip)} has static nat enabled")
    vpc_addresses.check_network(ip, p.networkid)
    network = rules.network_of_address(
        call, ip, f"Unable to create port forwarding rule; ip {_text(ip)} is not associated with any network"
    )
    if ip.network_id is not None and ip.network_id != network.id:
        raise InvalidParameter(f"Ip address {_text(ip)} is not assigned to the network {network}")
    public_end, private_end = p.get("publicendport", p.publicport), p.get("privateendport", p.privateport)
    rules.check_ports(p.publicport, public_end)
    if p.privateport > private_end:
        raise InvalidParameter("Start port can't be bigger than end port")
    rules.check_protocol(call, network, p.protocol, "PortForwarding")
    if private_end - p.privateport != public_end - p.publicport:
        raise InvalidParameter("Source port and destination port ranges should be of equal sizes.")
    rules.check_service(call, ip, network, "PortForwarding")
    nic = _nic(call, ip, vm, network)
    rule = rules.add(
        call,
        Rule(
            purpose="PortForwarding",
            protocol=p.protocol.lower(),
            network_id=network.id,
            account_id=ip.account_id,
            ip_id=ip.id,
            start_port=p.publicport,
            end_port=public_end,
            private_start=p.privateport,
            private_end=private_end,
            vm_id=vm.id,
            guest_address=p.vmguestip or nic.address,
            source_cidrs=list(p.cidrlist or []),
            display=p.get("fordisplay", True),
        ),
    )
    vpc_addresses.tie(ip, network)
    if rules.wants_open_firewall(call, ip):
        rules.open_firewall(call, rule)
    return rule


def _text(ip: Any) -> str:
    return address_text(ip)


def address_text(ip: Any) -> str:
    """The server's way to print a public address."""
    return f'IPAddress {{"address":"{ip.address}","dataCenterId":{ip.zone_id},"id":{ip.id},"uuid":"{ip.uuid}"}}'


def _nic(call: Call, ip: Any, vm: Any, network: Any) -> Any:
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise InvalidParameter(
            f"Unable to create port forwarding rule on address {_text(ip)}, invalid virtual machine id specified "
            f"({vm.id})."
        )
    if vm.state in ("Destroyed", "Expunging"):
        raise InvalidParameter(f"Invalid user vm: {vm}")
    nics = [n for n in call.db.nics.where(vm_id=vm.id) if n.network_id == network.id]
    if not nics:
        raise InvalidParameter("Vm doesn't belong to network associated with ipAddress")
    wanted = call.params.vmguestip
    secondary = {s.address for s in call.db.nic_secondary_ips.where(nic_id=nics[0].id)}
    if wanted is not None and wanted != nics[0].address and wanted not in secondary:
        raise InvalidParameter("IP Address is not in the VM nic's network")
    return nics[0]


@command("createPortForwardingRule", sync=rules.same_network)
def create(call: Call) -> Any:
    rule = call.created
    yield STEP
    rule.state = "Active"
    completed(call, "NET.RULEADD", "creating forwarding rule. Rule Id", rule, "FirewallRule")
    return {"portforwardingrule": forwarding_view(call, rule)}


@command("listPortForwardingRules")
def list_rules(call: Call) -> dict[str, Any]:
    p = call.params
    ip = p.ipaddressid
    if ip is not None and (not ip or ip.account_id is None):
        raise InvalidParameter(f"Ip address id={ip.uuid or ip.id} not ready for port forwarding rules yet")
    return call.listing(
        "portforwardingrule",
        call.db.firewall_rules,
        forwarding_view,
        where=[
            equal("id", p.id),
            equal("purpose", "PortForwarding"),
            equal("ip_id", ip),
            equal("network_id", p.networkid),
            equal("display", p.fordisplay),
            tagged(call, "PortForwardingRule"),
        ],
        owned=True,
        newest_first=True,
    )


def _rule(call: Call) -> Rule:
    rule = call.params.id
    if not rule or rule.removed is not None or rule.purpose != "PortForwarding":
        raise InvalidParameter(f"Unable to find {rule.id}")
    call.check_access(rule)
    return rule  # type: ignore[no-any-return]


@command("updatePortForwardingRule", sync=rules.same_network)
def update(call: Call) -> Any:
    p, rule = call.params, _rule(call)
    for port, words in ((p.privateport, "privatePort is an"), (p.privateendport, "PrivateEndPort has an")):
        if port is not None and not 0 < port <= 65535:
            raise InvalidParameter(f"{words} invalid value: {port}")
    start, end = p.get("privateport", rule.private_start), p.get("privateendport", rule.private_end)
    if p.privateport is not None and p.privateendport is None:
        end = start + (rule.end_port or 0) - (rule.start_port or 0)
    if end - start != (rule.end_port or 0) - (rule.start_port or 0):
        raise InvalidParameter(
            "Unable to update the private port range of port forwarding rule as  the provided port range is not "
            f"consistent with the port range : {rule.start_port} to {rule.end_port}"
        )
    if p.vmguestip is not None and p.virtualmachineid is None:
        raise InvalidParameter("vmguestip should be set along with virtualmachineid")
    ip = call.db.ip_addresses[rule.ip_id or 0]
    nic = _nic(call, ip, p.virtualmachineid, call.db.networks[rule.network_id]) if p.virtualmachineid else None
    yield STEP
    rule.private_start, rule.private_end = start, end
    if nic is not None:
        rule.vm_id, rule.guest_address = p.virtualmachineid.id, p.vmguestip or nic.address
    if p.fordisplay is not None:
        rule.display = p.fordisplay
    if p.customid is not None:
        call.db.firewall_rules.change_uuid(rule, p.customid)
    return {"portforwardingrule": forwarding_view(call, rule)}


@command("deletePortForwardingRule", sync=rules.same_network)
def delete(call: Call) -> Any:
    rule = _rule(call)
    rule.state = "Revoke"
    yield STEP
    rules.drop(call.sim, rule)
    completed(call, "NET.RULEDELETE", "revoking forwarding rule. Rule Id", rule, "FirewallRule")
    return SUCCESS


@command("enableStaticNat")
def enable_static_nat(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    ip, vm = p.ipaddressid, p.virtualmachineid
    if not ip or ip.account_id is None:
        raise InvalidParameter(f"Unable to find ip address by id {ip.id}")
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise InvalidParameter(
            f"Can't enable static nat for the address {_text(ip)}, invalid virtual machine id specified ({vm.id})."
        )
    call.check_access(ip)
    call.check_access(vm)
    vpc_addresses.check_network(ip, p.networkid)
    network = rules.network_of_address(call, ip, "Unable to find network by id")
    if ip.network_id not in (None, network.id):
        raise InvalidParameter(
            f"Invalid network {network}. IP is associated with a different network than passed network id"
        )
    nics = [n for n in db.nics.where(vm_id=vm.id) if n.network_id == network.id]
    if not nics:
        raise InvalidParameter("Vm doesn't belong to the network with specified id")
    if not services.supports(db, network, "StaticNat"):
        raise InvalidParameter(
            "Unable to create static nat rule; StaticNat service is not supported in network with specified id"
        )
    _check_guest_address(call, nics[0])
    rules.check_service(call, ip, network, "StaticNat")
    _check_ready(call, ip, vm)
    ip.is_static_nat, ip.vm_id = True, vm.id
    ip.vm_address = p.vmguestip or nics[0].address
    ip.network_id = network.id
    completed(call, "STATICNAT.ENABLE", "enabling static nat. Ip Id", ip, "IpAddress")
    return SUCCESS


def _check_guest_address(call: Call, nic: Any) -> None:
    wanted = call.params.vmguestip
    secondary = {s.address for s in call.db.nic_secondary_ips.where(nic_id=nic.id)}
    if wanted not in (None, nic.address, *secondary):
        raise InvalidParameter(f"VM ip {wanted} address not belongs to the vm")


def _check_ready(call: Call, ip: Any, vm: Any) -> None:
    if ip.is_source_nat:
        raise InvalidParameter(f"Can't enable static, ip address {_text(ip)} is a sourceNat ip address")
    purposes = {r.purpose for r in call.db.firewall_rules.where(ip_id=ip.id)}
    for purpose in ("PortForwarding", "LoadBalancing"):
        if not ip.is_static_nat and purpose in purposes:
            raise ServerApiError(
                537,
                f"Failed to enable static nat for the ip address {_text(ip)} as it already has {purpose} rules "
                "assigned",
            )
    if ip.is_static_nat and ip.vm_id != vm.id:
        raise NetworkRuleConflict(
            f"Failed to enable static for the ip address {_text(ip)} and vm id={vm.id} as it's already assigned to "
            "antoher vm"
        )
    for other in call.db.ip_addresses.where(zone_id=ip.zone_id, state="Allocated"):
        if other.vm_id == vm.id and other.is_static_nat and other.id != ip.id:
            raise InvalidParameter(
                f"Failed to enable static nat on the  ip {ip.address} with Id {ip.uuid} as the vm {vm.instance_name} "
                f"with Id {vm.uuid} is already associated with another public ip {other.address} with id {other.uuid}"
            )


@command("disableStaticNat")
def disable_static_nat(call: Call) -> Any:
    ip = call.params.ipaddressid
    if not ip or ip.vm_id is None or not ip.is_static_nat:
        raise InvalidParameter("Specified IP address id is not associated with any vm Id")
    call.check_access(ip)
    if ip.is_system:
        raise InvalidParameter("Can't disable static nat for system IP address with specified id")
    if call.db.remote_access_vpns.where(ip_id=ip.id):
        raise InvalidParameter("Can't disable static nat as the IP address is used by a Remote Access VPN")
    yield STEP
    ip.is_static_nat, ip.vm_id, ip.vm_address = False, None, None
    if ip.vpc_id is not None and not call.db.firewall_rules.where(ip_id=ip.id):
        ip.network_id = None
    completed(call, "STATICNAT.DISABLE", "disabling static nat. Ip Id", ip, "IpAddress")
    return SUCCESS
