"""Dedication of zones, pods, clusters and hosts to a domain or an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import access
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...listing import Filter, equal
from ...model.instances import AffinityGroup
from ...model.zones import Dedication
from ...registry import SUCCESS, command
from ...tables import Row
from . import dedication_rules as rules

if TYPE_CHECKING:
    from ...simulator import Simulator

GROUP_TYPE = "ExplicitDedication"


def of(sim: Simulator, kind: str, row: Row) -> Dedication | None:
    found: Dedication | None = sim.db.dedications.first(kind=kind, target_id=row.id)
    return found


def dedicate(sim: Simulator, kind: str, row: Row, domain: Any, account: Any) -> Dedication:
    """Give a zone, pod, cluster or host to one domain or account alone."""
    group = _group(sim, domain, account)
    dedication: Dedication = sim.db.dedications.add(
        Dedication(
            kind=kind,
            target_id=row.id,
            domain_id=domain.id,
            account_id=account.id if account else None,
            affinity_group=group.uuid,
        )
    )
    return dedication


def _group(sim: Simulator, domain: Any, account: Any) -> AffinityGroup:
    """The affinity group that goes with the dedication to a domain or account; made when there is none."""
    owner = account or sim.db.accounts.the(name="system")
    name = f"DedicatedGrp-{account.name if account else 'domain-' + domain.name}"
    found = sim.db.affinity_groups.first(account_id=owner.id, name=name)
    if found is None:
        found = sim.db.affinity_groups.add(
            AffinityGroup(
                name=name,
                type=GROUP_TYPE,
                account_id=owner.id,
                domain_id=domain.id,
                description="dedicated resources group",
                acl_type="Account" if account else "Domain",
            )
        )
    group: AffinityGroup = found
    return group


def release(sim: Simulator, kind: str, row: Row) -> bool:
    """End the dedication of a row; False when there was none."""
    found = of(sim, kind, row)
    if found is None:
        return False
    sim.db.dedications.delete(found)
    if not sim.db.dedications.first(affinity_group=found.affinity_group):
        group = sim.db.affinity_groups.find(found.affinity_group)
        if group is not None:
            sim.db.affinity_groups.delete(group)
    return True


def dedication_view(call: Call, dedication: Dedication) -> dict[str, Any]:
    target = call.db.tables[rules.TABLES[dedication.kind]][dedication.target_id]
    account = call.db.accounts.get(dedication.account_id)
    return {
        "id": dedication.uuid,
        f"{dedication.kind}id": target.uuid,
        f"{dedication.kind}name": target.name,
        "domainid": call.db.domains[dedication.domain_id].uuid,
        "accountid": account.uuid if account else None,
        "affinitygroupid": dedication.affinity_group,
    }


def _dedicate(call: Call, kind: str, wording: str) -> Dedication:
    p = call.params
    domain, account = p.domainid, access.owner(call) if p.account is not None else None
    live(domain, "Unable to find the domain by id {id}, please specify valid domainId")
    if account is not None and account.domain_id != domain.id:
        raise InvalidParameter(f"Please specify the domain id of the account id {account.id}")
    target = live(p[f"{kind}id"], f"Unable to find {kind} by id {{id}}")
    if kind == "host" and target.kind != "Routing":
        raise CloudRuntime(f"Invalid host type for host {target.name}")
    if of(call.sim, kind, target) is not None:
        raise CloudRuntime(f"{wording.format(target.name)} is already dedicated")
    rules.check_above(call.sim, kind, target, domain)
    for part, row in rules.given_below(call, kind, target, domain, account):
        release(call.sim, part, row)
    rules.check_instances(call, kind, target, domain, account)
    made = dedicate(call.sim, kind, target, domain, account)
    if kind == "zone":
        target.domain_id = domain.id
    call.event("DEDICATE.RESOURCE", f"Successfully completed dedicating a {kind}. Id: {target.id}", target)
    return made


@command("dedicateZone")
def dedicate_zone(call: Call) -> dict[str, Any]:
    return {"null": {"responses": [dedication_view(call, _dedicate(call, "zone", "Zone  {}"))]}}


@command("dedicatePod")
def dedicate_pod(call: Call) -> dict[str, Any]:
    return {"null": {"responses": [dedication_view(call, _dedicate(call, "pod", "Pod {}"))]}}


@command("dedicateCluster")
def dedicate_cluster(call: Call) -> dict[str, Any]:
    return {"dedicatedcluster": dedication_view(call, _dedicate(call, "cluster", "Cluster {}"))}


@command("dedicateHost")
def dedicate_host(call: Call) -> dict[str, Any]:
    return {"null": {"responses": [dedication_view(call, _dedicate(call, "host", "Host {}"))]}}


def _release(call: Call, kind: str) -> dict[str, Any]:
    target = call.params[f"{kind}id"]
    if not release(call.sim, kind, target):
        raise InvalidParameter("No Dedicated Resource available to release")
    if kind == "zone":
        target.domain_id = target.network_domain = None
    call.event(
        "DEDICATE.RESOURCE.RELEASE", f"Successfully completed releasing a dedicated {kind}. Id: {target.id}", target
    )
    return SUCCESS


@command("releaseDedicatedZone")
def release_zone(call: Call) -> dict[str, Any]:
    return _release(call, "zone")


@command("releaseDedicatedPod")
def release_pod(call: Call) -> dict[str, Any]:
    return _release(call, "pod")


@command("releaseDedicatedCluster")
def release_cluster(call: Call) -> dict[str, Any]:
    return _release(call, "cluster")


@command("releaseDedicatedHost")
def release_host(call: Call) -> dict[str, Any]:
    return _release(call, "host")


def _list(call: Call, kind: str) -> dict[str, Any]:
    p = call.params
    return call.listing(
        f"dedicated{kind}",
        call.db.dedications.where(kind=kind),
        dedication_view,
        where=[
            equal("target_id", p[f"{kind}id"]),
            equal("domain_id", p.domainid),
            _account_filter(call),
            equal("affinity_group", p.affinitygroupid.uuid) if p.affinitygroupid else None,
        ],
    )


def _account_filter(call: Call) -> Filter | None:
    """By an account of a domain; a name that no account there has is overlooked."""
    p = call.params
    if p.account is None:
        return None
    if p.domainid is None:
        raise InvalidParameter(f"Please specify the domain id of the account: {p.account}")
    account = access.active_account(call.db, p.account, p.domainid.id)
    return equal("account_id", account.id) if account is not None else None


@command("listDedicatedZones")
def list_zones(call: Call) -> dict[str, Any]:
    return _list(call, "zone")


@command("listDedicatedPods")
def list_pods(call: Call) -> dict[str, Any]:
    return _list(call, "pod")


@command("listDedicatedClusters")
def list_clusters(call: Call) -> dict[str, Any]:
    return _list(call, "cluster")


@command("listDedicatedHosts")
def list_hosts(call: Call) -> dict[str, Any]:
    return _list(call, "host")
