"""The carried contract is what a real server says of itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from contract import CONTRACT, compact, described, written

SHARED = Path(__file__).resolve().parents[3] / "shared"
RECORDING = SHARED / "cloudstack" / "recordings" / "capabilities.jsonl"


def recorded_api():
    if not RECORDING.is_file():
        pytest.skip(f"{RECORDING.name} is not here: recordings are kept beside the project")
    for line in RECORDING.read_text().splitlines():
        exchange = json.loads(line)
        if exchange.get("command") == "listApis" and exchange["params"]:
            return exchange["body"]["listapisresponse"]["api"]
    raise AssertionError("no answer of listApis is recorded")


def test_a_recorded_answer_gives_the_carried_facts():
    made = compact("4.22.0.0-SNAPSHOT", described(recorded_api()))
    carried = json.loads(CONTRACT.read_text())
    assert made["version"] == carried["version"]
    assert made["commands"] == {"listZones": carried["commands"]["listZones"]}


def test_the_file_is_as_it_would_be_written():
    carried = json.loads(CONTRACT.read_text())
    assert written(compact(carried["version"], carried["commands"])) == CONTRACT.read_text()
