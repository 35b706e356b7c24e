"""The pictures of procedures: every procedure has one, and it says what the record says."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.campaign import ACT, CHECK, VERIFY, Procedure, Stage
from ansible_collections.cloudstack.ops.plugins.module_utils.resources.procedures import PROCEDURES

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from pictures import picture, wrapped

SVG = "{http://www.w3.org/2000/svg}"


def drawn(procedure: Procedure) -> ET.Element:
    return ET.fromstring(picture(procedure, "a test"))


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.name)
def test_a_procedure_checks_before_it_acts_and_proves_afterwards(procedure: Procedure) -> None:
    kinds = [stage.kind for stage in procedure.sequence]
    assert CHECK in kinds[: kinds.index(ACT)]
    assert VERIFY in kinds[kinds.index(ACT) :]
    assert not [stage.text for stage in procedure.sequence if stage.text.endswith(".") or "\n" in stage.text]


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.name)
def test_a_picture_shows_every_stage_with_its_kind_in_order(procedure: Procedure) -> None:
    seen = []
    for group in drawn(procedure).iter(f"{SVG}g"):
        kind, *lines = (text.text for text in group.iter(f"{SVG}text"))
        seen.append((kind, " ".join(lines)))
    words = {CHECK: "CHECK", ACT: "ACT", VERIFY: "VERIFY"}
    assert seen == [(words[stage.kind], stage.text) for stage in procedure.sequence]


def made(*stages: Stage) -> ET.Element:
    return drawn(
        Procedure("p", "Do < & >", "thing", targets=list, standing=list, act=list, verify=list, sequence=stages)
    )


def test_only_what_is_done_for_each_target_stands_in_a_frame() -> None:
    picture = made(
        Stage(CHECK, "Look", each=False), Stage(ACT, "Do"), Stage(VERIFY, "See"), Stage(VERIFY, "Sum up", each=False)
    )
    [frame] = (rect for rect in picture.iter(f"{SVG}rect") if rect.get("class") == "frame")
    top, height = float(frame.get("y", "")), float(frame.get("height", ""))
    inside = {group[-1].text for group in picture.iter(f"{SVG}g") if top < float(group[-1].get("y", "")) < top + height}
    assert inside == {"Do", "See"}


def test_a_picture_can_be_heard_and_tells_names_as_they_are() -> None:
    picture = made(Stage(CHECK, "Look", each=False), Stage(ACT, "Do"))
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "title desc"
    assert picture.findtext(f"{SVG}desc", "").startswith("Do < & >. 1. Check: Look. 2. Act, for each thing: Do.")


def test_long_texts_are_cut_between_words_into_lines_of_nearly_one_length() -> None:
    text = "Wait until every secondary storage VM runs and its agent is connected again"
    lines = wrapped(text)
    assert " ".join(lines) == text
    assert len(lines) == 2
    assert max(map(len, lines)) - min(map(len, lines)) < 12
