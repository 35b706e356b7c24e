"""Each module's create, update and delete with a fault at each of its changing calls: nothing is made twice or lost."""

from __future__ import annotations

from functools import cache

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.story import STORY, Part, prepare, removal
from ansible_collections.cloudstack.ops.tests.support.virtual import FAULTS, Fault, Killed, VirtualCloud, census

DEEDS = ("create", "change", "remove")
FIXED_SHARE = 17
"""Every test but each seventeenth is left to the exhaustive run."""


def told_until(number: int, deed: str) -> VirtualCloud:
    """A cloud in which the story has come to the moment before a deed of its part ``number``."""
    cloud = VirtualCloud(zone="sandbox")
    prepare(cloud.client)
    for part in STORY if deed == "remove" else STORY[:number]:
        cloud.run(part.module, **part.first)
    if deed == "change":
        cloud.run(STORY[number].module, **STORY[number].first)
    if deed == "remove":
        for part in reversed(STORY[number + 1 :]):
            if part.remove is not None:
                cloud.run(part.module, **removal(part))
    return cloud


def wish(part: Part, deed: str) -> dict:
    return {"create": part.first, "change": part.changed, "remove": removal(part)}[deed]


@cache
def undisturbed(number: int, deed: str):
    """What the deed leaves behind: objects by table and name; and how many changing calls it takes."""
    cloud = told_until(number, deed)
    cloud.run(STORY[number].module, **wish(STORY[number], deed))
    return census(cloud.sim), cloud.changes


def told() -> list:
    deeds = [
        (number, deed, kind)
        for number, part in enumerate(STORY)
        for deed in DEEDS
        if (deed == "create" or (deed == "change" and part.change) or (deed == "remove" and part.remove is not None))
        for kind in FAULTS
    ]
    return [
        pytest.param(
            number,
            deed,
            kind,
            id=f"{STORY[number].module}{number}-{deed}-{kind}",
            marks=[pytest.mark.exhaustive] if place % FIXED_SHARE else [],
        )
        for place, (number, deed, kind) in enumerate(deeds)
    ]


@pytest.mark.parametrize(("number", "deed", "kind"), told())
def test_fault(number, deed, kind):
    part = STORY[number]
    options = wish(part, deed)
    objects, changes = undisturbed(number, deed)
    assert changes
    for at in range(changes):
        cloud = told_until(number, deed)
        fault = Fault(kind, at, is_changing)
        try:
            cloud.run(part.module, fault=fault, **options)
        except Killed:
            pass
        except CloudStackError as error:
            told = error.as_dict()
            assert told["command"]
            assert told.get("remedy") or told.get("server_text")
        assert fault.hit
        # What the server had begun for a run that is gone ends before somebody starts the next.
        cloud.sim.settle()
        cloud.run(part.module, **options)
        again = cloud.run(part.module, **options)
        assert (again["changed"], cloud.changes) == (False, 0)
        assert census(cloud.sim) == objects
