"""Port forwarding rules."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import InvalidParameter
from ...listing import equal, tagged
from ...model.networks import Rule
from ...registry import SUCCESS, allocate, command
from ..common import completed, done, entity_created
from ..vpcs import addresses as vpc_addresses
from . import rules
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
    for cidr in p.cidrlist or []:
        if net.cidr(cidr) is None and not rules.is_ip6_cidr(cidr):
            raise InvalidParameter(f"The given source CIDR [{cidr}] is invalid.")
    if not ip or ip.state != "Allocated":
        raise InvalidParameter(f"Unable to create PF rule, invalid IP address id {ip.id}")
    opens = rules.wants_open_firewall(call, ip)
    if ip.is_static_nat:
        raise InvalidParameter(f"Unable to create port forwarding rule; ip {address_text(ip)} has static nat enabled")
    network = network_of(
        call,
        f"Unable to create port forwarding rule for the ipAddress id={ip.id} as ip is not associated with any network "
        "and no networkId is passed in",
    )
    if ip.network_id is None and not may_tie(ip, network):
        raise InvalidParameter(f"Ip address {address_text(ip)} is not assigned to the network {network}")
    rules.check_service(call, ip, network, "PortForwarding")
    public_end, private_end = p.get("publicendport", p.publicport), p.get("privateendport", p.privateport)
    rules.check_ports(p.publicport, public_end)
    call.check_access(ip)
    rules.check_protocol(call, network, p.protocol, "PortForwarding")
    if p.privateport > private_end:
        raise InvalidParameter("Start port can't be bigger than end port")
    if private_end - p.privateport != public_end - p.publicport:
        raise InvalidParameter("Source port and destination port ranges should be of equal sizes.")
    nic = _nic(call, ip, vm, network)
    if private_end != p.privateport and p.privateport != p.publicport:
        raise InvalidParameter("Private port start should be equal to public port start")
    rule = rules.add(call, _new(call, ip, network, vm, p.vmguestip or nic.address))
    entity_created(call, "NET.RULEADD", f"creating forwarding rule. Rule Id: {rule.id}", rule, "FirewallRule")
    vpc_addresses.tie(ip, network)
    if opens:
        rules.open_firewall(call, rule)
    return rule


def _new(call: Call, ip: Any, network: Any, vm: Any, guest_address: str | None) -> Rule:
    p = call.params
    return Rule(
        purpose="PortForwarding",
        protocol=p.protocol.strip().lower(),
        network_id=network.id,
        account_id=ip.account_id,
        ip_id=ip.id,
        start_port=p.publicport,
        end_port=p.get("publicendport", p.publicport),
        private_start=p.privateport,
        private_end=p.get("privateendport", p.privateport),
        vm_id=vm.id,
        guest_address=guest_address,
        source_cidrs=list(p.cidrlist or []),
        display=p.get("fordisplay", True),
    )


def network_of(call: Call, text: str) -> Any:
    """The network that the address serves, else the one that the call names; `text` is the refusal without one."""
    p = call.params
    network = call.db.networks.get(p.ipaddressid.network_id) or p.networkid
    if network is None:
        raise InvalidParameter(text)
    return network


def may_tie(ip: Any, network: Any) -> bool:
    """Whether an address of a VPC, which no tier has yet, can go to the tier."""
    return network.vpc_id is not None and ip.vpc_id == network.vpc_id


def address_text(ip: Any) -> str:
    """The server's way to print a public address."""
    return f'IPAddress {{"address":"{ip.address}","dataCenterId":{ip.zone_id},"id":{ip.id},"uuid":"{ip.uuid}"}}'


def _nic(call: Call, ip: Any, vm: Any, network: Any) -> Any:
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise InvalidParameter(
            f"Unable to create port forwarding rule on address {address_text(ip)}, invalid virtual machine id "
            f"specified ({vm.id})."
        )
    if vm.state in ("Destroyed", "Expunging"):
        raise InvalidParameter(f"Invalid user vm: {vm}")
    return _guest_nic(call, vm, network)


def _guest_nic(call: Call, vm: Any, network: Any) -> Any:
    """The NIC that the rule leads to; the address asked for is one of its own."""
    nics = [n for n in call.db.nics.where(vm_id=vm.id) if n.network_id == network.id]
    if not nics:
        raise InvalidParameter("Vm doesn't belong to network associated with ipAddress")
    wanted = call.params.vmguestip
    secondary = {s.address for s in call.db.nic_secondary_ips.where(nic_id=nics[0].id)}
    if wanted is not None and wanted != nics[0].address and wanted not in secondary:
        raise InvalidParameter("IP Address is not in the VM nic's network ")
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
        raise InvalidParameter(f"Ip address id={ip.id} not ready for port forwarding rules yet")
    if ip is not None:
        call.check_access(ip)
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
    return rule


@command("updatePortForwardingRule", sync=rules.same_network)
def update(call: Call) -> Any:
    p, rule = call.params, _rule(call)
    _check_new_ports(call, rule)
    if p.vmguestip is not None and p.virtualmachineid is None:
        raise InvalidParameter("vmguestip should be set along with virtualmachineid")
    network = call.db.networks[rule.network_id]
    nic = _guest_nic(call, p.virtualmachineid, network) if p.virtualmachineid is not None else None
    yield STEP
    if p.privateport is not None or p.privateendport is not None:
        start = p.privateport if p.privateport is not None else p.privateendport
        rule.private_start, rule.private_end = start, p.get("privateendport", start)
    if nic is not None:
        rule.vm_id, rule.guest_address = p.virtualmachineid.id, p.vmguestip or nic.address
    if p.fordisplay is not None:
        rule.display = p.fordisplay
    if p.customid is not None:
        call.db.firewall_rules.change_uuid(rule, p.customid)
    done(call, "NET.RULEMODIFY", "updating forwarding rule", rule, "FirewallRule")
    return {"portforwardingrule": forwarding_view(call, rule)}


def _check_new_ports(call: Call, rule: Rule) -> None:
    """A rule for several ports takes both ends or none; one for a single port takes either for both."""
    start, end = call.params.privateport, call.params.privateendport
    for port, words in ((start, "privatePort is an"), (end, "PrivateEndPort has an")):
        if port is not None and not 0 <= port <= 65535:
            raise InvalidParameter(f"{words} invalid value: {port}")
    first, last = rule.start_port or 0, rule.end_port or 0
    both = start is not None and end is not None
    one = (start is None) != (end is None)
    if (both and end - start != last - first) or (one and first != last):
        raise InvalidParameter(
            "Unable to update the private port range of port forwarding rule as  the provided port range is not "
            f"consistent with the port range : {first} to {last}"
        )


@command("deletePortForwardingRule", sync=rules.same_network)
def delete(call: Call) -> Any:
    rule = _rule(call)
    rule.state = "Revoke"
    yield STEP
    rules.drop(call.sim, rule)
    completed(call, "NET.RULEDELETE", "revoking forwarding rule. Rule Id", rule, "FirewallRule")
    return SUCCESS
