"""Snapshot policies: one per volume and interval; creating it again changes it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ... import access
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...listing import equal, matching
from ...model.volumes import SnapshotPolicy, Volume
from ...parameters import flat_map
from ...registry import SUCCESS, check, command
from ...tags import taggable
from ..common import completed
from . import destinations, recurring, schedule
from .create import check_volume

taggable("SnapshotPolicy", "snapshot_policies")


def policy_view(call: Call, policy: SnapshotPolicy, *, zone_tags: bool = False) -> dict[str, Any]:
    """`zone_tags`: the answer of updateSnapshotPolicy shows the zones' tags, the others do not."""
    volume = call.db.volumes[policy.volume_id]
    zones = [call.db.zones[n] for n in [volume.zone_id, *policy.zone_ids]]
    pools = [call.db.storage_pools.get(n) for n in [volume.pool_id, *policy.pool_ids]]
    no_tags: dict[str, Any] = {"tags": []} if zone_tags else {}
    return {
        "id": policy.uuid,
        "volumeid": volume.uuid,
        "volumename": volume.name,
        "schedule": policy.schedule,
        "intervaltype": policy.interval,
        "maxsnaps": policy.max_snaps,
        "timezone": policy.timezone,
        "fordisplay": policy.display,
        "zone": [
            {
                "id": zone.uuid,
                "name": zone.name,
                "isnsxenabled": False,
                "ismultiarch": False,
                "routedmodeenabled": False,
                **no_tags,
            }
            for zone in zones
        ],
        "storage": [{"id": pool.uuid, "name": pool.name} for pool in pools if pool is not None],
        "tags": call.sim.tags.full_views(policy),
    }


@command("createSnapshotPolicy")
def create_policy(call: Call) -> dict[str, Any]:
    p = call.params
    volume: Volume = p.volumeid
    if not volume or volume.removed is not None:
        raise InvalidParameter(f"Unable to find volume by id={volume.id}")
    call.check_access(volume)
    _check_offering(call, volume)
    if p.get("fordisplay", True):
        check_volume(call, volume)
    interval = _interval(p.intervaltype)
    _check_numbers(call, volume, interval)
    destinations.check_policy(call, volume)
    policy = call.db.snapshot_policies.first(volume_id=volume.id, interval=interval)
    if policy is None:
        policy = call.db.snapshot_policies.add(
            SnapshotPolicy(volume_id=volume.id, interval=interval, schedule="", timezone="GMT", max_snaps=1)
        )
    policy.schedule = p.schedule
    policy.timezone = schedule.canonical_timezone(p.timezone)
    policy.max_snaps = p.maxsnaps
    policy.display = p.get("fordisplay", True)
    policy.zone_ids = [zone.id for zone in p.zoneids or [] if zone.id != volume.zone_id]
    policy.pool_ids = [pool.id for pool in p.storageids or [] if pool.id != volume.pool_id]
    call.sim.tags.drop(policy)
    for key, value in flat_map(p.tags).items():
        call.sim.tags.put("SnapshotPolicy", policy, key, value, volume.account_id)
    recurring.plan(call.sim, policy)
    call.event("SNAPSHOTPOLICY.CREATE", "Successfully completed creating snapshot policy", policy)
    return {"snapshotpolicy": policy_view(call, policy)}


def _check_offering(call: Call, volume: Volume) -> None:
    offering = call.db.disk_offerings.get(volume.disk_offering_id)
    if offering is None:
        raise InvalidParameter(f"Failed to find disk offering for the volume [{volume.uuid}]")
    if offering.encrypt:
        raise CloudRuntime(
            "Encrypted volumes don't support snapshot schedules, cannot create snapshot policy for the volume "
            f"[{volume.uuid}]"
        )


def _interval(text: str) -> int:
    try:
        return schedule.INTERVALS.index(text.upper())
    except ValueError:
        raise InvalidParameter(f"Unsupported interval type {text}") from None


def _check_numbers(call: Call, volume: Volume, interval: int) -> None:
    p, word = call.params, schedule.INTERVALS[interval]
    if schedule.parts(interval, p.schedule) is None:
        raise InvalidParameter(f"{volume} has an invalid schedule [{p.schedule}] for interval type [{word}].")
    if p.maxsnaps <= 0:
        raise InvalidParameter(f"maxSnaps [{p.maxsnaps}] for volume {volume} should be greater than 0.")
    most = call.setting(f"snapshot.max.{word.lower()}")
    if p.maxsnaps > most:
        raise InvalidParameter(
            f"maxSnaps [{p.maxsnaps}] for volume {volume} exceeds limit [{most}] for interval type [{word}]."
        )
    owner = call.db.accounts[volume.account_id]
    limits = [call.sim.limits.limit(owner, "snapshot")]
    if owner.account_type != access.ROOT_ADMIN:
        limits.append(call.sim.limits.domain_limit(call.db.domains[owner.domain_id], "snapshot"))
    if any(limit != -1 and p.maxsnaps > limit for limit in limits):
        raise InvalidParameter("Max number of snapshots shouldn't exceed the domain/account level snapshot limit")


@check("updateSnapshotPolicy")
def not_of_others(call: Call) -> None:
    _check_access(call, call.params.id)


@command("updateSnapshotPolicy")
def update_policy(call: Call) -> Generator[float, None, Any]:
    p = call.params
    policy: SnapshotPolicy = p.id
    yield 0.05
    if p.fordisplay is not None:
        policy.display = p.fordisplay
    if p.customid is not None:
        call.db.snapshot_policies.change_uuid(policy, p.customid)
    completed(call, "SNAPSHOTPOLICY.UPDATE", "updating snapshot policy. Policy Id", policy)
    return {"snapshotpolicy": policy_view(call, policy, zone_tags=True)}


def _check_access(call: Call, policy: SnapshotPolicy) -> None:
    volume = call.db.volumes.get(policy.volume_id) if policy else None
    if volume is None:
        raise InvalidParameter("No such volume exist")
    call.check_access(volume)


@command("listSnapshotPolicies")
def list_policies(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    if p.volumeid is not None and p.volumeid:
        _check_listing(call, p.volumeid)
    mine = access.visible_accounts(call)
    return call.listing(
        "snapshotpolicy",
        db.snapshot_policies,
        policy_view,
        where=[
            equal("id", p.id),
            equal("volume_id", p.volumeid),
            None if mine is None else matching(lambda policy: db.volumes[policy.volume_id].account_id in mine),
            _by_volume_name(call),
        ],
        newest_first=True,
    )


def _check_listing(call: Call, volume: Volume) -> None:
    if not access.may_use_account(call.caller, call.db.accounts[volume.account_id], call.db):
        raise PermissionDenied(f"Unable to list snapshot schedule for volume {volume.id}, permission denied.")


def _by_volume_name(call: Call) -> Any:
    word = (call.params.keyword or "").lower()
    return matching(lambda policy: word in call.db.volumes[policy.volume_id].name.lower()) if word else None


@command("deleteSnapshotPolicies")
def delete_policies(call: Call) -> dict[str, Any]:
    p = call.params
    policies = ([p.id] if p.id is not None else []) + (p.ids or [])
    if not policies:
        raise InvalidParameter("No policy id (or list of ids) specified.")
    for policy in policies:
        if not policy:
            raise InvalidParameter(f"Policy id given: {policy.id} does not exist")
        call.check_access(call.db.volumes[policy.volume_id])
    for policy in policies:
        call.sim.tags.drop(policy)
        call.db.snapshot_policies.delete(policy)
        completed(call, "SNAPSHOTPOLICY.DELETE", "deleting snapshot policy. Policy Id", policy)
    return SUCCESS
