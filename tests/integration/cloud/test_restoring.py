"""Every kind changed and taken back: the restoring document brings back all that is not told to be lost beforehand."""

from __future__ import annotations

from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES
from ansible_collections.cloudstack.ops.tests.support.story import STORY, prepare
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud

PARTS = [part for part in STORY if part.module in RESOURCES and part.module != "system_vm_template"]
"""Of a system VM template nothing changes, and it needs secondary storage that works."""


def document(which: str, left_out: tuple[str, ...] = ()) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for part in PARTS:
        if part.module not in left_out:
            whole.setdefault(RESOURCES[part.module].document_key, []).append(dict(getattr(part, which)))
    return whole


def lost_options(sentences: list[str]) -> set[tuple[str, str]]:
    """Object and option of each sentence about what may not come back."""
    return {(title, told.split()[0]) for title, told in (sentence.split(": ", 1) for sentence in sentences)}


def test_what_is_not_told_to_be_lost_comes_back():
    cloud = VirtualCloud(zone="sandbox")
    prepare(cloud.client)
    assert not cloud.run("apply", cloud=document("first")).get("failed")
    planned = cloud.run("apply", check=True, cloud=document("changed"))
    changed = cloud.run("apply", cloud=document("changed"))
    assert not changed.get("failed"), changed.get("msg")
    assert (changed["restore"], changed["not_restored"]) == (planned["restore"], planned["not_restored"])
    lost = lost_options(planned["not_restored"])
    assert {("zone told", "dns2"), ("volume told", "disk_offering"), ("account teller", "network_domain")} <= lost
    assert len(lost) < len(changed["plan"]) / 2

    restored = cloud.run("apply", cloud=changed["restore"], on_error="continue")
    refused = {entry["name"] for entry in restored["plan"] if "error" in entry}
    assert refused <= {title.split(" ", 1)[1] for title, _option in lost}, restored.get("msg")
    left = cloud.run("apply", check=True, cloud=document("first"))
    differing = {
        (f"{RESOURCES[entry['kind']].noun} {entry['name']}", change["option"])
        for entry in left["plan"]
        for change in entry["changes"]
    }
    assert differing <= lost
