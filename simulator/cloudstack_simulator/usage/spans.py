"""Who used what, from when to when. What lasts is read from the rows; what has ended and may begin again is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..model.usage import UsageSpan

if TYPE_CHECKING:
    from ..simulator import Simulator

RUNNING_VM, ALLOCATED_VM, IP_ADDRESS, VOLUME, TEMPLATE, ISO, SNAPSHOT = 1, 2, 3, 6, 7, 8, 9
LOAD_BALANCER_POLICY, PORT_FORWARDING_RULE = 11, 12
SYSTEM_ACCOUNT = 1
GONE = ("Destroyed", "Expunging", "Error")


@dataclass(slots=True)
class Span:
    kind: int
    account_id: int
    zone_id: int
    resource_id: int
    since: float
    until: float | None
    """None while it lasts."""
    size: int | None = None
    source_nat: bool = False


def ended(sim: Simulator, kind: int, row: Any, since: float | None, *, source_nat: bool = False) -> None:
    """Keep a span that ends now, where a usage server will ask for it."""
    if since is None or not len(sim.db.usage_servers) or row.account_id is None:
        return
    if kind == ALLOCATED_VM:
        since = max([since, *(s.until for s in sim.db.usage_spans.where(resource_id=row.id) if s.kind == kind)])
    sim.db.usage_spans.add(
        UsageSpan(
            kind=kind, resource_id=row.id, account_id=row.account_id, zone_id=row.zone_id, since=since,
            until=sim.clock.now(), source_nat=source_nat,
        )
    )  # fmt: skip


def forget(sim: Simulator, before: float) -> None:
    """Drop what has been counted."""
    for span in sim.db.usage_spans:
        if span.until < before and span.kind != ALLOCATED_VM:
            sim.db.usage_spans.delete(span)


def spans(sim: Simulator) -> Iterator[Span]:
    for kept in sim.db.usage_spans:
        yield Span(
            kept.kind, kept.account_id, kept.zone_id, kept.resource_id, kept.since, kept.until,
            source_nat=kept.source_nat,
        )  # fmt: skip
    yield from _instances(sim)
    yield from _addresses(sim)
    yield from _storage(sim)
    yield from _images(sim)
    yield from _rules(sim)


def _instances(sim: Simulator) -> Iterator[Span]:
    for vm in sim.db.vms.where(vm_type="User"):
        if vm.running_since is not None:
            yield Span(RUNNING_VM, vm.account_id, vm.zone_id, vm.id, vm.running_since, None)
        if vm.state not in GONE:
            earlier = [s.until for s in sim.db.usage_spans.where(resource_id=vm.id) if s.kind == ALLOCATED_VM]
            yield Span(ALLOCATED_VM, vm.account_id, vm.zone_id, vm.id, max([vm.created, *earlier]), None)


def _addresses(sim: Simulator) -> Iterator[Span]:
    for ip in sim.db.ip_addresses.where(state="Allocated"):
        if ip.allocated is not None and ip.account_id not in (None, SYSTEM_ACCOUNT) and not ip.is_system:
            yield Span(IP_ADDRESS, ip.account_id, ip.zone_id, ip.id, ip.allocated, None, source_nat=ip.is_source_nat)


def _storage(sim: Simulator) -> Iterator[Span]:
    for volume in sim.db.volumes.all():
        if volume.account_id != SYSTEM_ACCOUNT and volume.counted:
            until = volume.destroyed_at or volume.removed
            yield Span(VOLUME, volume.account_id, volume.zone_id, volume.id, volume.created, until, volume.size)
    for snapshot in sim.db.snapshots.all():
        if snapshot.stores or snapshot.removed is not None:
            yield Span(
                SNAPSHOT, snapshot.account_id, snapshot.zone_id, snapshot.id, snapshot.created, snapshot.removed,
                snapshot.physical_size,
            )  # fmt: skip


def _images(sim: Simulator) -> Iterator[Span]:
    for place in sim.db.template_zones.all():
        image = sim.db.templates.get(place.template_id)
        if image is not None and image.account_id != SYSTEM_ACCOUNT and image.kind == "USER" and image.size:
            kind = ISO if image.is_iso else TEMPLATE
            until = image.removed if place.removed is None else place.removed
            yield Span(kind, image.account_id, place.zone_id, image.id, place.created, until, image.size)


def _rules(sim: Simulator) -> Iterator[Span]:
    kinds = {"LoadBalancing": LOAD_BALANCER_POLICY, "PortForwarding": PORT_FORWARDING_RULE}
    for rule in sim.db.firewall_rules.all():
        network = sim.db.networks.get(rule.network_id)
        if rule.purpose in kinds and network is not None:
            yield Span(kinds[rule.purpose], rule.account_id, network.zone_id, rule.id, rule.created, rule.removed)
