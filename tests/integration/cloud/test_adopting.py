"""The guide of adoption from its first line to its last: a cloud grown by hand, its examples as they stand there."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ansible_collections.cloudstack.ops.scripts.doc_examples import examples
from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.playing import TIME_LIMIT, environment
from cloudstack_simulator.running import RunningSimulator

GUIDE = [example for example in examples() if example.file == "docs/docsite/rst/adopt.rst"]
SCHEMA = json.loads((ROOT / "docs/schema/cloud.schema.json").read_text())
Run = Callable[..., subprocess.CompletedProcess[str]]


def one(language: str, word: str) -> str:
    (found,) = [example.text for example in GUIDE if example.language == language and word in example.text]
    return found


def data(word: str) -> Any:
    return yaml.safe_load(one("yaml", word))


def merged(document: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {**document, **{key: [*document.get(key, []), *entries] for key, entries in more.items()}}


@pytest.fixture
def run(sandbox: RunningSimulator, tmp_path: Path) -> Run:
    """A command of the guide, in the folder of the inventory's repository."""
    inventory = tmp_path / "inventories/production/hosts.yml"
    inventory.parent.mkdir(parents=True)
    inventory.write_text(one("yaml", "clouds:"))
    (tmp_path / "none.cfg").touch()

    env = environment(sandbox, tmp_path)
    del env["ANSIBLE_CALLBACKS_ENABLED"]

    def command(line: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        program, *arguments = shlex.split(line)
        words = [str(Path(sys.executable).with_name(program)), *arguments]
        done = subprocess.run(
            words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return command


def test_adoption(sandbox: RunningSimulator, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "inventories/production/host_vars/frankfurt/cloud.yml"
    jobs = {name: job["script"][0] for name, job in data("drift_report").items()}

    # Export and proof.
    assert "changed=1" in run(one("bash", "-i inventories/production\n").splitlines()[0]).stdout
    exported = file.read_text()
    file.with_name("vault.yml").write_text(one("yaml", "vault_host_password"))
    assert "changed=0" in run(one("bash", "--check --diff")).stdout

    # The editor: the schema takes the file, and the language server finds it.
    run(one("bash", "export_schema"))
    (named,) = [line for line in file.read_text().splitlines() if "$schema=" in line]
    shutil.copy(ROOT / "docs/schema/cloud.schema.json", tmp_path)
    assert (file.parent / named.split("=")[1]).resolve() == tmp_path / "cloud.schema.json"
    jsonschema.validate(yaml.safe_load(file.read_text()), SCHEMA)
    assert yaml.safe_load(file.read_text()) == yaml.safe_load(exported)

    # Drift in CI: nobody did anything, then somebody did.
    assert sandbox.counters["changes"] == 0
    run(jobs["drift"])
    document = yaml.safe_load(exported)["cloud_document"]
    zone = sandbox.sim.call("listZones")[1]["listzonesresponse"]["zone"][0]
    sandbox.sim.call("updateZone", id=zone["id"], dns1="192.0.2.99")
    told = run(jobs["drift"], code=2).stdout
    assert f'dns1 is "192.0.2.99", wanted "{document["zones"][0]["dns1"]}", last touched: ZONE.EDIT by admin' in told
    assert "ZONE.EDIT by admin" in (tmp_path / "drift.html").read_text()

    # A change by pull request, with the undoing of the change by hand.
    change = data("archive 1 TB")["cloud_document"]
    file.write_text(yaml.safe_dump({"cloud_document": merged(document, change)}))
    sandbox.reset_counters()
    run(jobs["plan"])
    assert sandbox.counters["changes"] == 0
    assert "archive 1 TB" in (tmp_path / "plan.html").read_text()
    run(jobs["apply"])
    assert sandbox.counters["changing"] == {"createDiskOffering": 1, "updateZone": 1}
    run(jobs["drift"])

    # Removal of what nobody wrote down, and the way back.
    file.write_text(yaml.safe_dump({"cloud_document": document, **data("cloud_prune:")}))
    assert "disk offering archive 1 TB (disk_offerings: no entry): is there" in run(jobs["drift"], code=2).stdout
    sandbox.reset_counters()
    run(jobs["apply"])
    assert sandbox.counters["changing"] == {"deleteDiskOffering": 1}
    run(one("bash", "files=restore.yml"))
    zone = sandbox.sim.call("listZones")[1]["listzonesresponse"]["zone"][0]
    assert zone["dns1"] == "192.0.2.99"
