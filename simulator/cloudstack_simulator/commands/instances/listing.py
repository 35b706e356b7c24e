"""listVirtualMachines and its metrics."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...envelope import Ready, prune
from ...errors import InvalidParameter
from ...listing import Filter, contains, equal, matching, tagged
from ...model.instances import Instance
from ...registry import command
from ..common import architecture, by_ids
from ..zones.hypervisors import hypervisor_type
from . import statistics
from .sizes import size_of
from .views import ALL, DETAILS, instance_view


def _details(call: Call) -> tuple[str, ...]:
    given = call.params.details
    if not given:
        return ALL
    words = tuple(d.strip().lower() for d in given)
    if any(word not in DETAILS for word in words):
        raise InvalidParameter(
            f"The details parameter contains a non permitted value. The allowed values are [{', '.join(DETAILS)}]"
        )
    return words


def _filters(call: Call) -> list[Filter | None]:
    p, db = call.params, call.db
    return [
        _on_pool(call),
        _leased(call),
        by_ids(call),
        equal("vm_type", "User"),
        _of_hypervisor(call),
        equal("name", p.name),
        *_in_state(call),
        *_displayed(call),
        equal("zone_id", p.zoneid),
        equal("host_id", p.hostid),
        equal("pod_id", p.podid),
        equal("template_id", p.templateid),
        equal("iso_id", p.isoid),
        equal("service_offering_id", p.serviceofferingid),
        equal("backup_offering_id", p.backupofferingid),
        equal("group_id", _chosen(p.groupid)),
        equal("user_id", p.userid),
        equal("user_data_id", p.userdataid),
        equal("ha_enabled", p.haenable),
        _in_cluster(call),
        _among(
            p.networkid is not None,
            {n.vm_id for n in db.nics.where(network_id=p.networkid.id)} if p.networkid else set(),
        ),
        _in_vpc(call),
        _with_keyword(call),
        _of_template(call),
        _in_one_of("affinity_group_ids", _chosen(p.affinitygroupid)),
        _in_one_of("security_group_ids", _chosen(p.securitygroupid)),
        _with_key(call),
        _with_gpu(call),
        equal("autoscale_group_id", p.autoscalevmgroupid),
        tagged(call, "UserVm"),
    ]


NO_LEASES = (
    " Cannot list leased instances because the Instance Lease feature is disabled, please enable it to list leased "
    "instances"
)


def _chosen(group: Any) -> Any:
    """A group asked for; the id -1 means none."""
    return None if group is None or group.id == -1 else group


def _in_one_of(field: str, group: Any) -> Filter | None:
    return matching(lambda vm: group.id in getattr(vm, field)) if group is not None else None


def _on_pool(call: Call) -> Filter | None:
    pool = call.params.storageid
    if pool is None:
        return None
    live(pool, "Unable to find specified storage pool")
    return _among(True, {v.vm_id for v in call.db.volumes.where(pool_id=pool.id)})


def _leased(call: Call) -> Filter | None:
    if not call.params.leased:
        return None
    if not call.setting("instance.lease.enabled"):
        raise InvalidParameter(NO_LEASES)
    return equal("lease_execution", "PENDING")


def _of_hypervisor(call: Call) -> Filter | None:
    name = call.params.hypervisor
    if name is not None and hypervisor_type(name) == "None":
        raise InvalidParameter(f"Invalid HypervisorType {name}")
    return equal("hypervisor", name)


def _displayed(call: Call) -> list[Filter | None]:
    """Others than root admins do not see what is hidden from them."""
    hidden = None if call.caller.is_root_admin else equal("display", True)
    return [equal("display", call.params.displayvm), hidden]


def _with_key(call: Call) -> Filter | None:
    """Once any instance has a key pair of that name, the server shows all that its owners have with details."""
    name, db = call.params.keypair, call.db
    if name is None:
        return None
    used = {vm.details.get("SSH.PublicKey") for vm in db.vms}
    owners = {pair.account_id for pair in db.ssh_keys.where(name=name) if pair.public_key in used}
    return matching(lambda vm: bool(vm.details) and vm.account_id in owners)


def _with_gpu(call: Call) -> Filter | None:
    wanted = call.params.gpuenabled
    if wanted is None:
        return None
    having = {o.id for o in call.db.service_offerings.all() if o.vgpu_profile_id is not None}
    return matching(lambda vm: (vm.service_offering_id in having) is wanted)


def _among(wanted: bool, numbers: set[int]) -> Filter | None:
    return matching(lambda vm: vm.id in numbers) if wanted else None


def _in_cluster(call: Call) -> Filter | None:
    cluster = call.params.clusterid
    if cluster is None:
        return None
    hosts = {h.id for h in call.db.hosts.where(cluster_id=cluster.id)}
    return matching(lambda vm: vm.host_id in hosts or (vm.state == "Stopped" and vm.last_host_id in hosts))


def _in_vpc(call: Call) -> Filter | None:
    vpc = call.params.vpcid
    if vpc is None:
        return None
    tiers = {n.id for n in call.db.networks.where(vpc_id=vpc.id)}
    return _among(True, {n.vm_id for t in tiers for n in call.db.nics.where(network_id=t)})


def _in_state(call: Call) -> list[Filter | None]:
    """`present` is everything but what is going away; a pod's instances come without the destroyed ones.

    Users do not see what is going away unless the setting lets them.
    """
    p, caller = call.params, call.caller
    staying = matching(lambda vm: vm.state not in ("Destroyed", "Expunging"))
    present = p.state is not None and p.state.lower() == "present"
    asked = None if present else equal("state", p.state)
    if p.state is None and p.podid is not None:
        asked = matching(lambda vm: vm.state != "Destroyed")
    is_user = not caller.is_root_admin and not caller.is_domain_admin
    forbidden = is_user and not call.setting("allow.user.view.destroyed.vm", caller.account)
    return [asked, staying if present or forbidden else None]


def _with_keyword(call: Call) -> Filter | None:
    """Names and addresses that have the keyword in them, or the state that it is."""
    word, db = call.params.keyword, call.db
    if not word:
        return None
    names = ("name", "display_name", "instance_name") if call.caller.is_root_admin else ("name", "display_name")
    tests = [f.test for f in (*(contains(name, word) for name in names), equal("state", word)) if f is not None]
    addressed = {nic.vm_id for nic in db.nics if word in (nic.address or "")}
    addressed |= {ip.vm_id for ip in db.ip_addresses if ip.vm_id is not None and word in ip.address}
    return matching(lambda vm: vm.id in addressed or any(test(vm) for test in tests))


def _of_template(call: Call) -> Filter | None:
    """Of a network function's template (`isvnf`), of an architecture, of an extension."""
    p = call.params
    if p.isvnf is None and p.arch is None and p.extensionid is None:
        return None
    arch = architecture(p.arch)
    wanted = {
        t.id
        for t in call.db.templates.all()
        if (p.isvnf is None or (t.kind == "VNF") is p.isvnf)
        and (arch is None or t.arch == arch)
        and (p.extensionid is None or t.extension_id == p.extensionid.id)
    }
    return matching(lambda vm: vm.template_id in wanted)


@command("listVirtualMachines")
def list_instances(call: Call) -> dict[str, Any]:
    details = _details(call)
    answer = call.listing(
        "virtualmachine",
        call.db.vms,
        lambda c, vm: _pruned(instance_view(c, vm, details)),
        where=_filters(call),
        owned=True,
    )
    answer = _grouped_first(answer)
    if "virtualmachine" in answer:
        answer["virtualmachine"] = Ready(answer["virtualmachine"])
    return answer


NESTED = ("nic", "securitygroup", "affinitygroup", "tags", "details")


def _pruned(view: dict[str, Any]) -> dict[str, Any]:
    """Without None at any depth, so that long lists need not be looked through once more."""
    view = {name: value for name, value in view.items() if value is not None}
    for name in NESTED:
        if view[name]:
            view[name] = prune(view[name])
    return view


def _grouped_first(answer: dict[str, Any]) -> dict[str, Any]:
    """Within a page the server's database gives instances that are in a group before the others."""
    rows = answer.get("virtualmachine")
    if rows and any("groupid" in row for row in rows):
        answer["virtualmachine"] = sorted(rows, key=lambda row: row.get("groupid") is None)
    return answer


@command("listVirtualMachinesMetrics")
def list_metrics(call: Call) -> dict[str, Any]:
    details = _details(call)
    return call.listing(
        "virtualmachine",
        call.db.vms,
        lambda c, vm: _metrics_view(c, vm, details),
        where=_filters(call),
        owned=True,
    )


def _metrics_view(call: Call, vm: Instance, details: tuple[str, ...]) -> dict[str, Any]:
    view = instance_view(call, vm, details)
    view.pop("domainpath", None)
    size = size_of(call.db, vm)
    view["cputotal"] = f"{size.cpu * size.speed / 1000:.1f} Ghz"
    view["memorytotal"] = f"{size.memory / 1024:.2f} GiB"
    if statistics.is_measured(call.sim, vm):
        view |= {
            "networkread": "32.00 MiB",
            "networkwrite": "16.00 MiB",
            "diskread": "0.00 MiB",
            "diskwrite": "0.00 MiB",
            "diskiopstotal": 0,
        }
    return view
