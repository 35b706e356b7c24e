"""The lives of objects under the modules of ngine_io.cloudstack: made, made again, changed, taken away.

A line of `lives/*.yml` is one object: `module`, `args` of all its steps, then the steps in order. Every step runs in
check mode first, then for good, then again, and has to report "changed", "changed" and "not changed". `shows` is a part
of the result (of mappings and lists in it: a part too); `once: true` is for steps that change each time, `always: true`
for those that do so without knowing check mode, `unchanged: true` for those that never do, `fails` is a part of the
message of a refusal. In `params` of api_request `"@listZones flat"` is the id of the row of that name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

LIVES = Path(__file__).with_name("lives")


def lives(area: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(area.read_text(encoding="utf-8"))
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("area", sorted(LIVES.glob("*.yml")), ids=lambda path: path.stem)
def test_every_object_is_made_changed_and_taken_away(area: Path, modules: Any) -> None:
    wrong = [sentence for number, life in enumerate(lives(area)) for sentence in live(modules, number, life)]
    assert not wrong, "\n".join(wrong)


def live(modules: Any, number: int, life: dict[str, Any]) -> list[str]:
    """What went otherwise than expected, a sentence each."""
    wrong = []
    for position, step in enumerate(life["steps"]):
        label = f"{number}.{position} {life['module']} {step.get('args', {})}"
        args = with_ids(modules, {**life.get("args", {}), **step.get("args", {})})
        if "fails" in step:
            told = modules.run(life["module"], args)
            if not (told.get("failed") and step["fails"] in told["msg"]):
                wrong.append(f"{label}: not refused with {step['fails']!r} but {told}")
            continue
        for word, check, changed in _runs(step):
            told = modules.run(life["module"], args, check=check)
            if told.get("failed"):
                wrong.append(f"{label} ({word}): {told.get('msg')}")
            elif told.get("changed", False) != changed:
                wrong.append(f"{label} ({word}): changed is {not changed}, diff {told.get('diff')}")
            elif not check:
                wrong += [
                    f"{label} ({word}): {key} is {told.get(key)!r}, not {value!r}"
                    for key, value in step.get("shows", {}).items()
                    if not _is_part(value, told.get(key))
                ]
    return wrong


def with_ids(modules: Any, args: dict[str, Any]) -> dict[str, Any]:
    params = args.get("params")
    if not isinstance(params, dict):
        return args
    found = {key: _id(modules, value) if str(value).startswith("@") else value for key, value in params.items()}
    return {**args, "params": found}


def _id(modules: Any, text: str) -> str:
    command, _space, name = text[1:].partition(" ")
    answer = modules.run("api_request", {"command": command, "params": {"name": name}})["response"]
    return next(str(row["id"]) for rows in answer.values() if isinstance(rows, list) for row in rows)


def _is_part(wanted: Any, found: Any) -> bool:
    """Whether all that is wanted was found: keys of a mapping, entries of a list in their order."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(key in found and _is_part(value, found[key]) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(_is_part, wanted, found))
    return bool(wanted == found)


def _runs(step: dict[str, Any]) -> list[tuple[str, bool, bool]]:
    """(word for it, check mode, whether it changes) of the runs that a step is."""
    if step.get("unchanged"):
        return [("again", False, False)]
    if step.get("always"):
        return [("done", False, True)]
    runs = [("check mode", True, True), ("done", False, True), ("again", False, False)]
    return runs[:2] if step.get("once") else runs
