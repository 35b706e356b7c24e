# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same snapshot policies on many volumes, chosen by tag, owner, zone or instance (D2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, LEFT, VERIFY, Procedure, Stage, Standing, Target, given, when
from ..client import ApiError, InvalidInput, NotAllowed, of_all_owners
from ..client.maps import key_value_map
from ..model import Option, Row
from .facts import ZONE, setting
from .snapshot_times import (
    INTERVALS,
    canonical_zone,
    check_schedule,
    check_time_zone,
    interval_of,
    parts_of,
)
from .volume_facts import (
    ACCOUNT,
    DOMAIN,
    INSTANCES,
    KIND,
    PROJECT,
    TAGS,
    VOLUMES,
    place_of,
    selected_volumes,
    volume_now,
)

POLICIES = Option(
    "policies", "records", required=True, behaviour=True,
    help="The policies that every volume shall have, one for each interval at most.",
    suboptions=(
        Option("interval_type", help="How often a snapshot is taken.", choices=INTERVALS, required=True),
        Option("schedule", required=True, help=(
            'Time of the snapshot, always quoted: "MM" (hourly), "MM:HH" (daily), "MM:HH:D" (weekly and monthly).'
        )),
        Option("time_zone", default="UTC", help="Time zone of the schedule, V(Europe/Zurich) for example."),
        Option("max_snaps", "int", default=8, help="How many snapshots are kept; the oldest go."),
        Option("zones", "list", help="Further zones that get a copy of each snapshot. Left as it is unless given."),
    ),
)  # fmt: skip


def _targets(run: Any) -> Sequence[Target]:
    _check_policies(run)
    wanted = run.option("policies")
    run.memory["wanted"] = {policy["interval_type"]: policy for policy in wanted}
    zones = {name for policy in wanted for name in policy.get("zones") or ()}
    run.memory["zones"] = {name: str(run.view.find("zone", name, {})["id"]) for name in zones}
    everything = not (run.option("names") or run.option("instances"))
    return [_target(row) for row in selected_volumes(run, everything=everything)]


def _target(row: Row) -> Target:
    facts = {"zoneid": row.get("zoneid"), "state": row.get("state")}
    return Target(id=row["id"], name=row["name"], kind="volume", place=place_of(row), facts=facts)


def _check_policies(run: Any) -> None:
    """What the server would take without a word: it looks at schedules and time zones hardly at all [observed.md]."""
    seen = set()
    for policy in run.option("policies"):
        kind = policy["interval_type"]
        if kind in seen:
            raise InvalidInput(
                f"there are two {kind} policies", option="policies", remedy="a volume has one for each interval"
            )
        seen.add(kind)
        check_schedule(kind, str(policy["schedule"]))
        check_time_zone(policy["time_zone"])
        if policy["max_snaps"] < 1:
            raise InvalidInput(
                f"max_snaps of the {kind} policy must be at least 1",
                option="policies",
                remedy="give how many are to be kept",
            )


def _standings(run: Any, targets: Sequence[Target]) -> Sequence[Standing]:
    """From two lists, however many volumes there are."""
    by_volume: dict[str, dict[str, Row]] = {}
    for row in of_all_owners(run.client, "listSnapshotPolicies", {}):
        by_volume.setdefault(str(row["volumeid"]), {})[row["id"]] = row
    return [_judged(run, target, list(by_volume.get(target.id, {}).values())) for target in targets]


def _policies(run: Any, target: Target) -> list[Row]:
    return of_all_owners(run.client, "listSnapshotPolicies", {"volumeid": target.id})


def _standing(run: Any, target: Target) -> Standing:
    row = volume_now(run, target.id)
    if row is None:
        return Standing(DONE, "is gone")
    return _judged(run, target, _policies(run, target))


def _judged(run: Any, target: Target, policies: Sequence[Row]) -> Standing:
    differences = _differences(run, target, policies)
    if not differences:
        return Standing(DONE)
    if target.facts["state"] != "Ready":
        return Standing(LEFT, f"is {target.facts['state']}: only a volume that has storage can have policies")
    return Standing(DUE, "; ".join(differences))


def _differences(run: Any, target: Target, policies: Sequence[Row]) -> list[str]:
    have = {interval_of(row): row for row in policies}
    found = []
    for kind, wanted in run.memory["wanted"].items():
        if kind not in have:
            found.append(f"{kind} at {wanted['schedule']} {wanted['time_zone']}, {wanted['max_snaps']} kept")
        else:
            found += _changes(run, target, wanted, have[kind])
    return found + [f"no {kind} policy" for kind in _surplus(run, have)]


def _surplus(run: Any, have: Mapping[str, Row]) -> list[str]:
    return [kind for kind in have if kind not in run.memory["wanted"]] if run.option("exclusive") else []


def _changes(run: Any, target: Target, wanted: Mapping[str, Any], have: Row) -> list[str]:
    kind, found = wanted["interval_type"], []
    if parts_of(wanted["schedule"]) != parts_of(have["schedule"]):
        found.append(f"{kind} at {have['schedule']} -> {wanted['schedule']}")
    if canonical_zone(wanted["time_zone"]) != canonical_zone(str(have["timezone"])):
        found.append(f"{kind} in {have['timezone']} -> {wanted['time_zone']}")
    if wanted["max_snaps"] != int(have["maxsnaps"]):
        found.append(f"{kind} keeps {have['maxsnaps']} -> {wanted['max_snaps']}")
    if wanted.get("zones") is not None and _copied_to(run, target, wanted) != _copies(target, have):
        found.append(f"{kind} copied to {', '.join(wanted['zones']) or 'no other zone'}")
    return found


def _copied_to(run: Any, target: Target, wanted: Mapping[str, Any]) -> set[str]:
    """Ids of the further zones that shall get copies; the volume's own has them anyway."""
    return {run.memory["zones"][name] for name in wanted["zones"]} - {str(target.facts["zoneid"])}


def _copies(target: Target, have: Mapping[str, Any]) -> set[str]:
    return {str(zone["id"]) for zone in have.get("zone") or ()} - {str(target.facts["zoneid"])}


def _preflight(run: Any, _due: Sequence[Target]) -> None:
    for kind, wanted in run.memory["wanted"].items():
        most = _limit(run, kind)
        if most and wanted["max_snaps"] > int(most):
            raise InvalidInput(
                f"the {kind} policy keeps {wanted['max_snaps']} snapshots, and the server allows {most}",
                option="policies",
                remedy=f"keep fewer, or raise the setting snapshot.max.{kind}",
            )


def _limit(run: Any, kind: str) -> str:
    """The most snapshots that a policy may keep; empty where the caller may not read settings, as tenants may not."""
    try:
        return setting(run, f"snapshot.max.{kind}")
    except (ApiError, NotAllowed):
        return ""


def _act(run: Any, target: Target) -> None:
    have = {interval_of(row): row for row in _policies(run, target)}
    for kind, wanted in run.memory["wanted"].items():
        if kind not in have or _changes(run, target, wanted, have[kind]):
            run.change("createSnapshotPolicy", _parameters(run, target, wanted, have.get(kind)), target.title)
    surplus = [have[kind]["id"] for kind in _surplus(run, have)]
    if surplus:
        run.change("deleteSnapshotPolicies", {"ids": surplus}, target.title)


def _parameters(run: Any, target: Target, wanted: Mapping[str, Any], have: Row | None) -> dict[str, Any]:
    """Creating a policy of the same interval again changes it; what is not sent along is lost [api_facts 2.6]."""
    old = have or {}
    params: dict[str, Any] = {
        "volumeid": target.id,
        "intervaltype": wanted["interval_type"],
        "schedule": wanted["schedule"],
        "timezone": wanted["time_zone"],
        "maxsnaps": wanted["max_snaps"],
    }
    if old.get("fordisplay") is False:
        params["fordisplay"] = False
    zones = _copies(target, old) if wanted.get("zones") is None else _copied_to(run, target, wanted)
    volume = volume_now(run, target.id) or {}
    pools = [str(pool["id"]) for pool in old.get("storage") or () if pool["id"] != volume.get("storageid")]
    params.update({name: ids for name, ids in (("zoneids", sorted(zones)), ("storageids", pools)) if ids})
    tags = {str(tag["key"]): str(tag.get("value", "")) for tag in old.get("tags") or ()}
    return {**params, **key_value_map("tags", tags)}


def _verify(run: Any, target: Target) -> None:
    left = _differences(run, target, _policies(run, target))
    if left:
        raise ApiError(f"the policies still differ: {'; '.join(left)}", obj=target.title)


SNAPSHOT_SCHEDULE = Procedure(
    name="snapshot_schedule",
    noun="volume",
    summary="Give many volumes the same snapshot policies",
    description=(
        "Makes the snapshot policies of volumes as the task says; volumes are chosen by tag, owner, zone or instance.",
        "Run it now and then: new volumes with the tag get the policies, and what somebody changed is put right.",
    ),
    notes=(
        "Nothing is interrupted. Policies of other intervals stay unless O(exclusive) is set.",
        "Snapshots that a policy took stay when it is removed; nothing removes them on schedule any more.",
        "For the policies of one volume M(cloudstack.ops.snapshot_policy) does as well.",
    ),
    options=(
        ZONE, VOLUMES, INSTANCES, KIND, ACCOUNT, DOMAIN, PROJECT, TAGS, POLICIES,
        Option("exclusive", "bool", default=False, behaviour=True,
               help="Remove the policies of all other intervals from these volumes."),
        Option("parallel", "int", default=4, behaviour=True, help="Volumes worked at the same time."),
    ),
    sequence=(
        Stage(CHECK, "Check schedules, time zones and the server's limits", each=False),
        Stage(CHECK, "List the volumes and compare their policies", each=False),
        Stage(ACT, "Create or change what differs; remove what is too much, if asked"),
        Stage(VERIFY, "Read the policies of the volume again"),
    ),
    constraints={"required_one_of": [["zone", "names", "instances", "account", "domain", "project", "tags"]]},
    targets=_targets,
    standing=_standing,
    standings=_standings,
    preflight=_preflight,
    sends=("createSnapshotPolicy", *when(given("exclusive"), "deleteSnapshotPolicies")),
    act=_act,
    verify=_verify,
)  # fmt: skip
