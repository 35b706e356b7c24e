"""Global load balancer rules. No zone has a provider for them, so no load balancer is ever assigned to one."""

from __future__ import annotations

from typing import Any

from ...access import owner as finalize_owner
from ...call import Call, live
from ...errors import ApiError, CloudRuntime, InvalidParameter, ServerApiError
from ...model.global_balancing import GlobalRule
from ...registry import SUCCESS, allocate, command
from ..common import completed, owner_fields
from ..tenants.domains import is_network_domain

METHODS = ("roundrobin", "leastconn", "proximity")
PERSISTENCES = ("sourceip",)
SERVICES = ("tcp", "udp", "http")


def rule_view(call: Call, rule: GlobalRule) -> dict[str, Any]:
    return {
        "id": rule.uuid,
        "name": rule.name,
        "description": rule.description,
        "gslbdomainname": f"{rule.domain_name}.{call.setting('cloud.dns.name')}",
        "gslblbmethod": rule.method,
        "gslbstickysessionmethodname": rule.persistence,
        "gslbservicetype": rule.service_type,
        "regionid": rule.region_id,
        **owner_fields(call, rule.account_id),
        "loadbalancerrule": [],
    }


def _check_words(call: Call) -> None:
    p = call.params
    for given, known, word in (
        (p.gslblbmethod, METHODS, "Algorithm"),
        (p.gslbstickysessionmethodname, PERSISTENCES, "persistence"),
        (p.gslbservicetype, SERVICES, "service type"),
    ):
        if given is not None and given.lower() not in known:
            raise InvalidParameter(f"Invalid {word}: {given}")


@allocate("createGlobalLoadBalancerRule")
def allocate_rule(call: Call) -> GlobalRule:
    """Whatever is wrong, the server says that a parameter is."""
    try:
        return _new(call)
    except ApiError as error:
        raise ServerApiError(431, error.text) from None


def _new(call: Call) -> GlobalRule:
    p, owner = call.params, finalize_owner(call)
    _check_words(call)
    if not is_network_domain(p.gslbdomainname):
        raise InvalidParameter(f"Invalid domain name : {p.gslbdomainname}")
    if call.db.global_rules.where(domain_name=p.gslbdomainname):
        raise InvalidParameter(f"Domain name {p.gslbdomainname}is in use")
    region = call.db.regions.get(p.regionid)
    if region is None or region.removed is not None:
        raise InvalidParameter(f"Invalid region ID: {p.regionid}")
    if not call.setting("cloud.dns.name"):
        raise CloudRuntime(f"GSLB service is not enabled in region : {region.name}")
    made: GlobalRule = call.db.global_rules.add(
        GlobalRule(
            name=p.name,
            account_id=owner.id,
            domain_name=p.gslbdomainname,
            service_type=p.gslbservicetype,
            region_id=region.id,
            method=p.get("gslblbmethod", METHODS[0]),
            persistence=p.get("gslbstickysessionmethodname", PERSISTENCES[0]),
            description=p.description,
        )
    )
    return made


@command("createGlobalLoadBalancerRule")
def create(call: Call) -> dict[str, Any]:
    completed(call, "GLOBAL.LB.CREATE", "creating a global load balancer rule. Id", call.created)
    return {"globalloadbalancer": rule_view(call, call.created)}


def _rule(call: Call) -> GlobalRule:
    rule: GlobalRule = live(call.params.id, "Invalid global load balancer rule id: {id}")
    call.check_access(rule)
    return rule


@command("listGlobalLoadBalancerRules")
def list_rules(call: Call) -> dict[str, Any]:
    """One rule by its id, or all of the caller's own account; the region does not matter then."""
    p = call.params
    if p.regionid is None and p.id is None:
        raise InvalidParameter("Invalid arguments. At least one of region id, rule id must be specified")
    if p.regionid is not None and p.id is not None:
        raise InvalidParameter("Invalid arguments. Only one of region id, rule id must be specified")
    if p.id is not None:
        rule = live(p.id, "Invalid gslb rule id specified")
        call.check_access(rule)
        rows = [rule]
    else:
        rows = call.db.global_rules.where(account_id=call.caller.account.id)
    return call.listing("globalloadbalancer", rows, rule_view)


@command("updateGlobalLoadBalancerRule")
def update(call: Call) -> dict[str, Any]:
    p, rule = call.params, _rule(call)
    _check_words(call)
    rule.method = p.get("gslblbmethod", rule.method)
    rule.persistence = p.get("gslbstickysessionmethodname", rule.persistence)
    rule.description = p.get("description", rule.description)
    rule.state = "Active"
    completed(call, "GLOBAL.LB.UPDATE", "updating global load balancer rule. Id", rule)
    return {"globalloadbalancer": rule_view(call, rule)}


@command("deleteGlobalLoadBalancerRule")
def delete(call: Call) -> dict[str, Any]:
    """Why it cannot be deleted is not told."""
    try:
        rule = _rule(call)
    except ApiError:
        raise ServerApiError(530, "Failed to delete Global Load Balancer rule.") from None
    call.db.global_rules.remove(rule)
    call.event(
        "GLOBAL.LB.DELETE",
        f"Successfully completed Delete global load balancer rule. Deleting global Load balancer rule Id: {rule.id}",
        rule,
    )
    return SUCCESS


def _named(call: Call, refusal: str) -> list[str]:
    """The ids of load balancer rules that the call names."""
    given: list[str] = call.params.loadbalancerrulelist
    if not given:
        raise InvalidParameter(f"empty list of load balancer rule Ids specified to be {refusal}")
    return given


def _balancer(call: Call, uuid: str) -> Any:
    """A load balancer rule that is there and the caller's."""
    found = call.db.firewall_rules.find(uuid)
    if found is None or found.removed is not None or found.purpose != "LoadBalancing":
        raise InvalidParameter("Specified load balancer rule ID does not exist.")
    call.check_access(found)
    return found


@command("assignToGlobalLoadBalancerRule")
def assign(call: Call) -> dict[str, Any]:
    rule = _rule(call)
    networks: list[Any] = []
    for uuid in _named(call, "assigned global load balancer rule"):
        balancer = _balancer(call, uuid)
        if balancer.account_id != rule.account_id:
            raise InvalidParameter("GSLB rule and load balancer rule does not belong to same account")
        if balancer.state == "Revoke":
            raise InvalidParameter(f"Load balancer ID {balancer.uuid} is in revoke state")
        network = call.db.networks[balancer.network_id]
        if network.zone_id in (other.zone_id for other in networks):
            raise InvalidParameter("Load balancer rule specified should be in unique zone")
        networks.append(network)
    first = networks[0]
    raise InvalidParameter(
        f"GSLB service is not enabled in the Zone:{first.zone_id} and physical network {first.physical_network_id}"
    )


@command("removeFromGlobalLoadBalancerRule")
def remove(call: Call) -> dict[str, Any]:
    rule = _rule(call)
    balancers = [_balancer(call, uuid) for uuid in _named(call, "un-assigned to global load balancer rule")]
    raise InvalidParameter(
        f"Load balancer ID {balancers[0].uuid} is not assigned to global load balancer rule: {rule.uuid}"
    )
