"""The profiles of settings name settings that the recorded server has, with values of their types."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted((ROOT / "playbooks/vars/settings").glob("*.yml"))
FACTS = ROOT / "simulator/cloudstack_simulator/facts"
KNOWN = {row["name"]: row for row in json.loads((FACTS / "settings.json").read_text())}
SCOPES = json.loads((FACTS / "setting_scopes.json").read_text())


def entries(path: Path) -> list[dict[str, Any]]:
    document = yaml.safe_load(path.read_text())
    assert (list(document), list(document["cloud_document"])) == (["cloud_document"], ["settings"])
    return document["cloud_document"]["settings"]


def fits(value: str, kind: str) -> bool:
    if not value:
        return kind in ("String", "CSV")
    if kind == "Boolean":
        return value in ("true", "false")
    if kind in ("Number", "Decimal", "Range"):
        return value.replace(".", "", kind != "Number").isdigit()
    return True


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_profile_is_a_document_of_settings_that_the_server_has(path: Path) -> None:
    wrong = []
    for entry in entries(path):
        name, scopes = entry["name"], set(entry) - {"name", "value"}
        if name not in KNOWN:
            wrong.append(f"{name} is not there")
        elif not isinstance(entry["value"], str) or not fits(entry["value"], KNOWN[name]["type"]):
            wrong.append(f"{name}: {entry['value']!r} is no {KNOWN[name]['type']}")
        elif any(name not in SCOPES.get(scope.replace("_", ""), ()) for scope in scopes):
            wrong.append(f"{name} has not the scopes {scopes}")
        elif name.endswith("timezone") and entry["value"] not in available_timezones():
            wrong.append(f"{name}: {entry['value']!r} is no time zone")
        elif KNOWN[name]["category"] in ("Secure", "Hidden"):
            wrong.append(f"{name} is a secret")
    assert wrong == []


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_scopes_that_comments_speak_of_exist(path: Path) -> None:
    """``Add zone: NAME`` above an entry, or above all of them, is true for the entry, or for one of them."""
    lines = path.read_text().splitlines()
    names = [entry["name"] for entry in entries(path)]
    for number, line in enumerate(lines):
        for scope in ("zone", "cluster"):
            if f"Add {scope}: NAME" in line:
                following = next((text for text in lines[number:] if "name: " in text), "")
                meant = (
                    names
                    if number < lines.index("cloud_document:")
                    else [n for n in names if f"name: {n}," in following]
                )
                assert set(meant) & set(SCOPES[scope]), (line, meant)


def test_the_guide_tells_of_each_profile_what_needs_a_restart() -> None:
    guide = (ROOT / "docs/docsite/rst/settings.rst").read_text()
    rows = re.findall(r"^   \* - ``(\w+)``\n     - .+\n     - ((?:.+\n)+?)(?=   \* |\n)", guide, re.MULTILINE)
    told = {name: set(re.findall(r"``([^`]+)``", cell)) for name, cell in rows}
    assert told == {
        path.stem: {entry["name"] for entry in entries(path) if not KNOWN[entry["name"]]["isdynamic"]}
        for path in PROFILES
    }


def test_nothing_is_said_twice() -> None:
    names = [entry["name"] for path in PROFILES for entry in entries(path)]
    assert len(names) == len(set(names)) > 40
