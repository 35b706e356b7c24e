"""The instances of a group: the server starts as many as the group needs at least.

Nothing is measured of instances, so no group ever grows beyond its minimum by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...model.autoscale import ScalingGroup, ScalingProfile
from ...model.instances import Instance
from ...model.networks import Network
from ...tables import Table
from ..networks import members as balanced

if TYPE_CHECKING:
    from ...simulator import Simulator

GONE = ("Destroyed", "Expunging", "Error")
SUFFIX = 6
PREFIX = "autoScaleVm-"
LONGEST_NAME = 63


def all_of(sim: Simulator, group: ScalingGroup) -> list[Instance]:
    """Its instances, those in state Error too."""
    return [vm for vm in sim.db.vms.where(autoscale_group_id=group.id) if vm.state not in ("Destroyed", "Expunging")]


def available(sim: Simulator, group: ScalingGroup) -> list[Instance]:
    return [vm for vm in all_of(sim, group) if vm.state not in GONE]


def watch(sim: Simulator, group: ScalingGroup) -> None:
    """Look after a group from now on, as long as it is enabled."""
    sim.scheduler.after(group.interval, tend, sim, group)


def tend(sim: Simulator, group: ScalingGroup) -> None:
    """Start what is missing, let running instances take part in the balancing, and come back later."""
    if group.removed is not None or group.state != "ENABLED":
        return
    vms = available(sim, group)
    for _number in range(group.smallest - len(vms)):
        _start_one(sim, group)
    for vm in vms:
        if vm.state == "Running" and not sim.db.lb_members.where(rule_id=group.rule_id, vm_id=vm.id):
            balanced.join(sim, sim.db.firewall_rules[group.rule_id], vm)
    watch(sim, group)


def _start_one(sim: Simulator, group: ScalingGroup) -> None:
    db = sim.db
    profile, rule = db.scaling_profiles[group.profile_id], db.firewall_rules[group.rule_id]
    wanted: dict[str, Any] = {
        "zoneid": db.zones[profile.zone_id].uuid,
        "serviceofferingid": db.service_offerings[profile.service_offering_id].uuid,
        "templateid": db.templates[profile.template_id].uuid,
        "name": _next_name(sim, group),
        **_owner(sim, db.accounts[profile.account_id]),
        **_deploy_params(sim, profile, db.networks[rule.network_id]),
    }
    status, body = sim.act("deployVirtualMachine", **wanted)
    if status == 200:
        vm = db.vms.known(body["deployvirtualmachineresponse"]["id"])
        vm.autoscale_group_id, vm.user_data = group.id, profile.user_data
        vm.user_data_id, vm.user_data_details = profile.user_data_id, profile.user_data_details


def _next_name(sim: Simulator, group: ScalingGroup) -> str:
    """`autoScaleVm-GROUP-NUMBER-abcdef`: of a long group name as much as a host name has room for."""
    letters = "".join(sim.ids.random.choice("abcdefghijklmnopqrstuvwxyz") for _n in range(SUFFIX))
    suffix = f"-{group.next_member}-{letters}"
    group.next_member += 1
    return PREFIX + (group.name or "")[: LONGEST_NAME - len(PREFIX) - len(suffix)] + suffix


def _deploy_params(sim: Simulator, profile: ScalingProfile, network: Network) -> dict[str, str]:
    """What the profile adds; of things that are not there any more and of sizes that are no numbers nothing is said."""
    db, given = sim.db, profile.deploy_params
    networks = [network, *_found(db.networks, given.get("networkids"))]
    keys = {key.name for key in db.ssh_keys.where(account_id=profile.account_id)}
    wanted = {
        "networkids": ",".join(dict.fromkeys(n.uuid for n in networks)),
        "diskofferingid": ",".join(o.uuid for o in _found(db.disk_offerings, given.get("diskofferingid"))),
        "overridediskofferingid": ",".join(
            o.uuid for o in _found(db.disk_offerings, given.get("overridediskofferingid"))
        ),
        "affinitygroupids": ",".join(g.uuid for g in _found(db.affinity_groups, given.get("affinitygroupids"))),
        "keypairs": ",".join(name for name in given.get("keypairs", "").split(",") if name in keys),
    }
    if given.get("rootdisksize", "").isdigit():
        wanted["rootdisksize"] = given["rootdisksize"]
    if given.get("disksize", "").isdigit():
        wanted["size"] = given["disksize"]
    return {name: value for name, value in wanted.items() if value}


def _found(table: Table[Any], ids: str | None) -> list[Any]:
    rows = [table.find(uuid) for uuid in (ids or "").split(",")]
    return [row for row in rows if row is not None and row.removed is None]


def _owner(sim: Simulator, account: Any) -> dict[str, str]:
    project = sim.db.projects.first(project_account_id=account.id)
    if project is not None:
        return {"projectid": project.uuid}
    return {"account": account.name, "domainid": sim.db.domains[account.domain_id].uuid}
