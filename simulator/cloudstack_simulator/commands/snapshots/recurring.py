"""Snapshots that policies take by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import ResourceAllocation
from ...model.volumes import SnapshotPolicy
from . import lifecycle, schedule

if TYPE_CHECKING:
    from ...simulator import Simulator

SNAPSHOT_LIMIT_ALERT = (8, "ALERT.RESOURCE.SNAPSHOT")


def plan(sim: Simulator, policy: SnapshotPolicy) -> None:
    """Let the policy run at its next moment."""
    moment = schedule.next_run(policy.interval, policy.schedule, policy.timezone, sim.clock.now())
    policy.next_run = moment
    sim.scheduler.at(moment, run, sim, policy, moment)


def run(sim: Simulator, policy: SnapshotPolicy, moment: float) -> None:
    """Take the snapshot that is due, drop the oldest ones beyond `maxsnaps`, plan the next."""
    if policy.removed is not None or policy.next_run != moment:
        return
    volume = sim.db.volumes.get(policy.volume_id)
    if volume is None or volume.removed is not None:
        return
    if volume.state == "Ready":
        _take(sim, policy)
    plan(sim, policy)


def _take(sim: Simulator, policy: SnapshotPolicy) -> None:
    volume = sim.db.volumes[policy.volume_id]
    try:
        sim.limits.check(sim.db.accounts[volume.account_id], "snapshot")
    except ResourceAllocation as error:
        sim.events.alert(*SNAPSHOT_LIMIT_ALERT, f"Snapshot of {volume} not taken: {error.text}")
        return
    snapshot = lifecycle.new(sim, volume, kind=schedule.INTERVALS[policy.interval], policy=policy)
    if lifecycle.has_no_room(sim, volume):
        lifecycle.fail(sim, snapshot)
        return
    lifecycle.back_up(sim, snapshot, policy.zone_ids)
    own = [s for s in sim.db.snapshots.where(volume_id=volume.id) if s.policy_id == policy.id]
    for old in own[: max(0, len(own) - policy.max_snaps)]:
        lifecycle.delete(sim, old)
