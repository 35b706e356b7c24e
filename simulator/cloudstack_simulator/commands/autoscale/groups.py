"""Groups of instances behind a load balancer rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...access import check_one_owner
from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.autoscale import ScalingGroup
from ...model.networks import Rule
from ...registry import SUCCESS, allocate, command
from ..common import done, entity_created, has_notes, owner_fields
from ..instances import life
from ..networks import services
from . import members, rules
from .policies import policy_view

INTERVAL = 30
KIND = "AutoScaleVmGroup"
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
    return rule


@allocate("createAutoScaleVmGroup")
def allocate_group(call: Call) -> ScalingGroup:
    p = call.params
    rule = _rule(call)
    group = ScalingGroup(
        name=p.name,
        rule_id=rule.id,
        profile_id=p.vmprofileid.id,
        account_id=rule.account_id,
        zone_id=call.db.networks[rule.network_id].zone_id,
        smallest=p.minmembers,
        largest=p.maxmembers,
        interval=p.get("interval", INTERVAL),
        display=p.get("fordisplay", True),
    )
    _take(call, group)
    made: ScalingGroup = call.db.scaling_groups.add(group)
    entity_created(call, "AUTOSCALEVMGROUP.CREATE", "creating autoscale vm group", made, KIND)
    return made


def _take(call: Call, group: ScalingGroup) -> None:
    """Check a new or changed group, its profile and rule, and give it the policies that the call names."""
    p, db = call.params, call.db
    rules.check_name(group.name)
    rules.check_sizes(group.smallest, group.largest, group.interval)
    up = rules.check_policies(_named(call, p.scaleuppolicyids, group.up_ids), group.interval, "SCALEUP", "Up")
    down = rules.check_policies(_named(call, p.scaledownpolicyids, group.down_ids), group.interval, "SCALEDOWN", "Down")
    profile = live(db.scaling_profiles.get(group.profile_id), "Unable to find vmprofileid")
    call.check_access(profile)
    rule = db.firewall_rules[group.rule_id]
    rules.check_network(call, db.networks[rule.network_id], up + down)
    given = [*(up if p.scaleuppolicyids is not None else []), *(down if p.scaledownpolicyids is not None else [])]
    check_one_owner([*given, rule, profile])
    for policy in given:
        call.check_access(policy)
    group.up_ids, group.down_ids = [x.id for x in up], [x.id for x in down]


def _named(call: Call, given: list[Any] | None, present: list[int]) -> list[Any]:
    return given if given is not None else [call.db.scaling_policies[n] for n in present]


@command("createAutoScaleVmGroup")
def create_group(call: Call) -> Any:
    group = call.created
    yield STEP
    group.state = "ENABLED"
    members.watch(call.sim, group)
    done(call, "AUTOSCALEVMGROUP.CREATE", "creating autoscale vm group", group, KIND)
    return {"autoscalevmgroup": group_view(call, group)}


def _group(call: Call) -> ScalingGroup:
    group = live(call.params.id, "Unable to find AutoScale Vm Group")
    call.check_access(group)
    return group


@command("updateAutoScaleVmGroup")
def update_group(call: Call) -> dict[str, Any]:
    p, group = call.params, _group(call)
    interval = p.get("interval", group.interval)
    sizes = p.minmembers is not None or p.maxmembers is not None
    if group.state != "DISABLED" and (
        sizes or interval != group.interval or p.scaleuppolicyids or p.scaledownpolicyids
    ):
        raise InvalidParameter(
            "An AutoScale Vm Group can be updated with minMembers/maxMembers/Interval only when it is in disabled state"
        )
    changed = replace(
        group,
        _table=None,
        name=group.name if p.name is None or not p.name.strip() else p.name,
        smallest=p.get("minmembers", group.smallest),
        largest=p.get("maxmembers", group.largest),
        interval=interval,
        display=p.get("fordisplay", group.display),
    )
    _take(call, changed)
    for field in ("name", "smallest", "largest", "interval", "display", "up_ids", "down_ids"):
        setattr(group, field, getattr(changed, field))
    if p.customid:
        call.db.scaling_groups.change_uuid(group, p.customid)
    done(call, "AUTOSCALEVMGROUP.UPDATE", "updating autoscale vm group", group, KIND)
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
    done(call, "AUTOSCALEVMGROUP.ENABLE", "enabling autoscale vm group", group, KIND)
    return {"autoscalevmgroup": group_view(call, group)}


@command("disableAutoScaleVmGroup")
def disable_group(call: Call) -> Any:
    group = _group(call)
    if group.state not in ("ENABLED", "SCALING", "DISABLED"):
        raise InvalidParameter("Only a AutoScale Vm Group which is in Enabled or Scaling state can be disabled.")
    yield STEP
    group.state = "DISABLED"
    done(call, "AUTOSCALEVMGROUP.DISABLE", "disabling autoscale vm group", group, KIND)
    return {"autoscalevmgroup": group_view(call, group)}


@command("deleteAutoScaleVmGroup")
def delete_group(call: Call) -> Any:
    group, cleanup = _group(call), bool(call.params.cleanup)
    if group.state == "NEW":
        call.db.scaling_groups.remove(group)
        return SUCCESS
    if group.state != "DISABLED" and not cleanup:
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
    done(call, "AUTOSCALEVMGROUP.DELETE", "deleting autoscale vm group", group, KIND)
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
