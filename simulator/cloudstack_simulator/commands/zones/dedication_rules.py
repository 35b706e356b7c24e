"""What may be dedicated to whom: beside the dedications above and below, and the instances that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...access import domains_below
from ...call import Call
from ...errors import CloudRuntime
from ...model.zones import Dedication
from ...tables import Row

if TYPE_CHECKING:
    from ...simulator import Simulator

ABOVE = {"zone": (), "pod": ("zone",), "cluster": ("pod", "zone"), "host": ("cluster", "pod", "zone")}
BELOW = {"zone": ("pod", "cluster", "host"), "pod": ("cluster", "host"), "cluster": ("host",), "host": ()}
TABLES = {"zone": "zones", "pod": "pods", "cluster": "clusters", "host": "hosts"}
UP = ("Starting", "Running", "Stopping", "Migrating", "Shutdown", "Error", "Unknown")


def check_above(sim: Simulator, kind: str, row: Row, domain: Any) -> None:
    """Refuse what lies in a place of another: of an account, or of a domain that is not above this one."""
    for place in ABOVE[kind]:
        number = getattr(row, f"{place}_id")
        given = sim.db.dedications.first(kind=place, target_id=number) if number is not None else None
        if given is None:
            continue
        if given.account_id is not None or domain.id not in domains_below(sim.db, given.domain_id):
            word = "Data Center" if (kind, place) == ("host", "zone") else place.capitalize()
            name = sim.db.tables[TABLES[place]][number].name
            raise CloudRuntime(f"{kind.capitalize()}'s {word} {name} is already dedicated")


def given_below(call: Call, kind: str, row: Any, domain: Any, account: Any) -> list[tuple[str, Row]]:
    """What in a place is dedicated to the same already, and will be with the place; another's is refused."""
    found = []
    for part in BELOW[kind]:
        for one in call.db.tables[TABLES[part]].where(**{f"{kind}_id": row.id}):
            given = call.db.dedications.first(kind=part, target_id=one.id)
            if given is not None and _is_same(call, given, domain, account, (kind, row), (part, one)):
                found.append((part, one))
    return found


def _is_same(
    call: Call, given: Dedication, domain: Any, account: Any, place: tuple[str, Any], part: tuple[str, Any]
) -> bool:
    (kind, row), (inner, one) = place, part
    text = (
        f"{inner.capitalize()} {one.name} under this {kind.capitalize()} {row.name} is dedicated to different "
        "account/domain"
    )
    if given.domain_id not in domains_below(call.db, domain.id):
        raise CloudRuntime(text)
    if account is None:
        return given.account_id is None and given.domain_id == domain.id
    if given.account_id != account.id:
        raise CloudRuntime(
            f"Cannot dedicate Cluster {row.name} to account{account.name}" if kind == "cluster" else text
        )
    return True


def check_instances(call: Call, kind: str, row: Any, domain: Any, account: Any) -> None:
    """Refuse hosts with instances of others, stopped ones too while their place is kept for them."""
    hosts = [row] if kind == "host" else call.db.hosts.where(kind="Routing", **{f"{kind}_id": row.id})
    below = domains_below(call.db, domain.id)
    for host in hosts:
        for vm in _instances(call, host):
            owner = call.db.accounts[vm.account_id]
            strange = owner.domain_id not in below if account is None else owner.id != account.id
            if strange:
                raise CloudRuntime(
                    f"Host {host.id} found to be unsuitable for explicit dedication as it is running instances of "
                    f"another {'domain' if account is None else 'account'}"
                )


def _instances(call: Call, host: Any) -> list[Any]:
    kept = float(call.setting("capacity.skipcounting.hours"))
    there = [vm for vm in call.db.vms.where(host_id=host.id, vm_type="User") if vm.state in UP]
    left = call.db.vms.where(last_host_id=host.id, vm_type="User")
    return there + [vm for vm in left if vm not in there and call.now - (vm.updated or vm.created) < kept]
