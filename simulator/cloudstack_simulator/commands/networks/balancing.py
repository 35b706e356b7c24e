"""Load balancer rules on public addresses."""

from __future__ import annotations

from typing import Any

from ... import access, net
from ...call import Call
from ...errors import CloudRuntime, IllegalArgument, InvalidParameter, JavaError, NetworkRuleConflict, ServerApiError
from ...listing import equal, matching, tagged
from ...model.networks import Rule
from ...registry import SUCCESS, allocate, command
from ..common import completed, owner_fields
from ..vpcs import addresses as vpc_addresses
from . import addressing, rules, services
from .firewall import STEP
from .forwarding import address_text, may_tie

DNS_PORT = 53
HIGHEST_PORT = 65535
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
        "cidrlist": " ".join(rule.source_cidrs) or None,
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
    owner = _owner(call)
    try:
        return _allocate(call, owner)
    except NetworkRuleConflict as error:
        raise ServerApiError(537, error.text) from None
    except InvalidParameter as error:
        raise ServerApiError(431, error.text) from None


def _owner(call: Call) -> Any:
    """The account that the address has, or that shall get one."""
    p, db = call.params, call.db
    if p.publicipid is not None:
        if not p.publicipid or p.publicipid.state != "Allocated":
            raise InvalidParameter(f"Unable to create load balancer rule, invalid IP address ID {p.publicipid.id}")
        call.check_access(p.publicipid)
        return db.accounts[p.publicipid.account_id]
    if p.domainid is None or p.account is None:
        raise InvalidParameter("Can't define IP owner. Either specify account/domainId or publicIpId")
    account = access.active_account(db, p.account, p.domainid.id)
    if account is None:
        raise InvalidParameter(f"Unable to find account {p.account} in domain ID={p.domainid.id}")
    return account


def _allocate(call: Call, owner: Any) -> Rule:
    p, db = call.params, call.db
    ip, network = p.publicipid, _network(call, owner)
    opens = rules.wants_open_firewall(call, ip) if ip is not None else bool(p.get("openfirewall", True))
    known = services.providers(db, network)
    if p.publicport == DNS_PORT and ip is not None and ip.is_source_nat and "Dns" in known:
        raise InvalidParameter(
            "Error adding load balancer rule, cannot add port 53 with network service offering having DNS service and "
            "Source NAT."
        )
    offering = db.network_offerings.get(network.offering_id)
    if ip is None and not (offering is not None and offering.elastic_lb and network.vpc_id is None):
        raise InvalidParameter("Unable to create load balance rule; can't find/allocate source IP")
    if ip is not None and ip.is_static_nat:
        raise NetworkRuleConflict(f"Can't do load balance on ip address: {ip.address}")
    check_cidrs(call)
    if ip is not None and ip.network_id is None and not may_tie(ip, network):
        raise InvalidParameter(f"Ip address {address_text(ip)} is not assigned to the network {network}")
    if ip is not None:
        _check_free(call, ip, network)
    if not 0 <= p.privateport <= HIGHEST_PORT:
        raise InvalidParameter(f"privatePort is an invalid value: {p.privateport}")
    if p.algorithm.lower() not in ALGORITHMS:
        raise InvalidParameter(f"Invalid algorithm: {p.algorithm}")
    if "Lb" not in known:
        raise InvalidParameter("LB service is not supported in specified network id")
    rules.check_ports(p.publicport, p.publicport)
    if ip is None:
        ip = addressing.public_address(call.sim, network.zone_id, owner, system=True)
        ip.network_id = network.id
    rule = rules.add(call, _new(call, ip, network))
    vpc_addresses.tie(ip, network)
    if opens:
        rules.open_firewall(call, rule)
    return rule


def _check_free(call: Call, ip: Any, network: Any) -> None:
    """Why an address is no longer free for balancing is not told."""
    try:
        rules.check_service(call, ip, network, "Lb")
    except IllegalArgument:
        raise CloudRuntime(f"Failed to create load balancer rule: {call.params.name}") from None


def _new(call: Call, ip: Any, network: Any) -> Rule:
    p = call.params
    return Rule(
        purpose="LoadBalancing",
        protocol="tcp",
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


def _network(call: Call, owner: Any) -> Any:
    """The network of a new rule: the named one, the owner's only one in the zone, or the address's."""
    p, db = call.params, call.db
    if p.networkid is not None:
        return p.networkid
    if p.zoneid is None:
        if p.publicipid is None:
            raise InvalidParameter("Either networkId or zoneId or publicIpId has to be specified")
        network = db.networks.get(p.publicipid.network_id)
        if network is None:
            raise InvalidParameter(f"IP address ID={p.publicipid.id} is not associated with any network")
        return network
    found = [n for n in db.networks.where(account_id=owner.id, zone_id=p.zoneid.id) if n.guest_type == "Isolated"]
    if not found:
        raise InvalidParameter(
            f"Account name={p.account or 'null'} domain={db.domains[owner.domain_id].name} doesn't have virtual "
            f"networks in zone={p.zoneid.name}"
        )
    if len(found) > 1:
        raise InvalidParameter("Account has more than one isolated network in the zone")
    return found[0]


def check_cidrs(call: Call) -> None:
    """CIDRs of the callers that a rule lets in; single addresses are taken too."""
    for cidr in call.params.cidrlist or []:
        if net.cidr(cidr) is None and not (rules.is_ip6_cidr(cidr) or net.is_ip4(cidr) or net.is_ip6(cidr)):
            raise ServerApiError(431, f"CIDR [{cidr}] is invalid.")


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


def rule_of(call: Call, text: str, field: str = "id") -> Rule:
    rule = call.params[field]
    if not rule or rule.removed is not None or rule.purpose != "LoadBalancing":
        raise InvalidParameter(text.format(id=rule.id))
    call.check_access(rule)
    return rule


@command("updateLoadBalancerRule", sync=rules.same_network)
def update(call: Call) -> Any:
    p, rule = call.params, rule_of(call, "Unable to find lb rule by id={id}")
    if any(net.cidr(cidr) is None for cidr in p.cidrlist or []):
        raise InvalidParameter(f"Invalid CIDR list: {','.join(p.cidrlist)}")
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
        # The server keeps one text: blanks between the CIDRs of a new rule, commas between those of a changed one.
        rule.source_cidrs = [",".join(p.cidrlist)] if p.cidrlist else []
    if p.customid is not None:
        call.db.firewall_rules.change_uuid(rule, p.customid)
    completed(call, "LB.UPDATE", "updating load balancer. Load balancer Id", rule, "LoadBalancerRule")
    return {"loadbalancer": balancer_view(call, rule)}


@command("deleteLoadBalancerRule", sync=rules.same_network)
def delete(call: Call) -> Any:
    rule = rule_of(call, "Unable to find load balancer rule {id}")
    scaling = call.db.scaling_groups.where(rule_id=rule.id)
    if scaling:
        raise CloudRuntime(
            f"Cannot delete load balancer rule {rule.id} because it is being used by {len(scaling)} Autoscale VM group."
        )
    rule.state = "Revoke"
    yield STEP
    rules.drop(call.sim, rule)
    ip = call.db.ip_addresses.get(rule.ip_id)
    if ip is not None and ip.is_system:
        addressing.release_public(call.sim, ip)
    completed(call, "LB.DELETE", "deleting load balancer. Load Balancer Id", rule, "LoadBalancerRule")
    return SUCCESS
