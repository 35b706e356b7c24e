"""Security groups and their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net
from ...access import active_account, entity_owner
from ...call import Call
from ...errors import InvalidParameter, ResourceInUse, ServerApiError
from ...listing import equal, matching, tagged
from ...model.instances import SecurityGroup, SecurityGroupRule
from ...registry import SUCCESS, command
from ...tags import taggable
from ..common import owner_fields
from ..networks.rules import is_ip6_cidr

if TYPE_CHECKING:
    from ...simulator import Simulator

taggable("SecurityGroup", "security_groups")
STEP = 0.05
DEFAULT = "default"
HIGHEST_PORT = 65535


def default_group(sim: Simulator, account_id: int) -> SecurityGroup:
    """The account's own group `default`; made when somebody first looks."""
    found = sim.db.security_groups.first(account_id=account_id, name=DEFAULT)
    if found is None:
        found = sim.db.security_groups.add(
            SecurityGroup(name=DEFAULT, account_id=account_id, description="Default Security Group")
        )
    return found


def group_view(
    call: Call, group: SecurityGroup, *, members: bool = True, only: list[Any] | None = None
) -> dict[str, Any]:
    """`only`: the rules to show instead of all of them."""
    rules = call.db.security_group_rules.where(group_id=group.id) if only is None else only
    view: dict[str, Any] = {
        "id": group.uuid,
        "name": group.name,
        "description": group.description,
        **owner_fields(call, group.account_id),
        "ingressrule": [rule_view(call, r) for r in rules if r.direction == "ingress"],
        "egressrule": [rule_view(call, r) for r in rules if r.direction == "egress"],
        "tags": call.sim.tags.full_views(group),
        "virtualmachineids": [],
    }
    if members:
        vms = [v.uuid for v in call.db.vms.where(vm_type="User") if group.id in v.security_group_ids]
        view |= {"virtualmachinecount": len(vms), "virtualmachineids": vms}
    return view


def rule_view(call: Call, rule: SecurityGroupRule) -> dict[str, Any]:
    view: dict[str, Any] = {"ruleid": rule.uuid, "protocol": rule.protocol}
    if rule.protocol == "icmp":
        view |= {"icmptype": rule.start_port, "icmpcode": rule.end_port}
    else:
        view |= {"startport": rule.start_port, "endport": rule.end_port}
    allowed = call.db.security_groups.get(rule.allowed_group_id)
    if allowed is not None:
        view |= {"securitygroupname": allowed.name, "account": call.db.accounts[allowed.account_id].name}
    return view | {"cidr": rule.cidr}


@command("createSecurityGroup")
def create(call: Call) -> dict[str, Any]:
    p, owner = call.params, entity_owner(call)
    if not p.name.strip():
        raise InvalidParameter("Security group name cannot be empty")
    default_group(call.sim, owner.id)
    if call.db.security_groups.first(account_id=owner.id, name=p.name):
        raise InvalidParameter(f"Unable to create security group, a group with name {p.name} already exists.")
    group = call.db.security_groups.add(SecurityGroup(name=p.name, account_id=owner.id, description=p.description))
    return {"securitygroup": group_view(call, group)}


@command("listSecurityGroups")
def list_groups(call: Call) -> dict[str, Any]:
    p = call.params
    vm = p.virtualmachineid
    return call.listing(
        "securitygroup",
        call.db.security_groups,
        group_view,
        where=[
            equal("id", p.id),
            equal("name", p.securitygroupname),
            matching(lambda g: g.id in getattr(vm, "security_group_ids", ())) if vm is not None else None,
            tagged(call, "SecurityGroup"),
        ],
        keyword=("name",),
        owned=True,
    )


GROUP_PARAMETERS = {"deleteSecurityGroup": "id or name parameter"}


def _named(call: Call, number: Any, name: str | None, text: str) -> SecurityGroup:
    if number is not None:
        group = number if number and number.removed is None else None
    else:
        if name is None:
            words = GROUP_PARAMETERS.get(call.command, "securityGroupId or securityGroupName")
            raise InvalidParameter(f"Either {words} is required by {call.command} command")
        owner = entity_owner(call)
        group = call.db.security_groups.first(account_id=owner.id, name=name)
        if group is None:
            raise InvalidParameter(f"Unable to find security group {name} for account id={owner.id}")
    if group is None:
        raise InvalidParameter(text)
    call.check_access(group)
    return group


@command("updateSecurityGroup")
def update(call: Call) -> dict[str, Any]:
    p = call.params
    group = _named(call, p.id, None, f"Unable to find security group: {p.id.id}; failed to update security group.")
    if p.name is not None and p.name != group.name:
        if group.name == DEFAULT:
            raise InvalidParameter("The default security group cannot be renamed")
        if p.name == DEFAULT:
            raise InvalidParameter("The security group name default is reserved")
        group.name = p.name
    if p.customid is not None:
        call.db.security_groups.change_uuid(group, p.customid)
    return {"securitygroup": group_view(call, group)}


@command("deleteSecurityGroup")
def delete(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    unknown = f"Unable to find network group: {getattr(p.id, 'id', None)}; failed to delete group."
    group = _named(call, p.id, p.name, unknown)
    if group.name == DEFAULT:
        raise InvalidParameter("The network group default is reserved")
    if any(r.allowed_group_id == group.id for r in db.security_group_rules):
        raise ResourceInUse("Cannot delete group when there are security rules that allow this group")
    if any(group.id in v.security_group_ids for v in db.vms.where(vm_type="User")):
        raise ResourceInUse("Cannot delete group when it's in use by virtual machines")
    for rule in db.security_group_rules.where(group_id=group.id):
        db.security_group_rules.delete(rule)
    call.sim.tags.drop(group)
    db.security_groups.delete(group)
    return SUCCESS


def _rule_group(call: Call) -> SecurityGroup:
    p = call.params
    unknown = f"Unable to find security group by id {getattr(p.securitygroupid, 'id', None)}"
    return _named(call, p.securitygroupid, p.securitygroupname, unknown)


def _authorize(call: Call, direction: str) -> Any:
    p, group = call.params, _rule_group(call)
    if p.cidrlist is None and p.usersecuritygrouplist is None:
        raise InvalidParameter("At least one cidr or at least one security group needs to be specified")
    protocol, start, end = _ports(call)
    groups = sorted(_allowed_groups(call, group), key=lambda g: g.id)
    sources = [*((None, g.id) for g in groups), *((cidr, None) for cidr in p.cidrlist or [])]
    yield STEP
    known = {
        (r.direction, r.protocol, r.start_port, r.end_port, r.cidr, r.allowed_group_id)
        for r in call.db.security_group_rules.where(group_id=group.id)
    }
    new = [s for s in sources if (direction, protocol, start, end, *s) not in known]
    if not new:
        raise ServerApiError(530, f"Failed to authorize security group {direction} rule(s)")
    made = [
        call.db.security_group_rules.add(
            SecurityGroupRule(
                group_id=group.id,
                direction=direction,
                protocol=protocol,
                start_port=start,
                end_port=end,
                cidr=cidr,
                allowed_group_id=allowed,
            )
        )
        for cidr, allowed in new
    ]
    return {"securitygroup": group_view(call, group, members=False, only=made)}


def _ports(call: Call) -> tuple[str, int, int]:
    p = call.params
    for cidr in p.cidrlist or []:
        if net.cidr(cidr) is None and not is_ip6_cidr(cidr):
            raise InvalidParameter(f"Invalid cidr {cidr}")
    protocol = (p.protocol or "all").strip().lower()
    if protocol == "1":
        return "icmp", -1, -1
    if protocol.isdigit() and int(protocol) > 255:
        raise InvalidParameter(f"Invalid protocol number: {protocol}")
    if not protocol.isdigit() and protocol not in ("tcp", "udp", "icmp", "all"):
        raise InvalidParameter(f"Invalid protocol {protocol}")
    if protocol == "icmp":
        return protocol, p.get("icmptype", -1), p.get("icmpcode", -1)
    if protocol == "all" and (p.startport is not None or p.endport is not None):
        raise InvalidParameter("Cannot specify startPort or endPort without specifying protocol")
    if protocol not in ("tcp", "udp"):
        return protocol, 0, 0
    return (protocol, *_span(p.startport, p.endport))


def _span(start: int | None, end: int | None) -> tuple[int, int]:
    """First and last port of a TCP or UDP rule; 0 to 0 means all."""
    if start is None or end is None:
        raise InvalidParameter(
            f"Invalid port range specified, startPort = {_or_null(start)}, endPort = {_or_null(end)}"
        )
    if start == end == 0:
        end = HIGHEST_PORT
    if start > end:
        raise InvalidParameter(f"Invalid port range {start}:{end}")
    if start < -1 or end > HIGHEST_PORT:
        raise InvalidParameter(f"Invalid port numbers {start}:{end}")
    if start < 0:
        raise InvalidParameter(f"Invalid port range {start}:{end}")
    return start, end


def _or_null(value: int | None) -> str:
    return "null" if value is None else str(value)


def _allowed_groups(call: Call, own: SecurityGroup) -> list[SecurityGroup]:
    """The groups that a rule shall let in: of accounts in the domain of the rule's own group."""
    groups = []
    domain_id = call.db.accounts[own.account_id].domain_id
    for entry in (call.params.usersecuritygrouplist or {}).values():
        account = active_account(call.db, entry.get("account", ""), domain_id)
        if "account" not in entry or "group" not in entry:
            raise InvalidParameter(
                "Invalid user group specified, fields 'group' and 'account' cannot be null, please specify groups in "
                "the form:  userGroupList[0].group=XXX&userGroupList[0].account=YYY"
            )
        if account is None:
            p = call.params
            ports = (p.icmptype, p.icmpcode) if (p.protocol or "").lower() == "icmp" else (p.startport, p.endport)
            raise InvalidParameter(
                f"Nonexistent account: {entry['account']} when trying to authorize security group rule for "
                f"{own.id}:{p.protocol}:{_or_null(ports[0])}:{_or_null(ports[1])}"
            )
        group = call.db.security_groups.first(account_id=account.id, name=entry["group"])
        if group is None:
            raise InvalidParameter(
                f"Nonexistent group {entry['group']} for account {entry['account']}/{account.domain_id} is given, "
                "unable to authorize security group rule."
            )
        groups.append(group)
    return groups


@command("authorizeSecurityGroupIngress", instance=_rule_group)
def authorize_ingress(call: Call) -> Any:
    return (yield from _authorize(call, "ingress"))


@command("authorizeSecurityGroupEgress", instance=_rule_group)
def authorize_egress(call: Call) -> Any:
    return (yield from _authorize(call, "egress"))


@command("revokeSecurityGroupIngress", "revokeSecurityGroupEgress")
def revoke(call: Call) -> Any:
    rule = call.params.id
    direction = "ingress" if call.command.endswith("Ingress") else "egress"
    if not rule or rule.removed is not None:
        raise InvalidParameter(f"Unable to find security rule with id {rule.id}")
    if rule.direction != direction:
        raise InvalidParameter(f"Mismatch in rule type for security rule {rule.uuid}")
    call.check_access(call.db.security_groups[rule.group_id])
    yield STEP
    call.db.security_group_rules.delete(rule)
    return SUCCESS
