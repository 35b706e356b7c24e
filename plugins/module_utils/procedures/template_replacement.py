# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replacement of a template (H4): the new one takes over who may use it, then the old one is hidden, then removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, LEFT, VERIFY, Procedure, Stage, Standing, Target
from ..client import Ambiguous, ApiError, InvalidInput, NotFound
from ..client.maps import flat_map
from ..model import Option, Row
from ..reconcile.view import looks_like_id
from .downloads import failure_of

_FLAGS = ("ispublic", "isfeatured", "isextractable")
_HIDING = ("ispublic", "isfeatured")
"""What the old template loses. Downloads of it stay allowed: whoever may still use it may need them."""
_ADOPTED = (
    "format", "hypervisor", "ostypeid", "passwordenabled", "sshkeyenabled", "requireshvm", "isdynamicallyscalable",
    "arch", "templatetag", "deployasis", "bits", "directdownload",
)  # fmt: skip
"""What a new registration takes over from the old template: listed and registered under the same names."""


def _image(run: Any, name: str) -> Row | None:
    """The one template of a name or id, with its copies in all zones; ready where all of them are."""
    listed = run.client.list("listTemplates", {"templatefilter": "all", "listall": True, "name": name})
    listed = [row for row in listed if row["name"] == name]
    if not listed and looks_like_id(name):
        listed = run.client.list("listTemplates", {"templatefilter": "all", "listall": True, "id": name})
    ids = sorted({row["id"] for row in listed})
    if len(ids) > 1:
        raise Ambiguous(
            f"there are {len(ids)} templates {name}: {', '.join(ids)}",
            obj=f"template {name}",
            remedy="give the id of the one that is meant",
        )
    ready = all(row.get("isready") for row in listed)
    return {**listed[0], "_copies": listed, "isready": ready} if listed else None


def _targets(run: Any) -> Sequence[Target]:
    name, successor = str(run.option("name")), str(run.option("replacement"))
    if name == successor:
        raise InvalidInput(
            "a template cannot replace itself", option="replacement", remedy="give another name, such as debian-12-v2"
        )
    old, new = _image(run, name), _image(run, successor)
    if old is None:
        if new is None:
            raise NotFound(f"there is no template {name}", obj=f"template {name}", remedy="check name")
        return []
    _check_pair(old, new)
    if new is None and not run.option("url"):
        raise InvalidInput(
            f"there is no template {successor} yet",
            option="replacement",
            obj=f"template {name}",
            remedy="give url, so that it is registered like the old one, or register it with the module template first",
        )
    return [Target(id=old["id"], name=old["name"], kind="template", facts=old)]


def _check_pair(old: Row, new: Row | None) -> None:
    if old.get("templatetype") != "USER":
        raise InvalidInput(
            f"template {old['name']} is of type {old.get('templatetype')}",
            option="name",
            obj=f"template {old['name']}",
            remedy="templates of system VMs are changed by system_vm_template_replacement"
            if old.get("templatetype") == "SYSTEM"
            else "name one of type USER; others belong to the server",
        )
    for field in ("hypervisor", "format", "arch"):
        if new and new.get(field) and old.get(field) and new[field] != old[field]:
            raise InvalidInput(
                f"template {new['name']} has {field} {new[field]}, {old['name']} has {old[field]}",
                option="replacement",
                obj=f"template {old['name']}",
                remedy="a replacement runs where the old one does; register it for the same",
            )


def _standing(run: Any, target: Target) -> Standing:
    old, new = _image(run, target.id), _image(run, run.option("replacement"))
    if old is None:
        return Standing(DONE)
    if new is None:
        return Standing(DUE, f"{run.option('replacement')} is to be registered")
    missing = [zone for zone in _zone_ids(old) if zone not in _zone_ids(new)]
    if missing:
        return Standing(DUE, f"zones without {new['name']}: {len(missing)}")
    if not new["isready"]:
        return Standing(DUE, f"{new['name']} is not ready in all zones")
    if _lacking(run, old, new) or _shown(run, old):
        return Standing(DUE, "the replacement takes over who may use it")
    if not run.option("remove"):
        return Standing(DONE)
    users = _users(run, old)
    if users:
        return Standing(LEFT, f"replaced; {len(users)} instances still use it ({', '.join(users[:5])})")
    return Standing(DUE, "no instance uses it any more, so it is removed")


def _zone_ids(row: Row) -> list[str]:
    return [copy["zoneid"] for copy in row["_copies"] if copy.get("zoneid")]


def _shares(run: Any, row: Row) -> dict[str, set[str]]:
    """Accounts and projects that were let in; the owner stands among the accounts, though nobody let them in."""
    told = run.client.call("listTemplatePermissions", {"id": row["id"]}).get("templatepermission") or {}
    accounts = {name for name in told.get("account") or () if name != row.get("account")}
    return {"accounts": accounts, "projectids": set(told.get("projectids") or ())}


def _lacking(run: Any, old: Row, new: Row) -> list[dict[str, Any]]:
    """Changes by which the new template may be used by everybody who may use the old one; none is ever taken away."""
    flags = {flag: True for flag in _FLAGS if old.get(flag) and not new.get(flag)}
    have, want = _shares(run, new), _shares(run, old)
    calls: list[dict[str, Any]] = [flags] if flags else []
    for kind in ("accounts", "projectids"):
        if want[kind] - have[kind]:
            calls.append({"op": "add", kind: sorted(want[kind] - have[kind])})
    return calls


def _shown(run: Any, old: Row) -> list[dict[str, Any]]:
    """Changes by which the old template is offered to nobody but its owner."""
    flags = {flag: False for flag in _HIDING if old.get(flag)}
    calls: list[dict[str, Any]] = [flags] if flags else []
    calls += [{"op": "remove", kind: sorted(names)} for kind, names in _shares(run, old).items() if names]
    return calls


def _users(run: Any, old: Row) -> list[str]:
    """Instances of accounts and, which a list leaves out unless asked, of projects."""
    question = {"templateid": old["id"], "listall": True}
    rows = [
        *run.client.list("listVirtualMachines", question),
        *run.client.list("listVirtualMachines", {**question, "projectid": "-1"}),
    ]
    return sorted({row["name"] for row in rows})


def _act(run: Any, target: Target) -> None:
    """Every step is looked at before it is taken, so a run that was cut off goes on where it ended."""
    old = target.facts
    new = _image(run, run.option("replacement")) or _register(run, target)
    missing = [zone for zone in _zone_ids(old) if zone not in _zone_ids(new)]
    if missing:
        _await_ready(run, target, old, some=True)
        source = next(copy["zoneid"] for copy in _new(run)["_copies"] if copy.get("isready"))
        params = {"id": new["id"], "sourcezoneid": source, "destzoneids": missing}
        run.change("copyTemplate", params, f"template {new['name']}")
    _await_ready(run, target, old)
    for params in _lacking(run, old, new):
        run.change("updateTemplatePermissions", {"id": new["id"], **params}, f"template {new['name']}")
    if _lacking(run, old, _new(run)):
        raise ApiError(
            f"the server reported success, but not all who may use {old['name']} may use {new['name']}",
            obj=target.title,
            remedy="the old template stays visible; look at the server's events, then run again",
        )
    for params in _shown(run, old):
        run.change("updateTemplatePermissions", {"id": old["id"], **params}, target.title)
    if run.option("remove") and run.rules.confirm == target.name and not _users(run, old):
        run.change("deleteTemplate", {"id": old["id"]}, target.title)


def _new(run: Any) -> Row:
    found = _image(run, run.option("replacement"))
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
        params["projectid"] = old["projectid"]
    else:
        params.update(account=old.get("account"), domainid=old.get("domainid"))
    params.update({"zoneid": "-1"} if old.get("crossZones") else {"zoneids": _zone_ids(old)})
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
        wanted = set(_zone_ids(old))
        if (some and ready) or wanted <= ready:
            return True
        return f"{new['name']}; zones without it: {len(wanted - ready)}"

    run.wait_for(target, "the new template", look)


def _verify(run: Any, target: Target) -> None:
    def look() -> bool | str:
        old = _image(run, target.id)
        if old is None:
            return True
        new = _new(run)
        if _lacking(run, target.facts, new):
            return f"{new['name']} to be usable by all who could use {target.name}"
        return f"{target.name} to be hidden" if _shown(run, old) else True

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
        "Only then the old one is hidden. With O(remove) it is deleted once no instance uses it.",
    ),
    notes=(
        "Instances made from the old template go on; M(cloudstack.ops.instance_restore) gives them the new one.",
        "Instances can no longer be reinstalled from a template that is removed.",
        "A download that fails leaves the old template as it is.",
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
            help="Delete the old template if no instance uses it. Needs O(confirm) with its name then.",
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
        Stage(ACT, "Let all use the new one who may use the old one, then hide the old one"),
        Stage(VERIFY, "See that nobody lost the new one, and that the old one is hidden"),
        Stage(ACT, "If asked and typed: remove the old one where no instance uses it"),
    ),
    targets=_targets,
    standing=_standing,
    act=_act,
    verify=_verify,
    confirm=_confirm,
)  # fmt: skip
