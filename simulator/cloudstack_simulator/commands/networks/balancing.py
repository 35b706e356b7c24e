"""Load balancer rules, their members and stickiness policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...access import entity_owner
from ...call import Call
from ...errors import IllegalArgument, InvalidParameter, JavaError, NetworkRuleConflict, ServerApiError
from ...listing import equal, matching, tagged
from ...model.networks import LbMember, Rule
from ...registry import SUCCESS, allocate, command
from ..appliances import internal_balancers
from ..common import completed, owner_fields
from ..instances import life
from ..instances.views import instance_view
from ..vpcs import addresses as vpc_addresses
from . import addressing, rules, services
from .firewall import STEP
from .forwarding import address_text

if TYPE_CHECKING:
    from ...simulator import Simulator

DNS_PORT = 53
ALGORITHMS = ("roundrobin", "leastconn", "source")


def balancer_view(call: Call, rule: Rule) -> dict[str, Any]:
    db = call.db
    ip, network = db.ip_addresses.get(rule.ip_id), db.networks[rule.network_id]
    zone = db.zones[network.zone_id]
    return {
        "id": rule.uuid,
        "name": rule.name,
        "description": rule.description,
        "publicipid": ip.uuid if ip else None,
        "publicip": ip.address if ip else None,
        "publicport": str(rule.start_port),
        "privateport": str(rule.private_start),
        "algorithm": rule.algorithm,
        "networkid": network.uuid,
        "cidrlist": ",".join(rule.source_cidrs) or None,
        **owner_fields(call, rule.account_id),
        "state": rule.state,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "protocol": rule.lb_protocol,
        "tags": call.sim.tags.views(rule),
        "fordisplay": rule.display,
    }


@allocate("createLoadBalancerRule")
def allocate_rule(call: Call) -> Rule:
    p = call.params
    rules.check_cidrs(list(p.cidrlist or []), "Source cidrs formatting error")
    ip, network = _address(call)
    owner = entity_owner(call) if ip is None else None
    rules.check_ports(p.publicport, p.publicport)
    if not 0 < p.privateport <= 65535:
        raise InvalidParameter(f"privatePort is an invalid value: {p.privateport}")
    if p.algorithm.lower() not in ALGORITHMS:
        raise IllegalArgument(f"Invalid algorithm: {p.algorithm}")
    if ip is not None and ip.is_static_nat:
        raise InvalidParameter("Unable to create load balancer rule; specified sourceip id has static nat enabled")
    if not services.supports(call.db, network, "Lb"):
        raise InvalidParameter("LB service is not supported in specified network id")
    if p.publicport == DNS_PORT and {"Dns", "SourceNat"} <= services.providers(call.db, network).keys():
        raise InvalidParameter(
            "Error adding load balancer rule, cannot add port 53 with network service offering having DNS service and "
            "Source NAT."
        )
    if ip is not None:
        rules.check_service(call, ip, network, "Lb")
    else:
        ip = addressing.public_address(call.sim, network.zone_id, owner, system=True)
        ip.network_id = network.id
    new = Rule(
        purpose="LoadBalancing",
        protocol=(p.protocol or "tcp").lower(),
        network_id=network.id,
        account_id=ip.account_id,
        ip_id=ip.id,
        start_port=p.publicport,
        end_port=p.publicport,
        private_start=p.privateport,
        private_end=p.privateport,
        name=p.name,
        description=p.description,
        algorithm=p.algorithm.lower(),
        lb_protocol=p.protocol.lower() if p.protocol else None,
        source_cidrs=list(p.cidrlist or []),
        state="Add",
        display=p.get("fordisplay", True),
    )
    try:
        rule = rules.add(call, new)
    except NetworkRuleConflict as error:
        raise ServerApiError(537, error.text) from None
    vpc_addresses.tie(ip, network)
    if rules.wants_open_firewall(call, ip):
        rules.open_firewall(call, rule)
    return rule


def _address(call: Call) -> tuple[Any, Any]:
    """(public address, network) of a new rule; for a network alone the server takes an address of its own."""
    p, ip = call.params, call.params.publicipid
    if ip is not None:
        if not ip or ip.account_id is None:
            raise InvalidParameter("Unable to create load balancer rule, invalid IP address id specified")
        call.check_access(ip)
        vpc_addresses.check_network(ip, p.networkid)
        network = rules.network_of_address(
            call, ip, "Unable to create load balancer rule ; specified sourceip id is not associated with any network"
        )
        if ip.network_id is not None and ip.network_id != network.id:
            raise InvalidParameter(f"Ip address {address_text(ip)} is not assigned to the network {network}")
        return ip, network
    if (p.account is None or p.domainid is None) and p.networkid is None:
        raise InvalidParameter("Can't define IP owner. Either specify account/domainId or publicIpId")
    if not p.networkid:
        raise InvalidParameter("Unable to create load balance rule; can't find/allocate source IP")
    call.check_access(p.networkid)
    return None, p.networkid


@command("createLoadBalancerRule", sync=rules.same_network)
def create(call: Call) -> Any:
    """A rule without members stays in state Add."""
    rule = call.created
    yield STEP
    completed(call, "LB.CREATE", "creating load balancer. Load Balancer Id", rule, "LoadBalancerRule")
    return {"loadbalancer": balancer_view(call, rule)}


@command("listLoadBalancerRules")
def list_rules(call: Call) -> dict[str, Any]:
    p = call.params
    with_vm = (
        {m.rule_id for m in call.db.lb_members.where(vm_id=p.virtualmachineid.id)} if p.virtualmachineid else set()
    )
    return call.listing(
        "loadbalancerrule",
        call.db.firewall_rules,
        balancer_view,
        where=[
            equal("id", p.id),
            equal("purpose", "LoadBalancing"),
            equal("scheme", "Public"),
            equal("name", p.name),
            equal("ip_id", p.publicipid),
            equal("network_id", p.networkid),
            equal("display", p.fordisplay),
            equal(lambda r: call.db.networks[r.network_id].zone_id, p.zoneid),
            matching(lambda r: r.id in with_vm) if p.virtualmachineid is not None else None,
            tagged(call, "LoadBalancer"),
        ],
        keyword=("name", "algorithm"),
        owned=True,
    )


def _rule(call: Call, text: str, field: str = "id") -> Rule:
    rule = call.params[field]
    if not rule or rule.removed is not None or rule.purpose != "LoadBalancing":
        raise InvalidParameter(text.format(id=rule.id))
    call.check_access(rule)
    return rule  # type: ignore[no-any-return]


@command("updateLoadBalancerRule", sync=rules.same_network)
def update(call: Call) -> Any:
    p, rule = call.params, _rule(call, "Unable to find lb rule by id={id}")
    rules.check_cidrs(list(p.cidrlist or []), "Invalid CIDR list:")
    if p.algorithm is not None and p.algorithm.lower() not in ALGORITHMS:
        raise IllegalArgument(f"Invalid algorithm: {p.algorithm}")
    if rule.lb_protocol is None and (p.algorithm is not None or p.protocol is not None):
        raise JavaError(
            'Cannot invoke "String.equals(Object)" because the return value of '
            '"com.cloud.network.dao.LoadBalancerVO.getLbProtocol()" is null'
        )
    yield STEP
    for parameter, field in (("name", "name"), ("description", "description"), ("fordisplay", "display")):
        if p[parameter] is not None:
            setattr(rule, field, p[parameter])
    if p.algorithm is not None:
        rule.algorithm = p.algorithm.lower()
    if p.protocol is not None:
        rule.lb_protocol = p.protocol.lower()
    if p.cidrlist is not None:
        rule.source_cidrs = list(p.cidrlist)
    if p.customid is not None:
        call.db.firewall_rules.change_uuid(rule, p.customid)
    return {"loadbalancer": balancer_view(call, rule)}


@command("deleteLoadBalancerRule", sync=rules.same_network)
def delete(call: Call) -> Any:
    rule = _rule(call, "Unable to find load balancer rule {id}")
    rule.state = "Revoke"
    yield STEP
    rules.drop(call.sim, rule)
    ip = call.db.ip_addresses.get(rule.ip_id)
    if ip is not None and ip.is_system:
        addressing.release_public(call.sim, ip)
    completed(call, "LB.DELETE", "deleting load balancer. Load Balancer Id", rule, "LoadBalancerRule")
    return SUCCESS


def _pairs(call: Call) -> list[tuple[Any, str | None]]:
    """(VM, guest address) for each member that the call names."""
    p = call.params
    pairs: list[tuple[Any, str | None]] = [(vm, None) for vm in p.virtualmachineids or []]
    for entry in (p.vmidipmap or {}).values():
        vm = call.db.vms.find(entry.get("vmid", ""))
        if vm is None:
            raise InvalidParameter("Unable to translate and find entity with vmid: " + str(entry.get("vmid")))
        pairs.append((vm, entry.get("vmip")))
    return pairs


@command("assignToLoadBalancerRule", sync=rules.same_network)
def assign(call: Call) -> Any:
    db = call.db
    rule = _rule(call, "Failed to assign to load balancer {id}, the load balancer was not found.")
    pairs = _pairs(call)
    yield STEP
    have = {(m.vm_id, m.address) for m in db.lb_members.where(rule_id=rule.id)}
    new: list[tuple[int, str | None]] = []
    for vm, address in pairs:
        if not vm or vm.removed is not None or vm.vm_type != "User":
            raise InvalidParameter("Invalid instance id specified")
        nics = [n for n in db.nics.where(vm_id=vm.id) if n.network_id == rule.network_id]
        if not nics:
            raise InvalidParameter(
                "VM with id specified cannot be added because it doesn't belong in the same network."
            )
        _check_guest_address(call, nics[0], address)
        member = (vm.id, address or nics[0].address)
        if member in have and address is not None:
            raise InvalidParameter(f"VM {vm.uuid} with {address} is already mapped to load balancer.")
        if member not in have:
            new.append(member)
    if not new:
        raise ServerApiError(530, "Failed to assign load balancer rule")
    for vm_id, address in new:
        db.lb_members.add(LbMember(rule_id=rule.id, vm_id=vm_id, address=address))
    rule.state = "Active"
    if rule.scheme == "Internal":
        yield from internal_balancers.bring_up(call.sim, rule)
    completed(call, "LB.ASSIGN.TO.RULE", "assigning to load balancer. Load Balancer Id", rule, "LoadBalancerRule")
    return SUCCESS


def _check_guest_address(call: Call, nic: Any, address: str | None) -> None:
    secondary = {s.address for s in call.db.nic_secondary_ips.where(nic_id=nic.id)}
    if address not in (None, nic.address, *secondary):
        raise InvalidParameter(f"VM ip {address} specified does not belong to nic in network {nic.network_id}")


@command("removeFromLoadBalancerRule", sync=rules.same_network)
def remove(call: Call) -> Any:
    rule = _rule(call, "Invalid load balancer value: {id}")
    pairs = _pairs(call)
    if not pairs:
        raise InvalidParameter("Both instanceids and vmidipmap  can't be null")
    yield STEP
    for vm, address in pairs:
        for member in call.db.lb_members.where(rule_id=rule.id, vm_id=vm.id):
            if address is None or member.address == address:
                call.db.lb_members.delete(member)
    completed(call, "LB.REMOVE.FROM.RULE", "removing from load balancer. Load Balancer Id", rule, "LoadBalancerRule")
    return SUCCESS


@command("listLoadBalancerRuleInstances")
def list_members(call: Call) -> dict[str, Any]:
    """With `applied=false` the other instances of the network."""
    p, db = call.params, call.db
    rule = _rule(call, "Unable to find load balancer rule {id}")
    members = {m.vm_id for m in db.lb_members.where(rule_id=rule.id)}
    if p.get("applied", True):
        numbers = members
    else:
        numbers = {n.vm_id for n in db.nics.where(network_id=rule.network_id)} - members
    vms = [vm for vm in (db.vms.live.get(n) for n in sorted(numbers)) if vm is not None and vm.vm_type == "User"]
    if p.lbvmips:
        return call.listing("lbrulevmidip", vms, lambda c, vm: _member_addresses(c, rule, vm))
    return call.listing("loadbalancerruleinstance", vms, lambda c, vm: instance_view(c, vm, full=False))


def _member_addresses(call: Call, rule: Rule, vm: Any) -> dict[str, Any]:
    rows = call.db.lb_members.where(rule_id=rule.id, vm_id=vm.id)
    return {
        "loadbalancerruleinstance": instance_view(call, vm, full=False),
        "lbvmipaddresses": [m.address for m in rows],
    }


def _forget_member(sim: Simulator, vm: Any) -> None:
    """An instance goes for good: rules that lead to it go too."""
    for member in sim.db.lb_members.where(vm_id=vm.id):
        sim.db.lb_members.delete(member)
    for rule in [
        r for n in sim.db.nics.where(vm_id=vm.id) for r in sim.db.firewall_rules.where(network_id=n.network_id)
    ]:
        if rule.vm_id == vm.id and rule.removed is None:
            rules.drop(sim, rule)
    for ip in [i for n in sim.db.nics.where(vm_id=vm.id) for i in sim.db.ip_addresses.where(network_id=n.network_id)]:
        if ip.vm_id == vm.id:
            ip.is_static_nat, ip.vm_id, ip.vm_address = False, None, None


life.WHEN_EXPUNGED.append(_forget_member)
