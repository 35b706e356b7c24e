# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling maintenance of KVM clusters by the server's own hooks (K3), one host after the other.

A note on each host says how far a maintenance of some label got, so that the cloud itself is the journal. It is begun
before the server's job is: where the job's name was lost, the server's events tell whether it was done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, VERIFY, Procedure, Stage, Standing, Target, with_default
from ..client import ApiError, CloudStackError, InvalidInput, JobFailed, LostAnswer
from ..model import Option
from . import remarks
from .facts import CLUSTER, POD, ZONE
from .host_availability import zone_setting
from .host_emptying import look_ahead, refusals
from .host_marks import HostMarks
from .host_return import lost, tell_of_lost, wait_until_in_service
from .hosts import host_target, named_hosts, residents, short_list

_NOTE = re.compile(r"rolling maintenance (?P<label>.+): (?P<state>starting|done|failed|job (?P<job>\S+))$")
_FOLLOWS = ("failed", "starting", "job", "done")
"""Notes of one second in their order; that a try failed is told again where it is taken up once too often."""
_ENDED = re.compile(
    r"entity Host with IDs: \[(?P<number>\d+)\] - Success: \w+, details: (OK|null), hosts updated: [1-9]"
)
"""The server tells this before it has noted its own success: without details nothing went wrong [src]."""


def _targets(run: Any) -> Sequence[Target]:
    label = str(run.option("label"))
    if "\n" in label or not label.strip():
        raise InvalidInput("label must be one line of text", option="label", remedy="give for example 'kernel 6.12'")
    rows = named_hosts(run)
    foreign = [f"{row['name']} ({row.get('hypervisor')})" for row in rows if row.get("hypervisor") != "KVM"]
    if foreign:
        raise InvalidInput(
            f"the server rolls only over KVM hosts, and these are not: {short_list(foreign)}",
            option="cluster",
            remedy="name KVM hosts or clusters; for others use host_maintenance around your own work",
        )
    run.memory["ran"] = HostMarks(run)
    return [host_target(row, cut=1.0) for row in rows]


def _progress(run: Any, host_id: str) -> Mapping[str, str]:
    """The last note about this label: {"state": "starting" | "done" | "failed" | "job ...", "job": id, "since": time}.

    Empty without any.
    """
    found = []
    for note in run.client.list("listAnnotations", {"entitytype": "HOST", "entityid": host_id}):
        match = _NOTE.match(str(note.get("annotation")))
        if match and match["label"] == run.option("label"):
            since = str(note.get("created"))
            found.append((since, _FOLLOWS.index(match["state"].split()[0]), {**match.groupdict(), "since": since}))
    return max(found, key=lambda one: one[:2])[2] if found else {}


def _annotate(run: Any, target: Target, state: str) -> None:
    text = f"rolling maintenance {run.option('label')}: {state}"
    params = {"entitytype": "HOST", "entityid": target.id, "annotation": text, "adminsonly": True}
    run.change("addAnnotation", params, target.title)


def _standing(run: Any, target: Target) -> Standing:
    progress = _progress(run, target.id)
    if progress.get("state") == "done":
        return Standing(DONE)
    if progress.get("job"):
        return Standing(DUE, f"begun by a run that was cut off (job {progress['job']})")
    if progress.get("state") == "starting":
        return Standing(DUE, "perhaps begun by a run that was cut off")
    return Standing(DUE, f"not maintained for {run.option('label')!r} yet")


def _preflight(run: Any, due: Sequence[Target]) -> None:
    problems: list[str] = []
    if _under_way(run):
        # It has disabled its cluster, and its end is awaited before each step.
        return
    for target in due:
        if "cut off" in run.timeline.entries[target.id].reason:
            continue
        if target.facts.get("resourcestate") != "Enabled":
            problems.append(f"{target.name}: it is {target.facts.get('resourcestate')}, and the server skips it")
        problems += [f"{target.name}: {text}" for text in refusals(run, target.facts, ())]
        # One host at a time: each finds all others as they are now.
        plan = look_ahead(run, [target.facts], {target.id})[target.id]
        problems += [f"{target.name}: {text}" for text in (*plan["broken"], *plan["unmovable"])]
        if plan["residents"] and zone_setting(run, "vm.ha.enabled", str(target.facts["zoneid"])) == "false":
            problems.append(
                f"{target.name}: vm.ha.enabled of zone {target.facts.get('zonename')} is false, and then the server "
                "maintains no host with machines on it; host_maintenance moves them away first"
            )
    if problems:
        raise InvalidInput(
            "the rolling maintenance would stop half-way: " + "; ".join(problems),
            option="names",
            remedy="mend what is named, or leave these hosts out",
        )


def _act(run: Any, target: Target) -> None:
    progress = _progress(run, target.id)
    job = progress.get("job") or _begin(run, target, progress)
    if not job:
        return
    try:
        ended = run.client.wait(job, timeout=run.rules.step_timeout)
        _check(target, ended.get("rollingmaintenance") or {})
    except (ApiError, JobFailed, LostAnswer):
        _annotate(run, target, "failed")
        raise


def _begin(run: Any, target: Target, progress: Mapping[str, str]) -> str:
    """Starts the server's own maintenance of the host; returns the job, which is noted on the host.

    Empty where a run that was cut off before it could note the job has had the host maintained.
    """
    run.wait_for(target, "another rolling maintenance", lambda: _under_way(run) or True)
    if progress.get("state") == "starting" and _was_maintained(run, target, progress["since"]):
        return ""
    run.memory["ran"].begin(target.id, residents(run, target.id))
    _annotate(run, target, "starting")
    params = {"hostids": target.id, "payload": run.option("payload"), "timeout": run.option("stage_timeout")}
    given = {name: value for name, value in params.items() if value is not None}
    job = str(run.client.start("startRollingMaintenance", given, obj=target.title).id)
    _annotate(run, target, f"job {job}")
    return job


def _was_maintained(run: Any, target: Target, since: str) -> bool:
    """Whether the server tells of a rolling maintenance of this host that ended well since then.

    Jobs that have ended are in no list. Events name the host by its number, which the server takes for an id as well.
    """
    asked = {"type": "HOST.ROLLING.MAINTENANCE", "startdate": since, "listall": True}
    ended = [_ENDED.search(str(row.get("description"))) for row in run.client.list("listEvents", asked)]
    numbers = {match["number"] for match in ended if match}
    return any(row["id"] == target.id for number in numbers for row in run.client.list("listHosts", {"id": number}))


def _under_way(run: Any) -> str:
    """The server's own rolling maintenance that is running now, whoever began it."""
    jobs = run.client.list("listAsyncJobs", {"keyword": "RollingMaintenance", "listall": True})
    running = [str(job["jobid"]) for job in jobs if job.get("jobstatus") == 0]
    return f"job {running[0]}, another rolling maintenance" if running else ""


def _check(target: Target, answer: Mapping[str, Any]) -> None:
    """A job that ends well can still have skipped the host, or say that it failed."""
    skipped = [entry for entry in answer.get("hostsskipped") or () if entry.get("hostid") == target.id]
    updated = [entry for entry in answer.get("hostsupdated") or () if entry.get("hostid") == target.id]
    if skipped or not updated or not answer.get("success"):
        why = skipped[0].get("reason") if skipped else answer.get("details") or "it does not say why"
        raise ApiError(f"the server did not maintain it: {why}", obj=target.title, remedy="mend that and run again")


def _verify(run: Any, target: Target) -> None:
    wait_until_in_service(run, target)
    places = run.client.list("listClusters", {"id": target.facts["clusterid"]})
    for cluster in [place for place in places if place.get("allocationstate") != "Enabled"]:
        run.task.warn(f"cluster {cluster['name']} is {cluster.get('allocationstate')}: nothing new starts in it")
    try:
        tell_of_lost(run, target, lost(run, run.memory["ran"].of(target.id)))
        run.memory["ran"].forget(target.id)
    except CloudStackError as error:
        run.task.warn(f"{target.name}: could not look after its instances: {error}")
    if _progress(run, target.id).get("state") != "done":
        _annotate(run, target, "done")


CLUSTER_ROLLING_MAINTENANCE = Procedure(
    name="cluster_rolling_maintenance",
    noun="host",
    summary="Let the server maintain KVM hosts one after the other",
    description=(
        "Takes each host into maintenance, lets its agent run the hooks that lie on it, and puts it back to work.",
        "Within the limits of a campaign: canaries, batches, a window, a failure budget.",
    ),
    notes=(
        "The hooks are scripts on the hosts (C(kvm.rolling.maintenance) in the agent's properties).",
        "Where Ansible does the work itself, use the role C(cloudstack.ops.host_lifecycle) instead.",
        "A note on each host says that it was maintained for this O(label); such a host is left in peace.",
    ),
    options=(
        Option("label", required=True, behaviour=True,
               help="What this maintenance is, such as V(kernel 6.12). A host is maintained once for each label."),
        Option("names", "list", help="Only these hosts.", behaviour=True),
        ZONE, POD, CLUSTER,
        Option("payload", help="Text that the hooks get.", behaviour=True),
        Option("stage_timeout", "int", unit="seconds", behaviour=True,
               help="Longest time of one hook; the server's setting is used if it is left out."),
        with_default("per_cluster", 1),
        with_default("step_timeout", 14400),
    ),
    sequence=(
        Stage(CHECK, "Refuse hosts that are no KVM, not up or not enabled, or cannot be emptied", each=False),
        Stage(CHECK, "Leave hosts alone that were maintained for this label"),
        Stage(ACT, "Note on the host that it begins, and mark what runs there"),
        Stage(ACT, "Start the server's rolling maintenance of this one host, and note its job on the host"),
        Stage(CHECK, "Read what the server says of the host: a job can end well and have skipped it"),
        Stage(VERIFY, "Wait until the host is enabled, its agent and its storage are up"),
        Stage(VERIFY, "Look after what ran on it; note on the host that it is done"),
    ),
    returns={"not_running": ("list", "Machines that ran before and do not run now.")},
    constraints={"required_one_of": [["names", "zone", "cluster"]]},
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    sends=("startRollingMaintenance", *remarks.COMMANDS),
    act=_act,
    verify=_verify,
)  # fmt: skip
