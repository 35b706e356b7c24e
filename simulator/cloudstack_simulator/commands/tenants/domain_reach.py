"""What a domain uses of the domains around it, which it must still reach from where it is moved to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...access import domains_below
from ...errors import InvalidParameter
from ...model.tenants import Domain, domain_text

if TYPE_CHECKING:
    from ...call import Call
    from ...model.vms import VirtualMachine


def check_reach(call: Call, moved: Domain, parent: Domain) -> None:
    """The new parent has to be below every domain whose things are used in the moved one."""
    db, inside = call.db, domains_below(call.db, moved.id)
    accounts = {account.id for number in inside for account in db.accounts.where(domain_id=number)}
    machines = [vm for vm in db.vms if vm.account_id in accounts]
    offerings = {vm.service_offering_id for vm in machines if vm.service_offering_id}
    owned = [network for network in db.networks if network.account_id in accounts]
    used = {
        "Networks": _of_networks(call, machines),
        "Affinity groups": _of_affinity_groups(call, machines),
        "Service offerings": _restricted(db.service_offerings[number].domain_ids for number in offerings),
        "Network offerings": _restricted(db.network_offerings[network.offering_id].domain_ids for network in owned),
        "Dedicated resources": _of_dedications(call, machines),
    }
    for name, numbers in used.items():
        for number in set(numbers) - inside:
            if not f"{parent.path}{moved.name}/".startswith(db.domains[number].path):
                raise InvalidParameter(
                    f"New parent domain [{domain_text(parent)}] does not have access to [{name}] used by domain "
                    f"[{domain_text(moved)}], therefore, domain [{domain_text(moved)}] cannot be moved."
                )


def _of_networks(call: Call, machines: list[VirtualMachine]) -> Iterator[int]:
    """Domains of networks that are open to the domains below them."""
    for vm in machines:
        for nic in call.db.nics.where(vm_id=vm.id):
            network = call.db.networks[nic.network_id]
            if network.acl_type == "Domain" and network.subdomain_access:
                yield network.domain_id


def _of_affinity_groups(call: Call, machines: list[VirtualMachine]) -> Iterator[int]:
    """Domains of groups for dedicated resources: only these serve the domains below."""
    for vm in machines:
        for number in getattr(vm, "affinity_group_ids", ()):
            group = call.db.affinity_groups.get(number)
            if group is not None and group.acl_type == "Domain" and group.type == "ExplicitDedication":
                yield group.domain_id


def _of_dedications(call: Call, machines: list[VirtualMachine]) -> Iterator[int]:
    """Domains that have the zones, pods, clusters or hosts for themselves where the machines are."""
    for vm in machines:
        host = call.db.hosts.get(vm.host_id)
        places = [("zone", vm.zone_id)]
        if host is not None:
            places += [("pod", host.pod_id), ("cluster", host.cluster_id), ("host", host.id)]
        for kind, number in places:
            for dedication in call.db.dedications.where(kind=kind, target_id=number):
                yield dedication.domain_id


def _restricted(lists: Iterable[list[int]]) -> Iterator[int]:
    """Of an offering for several domains the server looks at the first."""
    for numbers in lists:
        if numbers:
            yield min(numbers)
