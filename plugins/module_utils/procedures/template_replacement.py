# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replacement of a template (H4): the new one takes over who may use it, then the old one is hidden, then removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, LEFT, VERIFY, Procedure, Stage, Standing, Target
from ..client import ApiError, InvalidInput, JobFailed, NotFound, of_all_owners
from ..client.maps import flat_map
from ..model import Option, Row
from .downloads import failure_of
from .scope_names import meant
from .template_facts import FLAGS, check_pair, image, is_fixed, lacking, shown, zone_ids
from .template_rights import SENT_BY_REPLACEMENT
from .template_users import COMMANDS as AUTOSCALE_COMMANDS
from .template_users import Profile, Repointing, instances, profiles

_ADOPTED = (
    "format", "hypervisor", "ostypeid", "passwordenabled", "sshkeyenabled", "requireshvm", "isdynamicallyscalable",
    "arch", "templatetag", "deployasis", "bits", "directdownload",
)  # fmt: skip
"""What a new registration takes over from the old template: listed and registered under the same names."""


def _targets(run: Any) -> Sequence[Target]:
    name, successor = str(run.option("name")), str(run.option("replacement"))
    if name == successor:
        raise InvalidInput(
            "a template cannot replace itself", option="replacement", remedy="give another name, such as debian-12-v2"
        )
    old, new = image(run, name), image(run, successor)
    if old is None:
        if new is None:
            listed = of_all_owners(run.client, "listTemplates", {"templatefilter": "all"})
            remedy = meant(name, (row["name"] for row in listed), "check name")
            raise NotFound(f"there is no template {name}", obj=f"template {name}", remedy=remedy)
        return []
    check_pair(old, new)
    if new is None and not run.option("url"):
        raise InvalidInput(
            f"there is no template {successor} yet",
            option="replacement",
            obj=f"template {name}",
            remedy="give url, so that it is registered like the old one, or register it with the module template first",
        )
    return [Target(id=old["id"], name=old["name"], kind="template", facts=old)]


def _standing(run: Any, target: Target) -> Standing:
    old, new = image(run, target.id), image(run, run.option("replacement"))
    if old is None:
        return Standing(DONE)
    if new is None:
        return Standing(DUE, f"{run.option('replacement')} is to be registered")
    missing = [zone for zone in zone_ids(old) if zone not in zone_ids(new)]
    if missing:
        return Standing(DUE, f"zones without {new['name']}: {len(missing)}")
    if not new["isready"]:
        return Standing(DUE, f"{new['name']} is not ready in all zones")
    if lacking(run, old, new) or shown(run, old):
        return Standing(DUE, "the replacement takes over who may use it")
    if (still := _to_repoint(run, old)) or _is_cut_off(run, old):
        return Standing(DUE, f"autoscale profiles are to get {new['name']}: {len(still)}")
    if not run.option("remove"):
        return Standing(DONE)
    users = _users(run, old)
    if users:
        return Standing(LEFT, f"replaced; {users} still use it")
    return Standing(DUE, "nobody uses it any more, so it is removed")


def _users(run: Any, old: Row) -> str:
    """Who would miss it, for people; an empty text where nobody would."""
    machines = instances(run, old["id"])
    titles = [] if run.option("repoint_autoscale") else [found.title for found in profiles(run, old["id"])]
    named = [f"{len(machines)} instances ({', '.join(machines[:5])})"] if machines else []
    return " and ".join([*named, *titles])


def _to_repoint(run: Any, old: Row) -> list[Profile]:
    return profiles(run, old["id"]) if run.option("repoint_autoscale") else []


def _is_cut_off(run: Any, old: Row) -> bool:
    return bool(run.option("repoint_autoscale")) and Repointing(run, old["id"]).is_cut_off()


def _preflight(run: Any, due: Sequence[Target]) -> None:
    """What nobody asked to change is at least said, and what the server does not let be changed."""
    for target in due:
        if is_fixed(target.facts) and (target.facts.get("ispublic") or target.facts.get("isfeatured")):
            run.task.warn(f"{target.title} cannot be hidden, because it belongs to a project; remove it instead")
    run.memory["profiles"] = profiles(run, due[0].id) if due else []
    if run.memory["profiles"] and not run.option("repoint_autoscale"):
        titles = ", ".join(found.title for found in run.memory["profiles"])
        run.task.warn(
            f"{titles}: new instances are still made from {due[0].name}; set repoint_autoscale to change that"
        )


def _details(run: Any, target: Target) -> Sequence[str]:
    new = run.option("replacement")
    if run.option("repoint_autoscale"):
        return [f"{found.title}: new instances are made from {new}; it does not scale meanwhile"
                for found in run.memory["profiles"]]  # fmt: skip
    return [f"{found.title}: stays with {target.name}" for found in run.memory["profiles"]]


def _act(run: Any, target: Target) -> None:
    """Every step is looked at before it is taken, so a run that was cut off goes on where it ended."""
    old = target.facts
    new = image(run, run.option("replacement")) or _register(run, target)
    missing = [zone for zone in zone_ids(old) if zone not in zone_ids(new)]
    if missing:
        _await_ready(run, target, old, some=True)
        source = next(copy["zoneid"] for copy in _new(run)["_copies"] if copy.get("isready"))
        params = {"id": new["id"], "sourcezoneid": source, "destzoneids": missing}
        run.change("copyTemplate", params, f"template {new['name']}")
    _await_ready(run, target, old)
    for params in lacking(run, old, new):
        run.change("updateTemplatePermissions", {"id": new["id"], **params}, f"template {new['name']}")
    if lacking(run, old, _new(run)):
        raise ApiError(
            f"the server reported success, but not all who may use {old['name']} may use {new['name']}",
            obj=target.title,
            remedy="the old template stays visible; look at the server's events, then run again",
        )
    if run.option("repoint_autoscale"):
        _repoint(run, old)
    for params in shown(run, old):
        run.change("updateTemplatePermissions", {"id": old["id"], **params}, target.title)
    if run.option("remove") and run.rules.confirm == target.name and not _users(run, old):
        run.change("deleteTemplate", {"id": old["id"]}, target.title)


def _repoint(run: Any, old: Row) -> None:
    """Groups that scale are without it for as short as can be: one profile after the other."""
    repointing = Repointing(run, old["id"])
    repointing.enable_again()
    for profile in profiles(run, old["id"]):
        try:
            repointing.repoint(profile, _new(run))
        except (ApiError, JobFailed):
            # A refusal. Where the outcome is unknown a job may still be under way; the next try awaits it.
            repointing.enable_again()
            raise
        repointing.enable_again()


def _new(run: Any) -> Row:
    found = image(run, run.option("replacement"))
    if found is None:
        raise ApiError(
            f"template {run.option('replacement')} was registered and is not there",
            remedy="look at the server's events",
        )
    return found


def _register(run: Any, target: Target) -> Row:
    old, name = target.facts, run.option("replacement")
    params = {field: old[field] for field in _ADOPTED if old.get(field) is not None}
    params.update(flat_map("details", old.get("details") or {}))
    params.update(name=name, displaytext=run.option("display_text") or name, url=run.option("url"))
    if run.option("checksum"):
        params["checksum"] = run.option("checksum")
    if old.get("projectid"):
        # Who may use it can only be said now.
        params.update({flag: True for flag in FLAGS if old.get(flag)}, projectid=old["projectid"])
    else:
        params.update(account=old.get("account"), domainid=old.get("domainid"))
    params.update({"zoneid": "-1"} if old.get("crossZones") else {"zoneids": zone_ids(old)})
    if old.get("userdataid") or old.get("tags"):
        run.task.warn(f"template {name}: tags and linked user data of {old['name']} are not taken over")
    run.change("registerTemplate", params, f"template {name}")
    return _new(run)


def _await_ready(run: Any, target: Target, old: Row, *, some: bool = False) -> None:
    """Until the new template is ready in every zone of the old one, or in one of them. A failed download is an end."""

    def look() -> bool | str:
        new = _new(run)
        failed = [text for text in map(failure_of, new["_copies"]) if text]
        if failed:
            raise ApiError(
                f"template {new['name']} could not be fetched; {old['name']} stays as it is",
                obj=target.title,
                server_text=failed[0],
                remedy="check url and checksum, remove the failed template, then run again",
            )
        ready = {copy["zoneid"] for copy in new["_copies"] if copy.get("isready")}
        wanted = set(zone_ids(old))
        if (some and ready) or wanted <= ready:
            return True
        return f"{new['name']}; zones without it: {len(wanted - ready)}"

    run.wait_for(target, "the new template", look)


def _verify(run: Any, target: Target) -> None:
    def look() -> bool | str:
        old = image(run, target.id)
        if old is None:
            return True
        new = _new(run)
        if lacking(run, target.facts, new):
            return f"{new['name']} to be usable by all who could use {target.name}"
        if shown(run, old):
            return f"{target.name} to be hidden"
        return "autoscale groups to scale again" if _to_repoint(run, old) or _is_cut_off(run, old) else True

    run.wait_for(target, "the replacement", look)


def _confirm(run: Any, due: Sequence[Target]) -> str:
    """Removal loses the image. It is part of the work only where nothing uses the old template."""
    return due[0].name if run.option("remove") and due and not _users(run, due[0].facts) else ""


TEMPLATE_REPLACEMENT = Procedure(
    name="template_replacement",
    noun="template",
    summary="Replace a template by a newer one",
    description=(
        "A new template takes the place of an old one, whose image cannot be changed.",
        "When it is ready in every zone of the old one, it gets the same visibility and the same shares.",
        "Only then the old one is hidden. With O(remove) it is deleted once nobody uses it.",
    ),
    notes=(
        "Instances made from the old template go on; M(cloudstack.ops.instance_restore) gives them the new one.",
        "Instances can no longer be reinstalled from a template that is removed.",
        "A download that fails leaves the old template as it is.",
        "Autoscale groups make instances from the template of their profile; the plan lists those of the old one.",
        "A group whose profile is changed is disabled meanwhile, and has a remark that admins see.",
        "By that the next run enables it if this one is cut off.",
    ),
    options=(
        Option("name", required=True, behaviour=True, help="Name or id of the old template."),
        Option("replacement", required=True, behaviour=True, help="Name of the new template."),
        Option(
            "url", behaviour=True,
            help="Address of the new image; where O(replacement) is not there yet, it is registered like the old one.",
        ),
        Option("checksum", behaviour=True, help="Checksum of the new image, V({SHA-256}...) for example."),
        Option("display_text", behaviour=True, help="What users see of a newly registered template."),
        Option(
            "remove", "bool", default=False, behaviour=True,
            help="Delete the old template if no instance and no autoscale profile uses it. Needs O(confirm) with its "
            "name then.",
        ),
        Option(
            "repoint_autoscale", "bool", default=False, behaviour=True,
            help="Give the new template to the profiles of autoscale groups. Else they stay with the old one, with a "
            "warning.",
        ),
        Option(
            "step_timeout", "int", default=7200, behaviour=True, unit="seconds",
            help="Longest time in which the new template must be ready and the swap done.",
        ),
    ),
    sequence=(
        Stage(CHECK, "Find both templates; refuse another hypervisor, format or architecture", each=False),
        Stage(ACT, "Register the new one like the old one, or copy it to zones that lack it"),
        Stage(VERIFY, "Wait until it is ready in every zone of the old one; a failed download ends here"),
        Stage(ACT, "Let all use the new one who may use the old one"),
        Stage(ACT, "If asked: give it to autoscale profiles, whose groups are disabled meanwhile"),
        Stage(ACT, "Hide the old one"),
        Stage(VERIFY, "See that nobody lost the new one, and that the old one is hidden"),
        Stage(ACT, "If asked and typed: remove the old one where nobody uses it"),
    ),
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    plan_details=_details,
    sends=SENT_BY_REPLACEMENT,
    commands=AUTOSCALE_COMMANDS,
    act=_act,
    verify=_verify,
    confirm=_confirm,
)  # fmt: skip
