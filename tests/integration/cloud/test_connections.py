"""An inventory of several clouds: each playbook asks the cloud that the variables of its host name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.playing import environment
from cloudstack_simulator.running import RunningSimulator


def keys_of(cloud: RunningSimulator) -> dict[str, str]:
    return {"api_url": cloud.endpoint, "api_key": "{{ vault_key }}", "api_secret": cloud.secret}


def test_each_cloud_is_exported_from_its_own_server(sandbox: RunningSimulator, empty: RunningSimulator, tmp_path: Path):
    hosts = {"full": {"cloud_connection": keys_of(sandbox)}, "new": {"cloud_connection": keys_of(empty)}}
    hosts["full"]["vault_key"], hosts["new"]["vault_key"] = sandbox.key, empty.key
    inventory = {
        "clouds": {
            "hosts": hosts,
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        }
    }
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory))
    env = {name: value for name, value in environment(sandbox, tmp_path).items() if not name.startswith("CLOUDSTACK_")}
    del env["ANSIBLE_CALLBACKS_ENABLED"]
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [str(program), str(ROOT / "playbooks/export.yml"), "-i", str(tmp_path / "hosts.yml")],
        env=env, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    documents = {name: yaml.safe_load((tmp_path / f"host_vars/{name}/cloud.yml").read_text()) for name in hosts}
    assert [zone["name"] for zone in documents["full"]["cloud_document"]["zones"]] == ["Sandbox-simulator"]
    assert "zones" not in documents["new"]["cloud_document"]
