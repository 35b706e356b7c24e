"""Groups of instances behind a load balancer rule."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.autoscale import ScalingGroup
from ...model.networks import Rule
from ...registry import SUCCESS, allocate, command
from ..common import has_notes, owner_fields
from ..instances import life
from ..networks import services
from . import members
from .policies import policy_view

INTERVAL = 30
STEP = 0.1


def group_view(call: Call, group: ScalingGroup) -> dict[str, Any]:
    db = call.db
    rule, profile = db.firewall_rules.get(group.rule_id), db.scaling_profiles[group.profile_id]
    return {
        "id": group.uuid,
        "name": group.name,
        "vmprofileid": profile.uuid,
        "minmembers": group.smallest,
        "maxmembers": group.largest,
        "interval": group.interval,
        "state": group.state,
        "fordisplay": group.display,
        "created": timestamp(group.created),
        "availablevirtualmachinecount": len(members.available(call.sim, group)),
        "scaleuppolicies": [policy_view(call, db.scaling_policies[n]) for n in group.up_ids],
        "scaledownpolicies": [policy_view(call, db.scaling_policies[n]) for n in group.down_ids],
        "hasannotations": has_notes(call, group),
        **(_balancer(call, rule) if rule is not None else {}),
        **owner_fields(call, group.account_id),
    }


def _balancer(call: Call, rule: Rule) -> dict[str, Any]:
    db = call.db
    ip, network = db.ip_addresses.get(rule.ip_id), db.networks[rule.network_id]
    providers = services.providers(db, network).get("Lb", [])
    return {
        "lbruleid": rule.uuid,
        "publicipid": ip.uuid if ip else None,
        "publicip": ip.address if ip else None,
        "publicport": str(rule.start_port),
        "privateport": str(rule.private_start),
        "associatednetworkid": network.uuid,
        "associatednetworkname": network.name,
        "lbprovider": providers[0] if providers else None,
    }


def _policies(found: list[Any], interval: int, action: str, word: str) -> list[int]:
    """Numbers of the policies of one direction, checked against the group."""
    if not found:
        raise InvalidParameter(f"AutoScale VM group must have at least one Scale{word} policy")
    for policy in found:
        if policy.duration < interval:
            raise InvalidParameter(
                f"duration : {policy.duration} specified in a policy cannot be less than vm group's interval : "
                f"{interval}"
            )
        if policy.action != action:
            lowered = f"scale{word.lower()}"
            raise InvalidParameter(f"Only {lowered} policies can be specified in {lowered}policyids")
    return [policy.id for policy in found]


def _check_sizes(smallest: int, largest: int, interval: int) -> None:
    if smallest <= 0:
        raise InvalidParameter(f"minmembers is an invalid value: {smallest}")
    if largest <= 0:
        raise InvalidParameter(f"maxmembers is an invalid value: {largest}")
    if smallest > largest:
        raise InvalidParameter(f"minmembers ({smallest})cannot be greater than maxmembers ({largest})")
    if interval <= 0:
        raise InvalidParameter(f"interval is an invalid value: {interval}")


def _rule(call: Call) -> Rule:
    rule = call.params.lbruleid
    if not rule or rule.removed is not None or rule.purpose != "LoadBalancing":
        raise InvalidParameter("Unable to find lbruleid")
    call.check_access(rule)
    if call.db.scaling_groups.where(rule_id=rule.id):
        raise InvalidParameter(
            "an AutoScaleVmGroup is already attached to the lb rule, the existing vm group has to be first deleted"
        )
    if call.db.lb_members.where(rule_id=rule.id):
        raise InvalidParameter(
            "there are Vms already bound to the specified LoadBalancing Rule. User bound Vms and AutoScaled Vm Group "
            "cannot co-exist on a Load Balancing Rule"
        )
    return rule  # type: ignore[no-any-return]


@allocate("createAutoScaleVmGroup")
def allocate_group(call: Call) -> ScalingGroup:
    p = call.params
    rule = _rule(call)
    interval = p.get("interval", INTERVAL)
    _check_sizes(p.minmembers, p.maxmembers, interval)
    up = _policies(p.scaleuppolicyids, interval, "SCALEUP", "Up")
    down = _policies(p.scaledownpolicyids, interval, "SCALEDOWN", "Down")
    profile = live(p.vmprofileid, "Unable to find vmprofileid")
    call.check_access(profile)
    group: ScalingGroup = call.db.scaling_groups.add(
        ScalingGroup(
            name=p.name,
            rule_id=rule.id,
            profile_id=profile.id,
            account_id=rule.account_id,
            zone_id=call.db.networks[rule.network_id].zone_id,
            smallest=p.minmembers,
            largest=p.maxmembers,
            interval=interval,
            up_ids=up,
            down_ids=down,
            display=p.get("fordisplay", True),
        )
    )
    return group


@command("createAutoScaleVmGroup")
def create_group(call: Call) -> Any:
    group = call.created
    yield STEP
    group.state = "ENABLED"
    members.watch(call.sim, group)
    return {"autoscalevmgroup": group_view(call, group)}


def _group(call: Call) -> ScalingGroup:
    group = live(call.params.id, "Unable to find AutoScale Vm Group")
    call.check_access(group)
    return group  # type: ignore[no-any-return]


PHYSICAL = ("minmembers", "maxmembers", "scaleuppolicyids", "scaledownpolicyids")


@command("updateAutoScaleVmGroup")
def update_group(call: Call) -> dict[str, Any]:
    p, group = call.params, _group(call)
    interval = p.get("interval", group.interval)
    if group.state != "DISABLED" and (interval != group.interval or any(name in p for name in PHYSICAL)):
        raise InvalidParameter(
            "An AutoScale Vm Group can be updated with minMembers/maxMembers/Interval only when it is in disabled state"
        )
    smallest, largest = p.get("minmembers", group.smallest), p.get("maxmembers", group.largest)
    _check_sizes(smallest, largest, interval)
    policies = call.db.scaling_policies
    up = p.get("scaleuppolicyids", [policies[n] for n in group.up_ids])
    down = p.get("scaledownpolicyids", [policies[n] for n in group.down_ids])
    group.up_ids = _policies(up, interval, "SCALEUP", "Up")
    group.down_ids = _policies(down, interval, "SCALEDOWN", "Down")
    group.smallest, group.largest, group.interval = smallest, largest, interval
    group.name, group.display = p.name or group.name, p.get("fordisplay", group.display)
    if p.customid:
        call.db.scaling_groups.change_uuid(group, p.customid)
    return {"autoscalevmgroup": group_view(call, group)}


@command("enableAutoScaleVmGroup")
def enable_group(call: Call) -> Any:
    group = _group(call)
    if group.state not in ("ENABLED", "DISABLED"):
        raise InvalidParameter("Only a AutoScale Vm Group which is in Disabled state can be enabled.")
    yield STEP
    if group.state == "DISABLED":
        group.state = "ENABLED"
        members.watch(call.sim, group)
    return {"autoscalevmgroup": group_view(call, group)}


@command("disableAutoScaleVmGroup")
def disable_group(call: Call) -> Any:
    group = _group(call)
    if group.state not in ("ENABLED", "SCALING", "DISABLED"):
        raise InvalidParameter("Only a AutoScale Vm Group which is in Enabled or Scaling state can be disabled.")
    yield STEP
    group.state = "DISABLED"
    return {"autoscalevmgroup": group_view(call, group)}


@command("deleteAutoScaleVmGroup")
def delete_group(call: Call) -> Any:
    group, cleanup = _group(call), bool(call.params.cleanup)
    if group.state not in ("NEW", "DISABLED") and not cleanup:
        raise InvalidParameter(
            f"Cannot delete autoscale vm group id : {group.id} because it is in {group.state} state. Please disable it "
            "or pass cleanup=true flag which will destroy all VMs."
        )
    vms = members.all_of(call.sim, group)
    if vms and not cleanup:
        raise InvalidParameter(
            f"Cannot delete autoscale vm group id : {group.id} because there are {len(vms)} VMs. Please remove the VMs "
            "or pass cleanup=true flag which will destroy all VMs."
        )
    group.state = "REVOKE"
    for vm in vms:
        yield from life.destroy(call, vm)
        life.expunge(call.sim, vm)
    call.db.scaling_groups.remove(group)
    return SUCCESS


@command("listAutoScaleVmGroups")
def list_groups(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "autoscalevmgroup",
        call.db.scaling_groups,
        group_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("rule_id", p.lbruleid),
            equal("profile_id", p.vmprofileid),
            equal("zone_id", p.zoneid),
            equal("display", p.fordisplay),
            matching(lambda g: p.policyid.id in (*g.up_ids, *g.down_ids)) if p.policyid is not None else None,
        ],
        owned=True,
        newest_first=True,
    )
