"""Dedication of zones, pods, clusters and hosts to a domain or an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...listing import Filter, equal, matching
from ...model.instances import AffinityGroup
from ...model.zones import Dedication
from ...registry import SUCCESS, command
from ...tables import Row
from ...wording import printed

if TYPE_CHECKING:
    from ...simulator import Simulator

GROUP_TYPE = "ExplicitDedication"
TABLES = {"zone": "zones", "pod": "pods", "cluster": "clusters", "host": "hosts"}


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
    owner = account or sim.db.accounts.first(name="system")
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
    target = call.db.tables[TABLES[dedication.kind]][dedication.target_id]
    account = call.db.accounts.get(dedication.account_id)
    return {
        "id": dedication.uuid,
        f"{dedication.kind}id": target.uuid,
        f"{dedication.kind}name": target.name,
        "domainid": call.db.domains[dedication.domain_id].uuid,
        "accountid": account.uuid if account else None,
        "affinitygroupid": dedication.affinity_group,
    }


def _account(call: Call) -> Any:
    """The account that the call names, if it does."""
    p = call.params
    if p.account is None:
        return None
    domain = p.domainid
    found = call.db.accounts.first(domain_id=domain.id, name=p.account)
    if found is None:
        raise InvalidParameter(
            f"Unable to find account {p.account} in domain "
            + printed("Domain", id=domain.id, name=domain.name, path=domain.path, uuid=domain.uuid)
        )
    return found


def _dedicate(call: Call, kind: str, wording: str) -> Dedication:
    target = live(call.params[f"{kind}id"], f"Unable to find {kind} by id {{id}}")
    live(call.params.domainid, "Unable to find the domain by id {id}, please specify valid domainId")
    account = _account(call)
    if of(call.sim, kind, target) is not None:
        raise CloudRuntime(f"{wording.format(target.name)} is already dedicated")
    made = dedicate(call.sim, kind, target, call.params.domainid, account)
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
    p = call.params
    if p.account is None:
        return None
    domain_id = p.domainid.id if p.domainid else call.caller.account.domain_id
    account = call.db.accounts.first(domain_id=domain_id, name=p.account)
    if account is None:
        raise InvalidParameter(f"Unable to find account {p.account} in domain {domain_id}")
    return matching(lambda row: row.account_id == account.id)


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
