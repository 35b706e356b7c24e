"""The role around work on machines: host after host, taken up again where a run was cut off."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.cloudstack.ops.tests.support.disabled import in_shadow
from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.playing import play
from tests.integration.procedures.hosts_cloud import PlayedHostsCloud

WORK = """\
- name: Work on the machine
  ansible.builtin.copy:
    content: done
    dest: "{{ work_folder }}/{{ inventory_hostname }}"
    mode: "0600"
"""


@pytest.fixture
def cloud() -> Iterator[PlayedHostsCloud]:
    found = PlayedHostsCloud(20)
    yield found
    found.close()


def test_hosts_are_maintained_and_reinstalled_with_work_between(cloud, tmp_path: Path):
    """One run that maintains h1 and h2 in turn, leaves h3 in peace, reinstalls h4 elsewhere, and empties h3."""
    address = "172.16.1.200"
    (tmp_path / "work.yml").write_text(WORK)
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    old = cloud.host("h4")
    (tmp_path / "machines.yml").write_text(yaml.safe_dump({"hypervisors": {"hosts": {
        name: {**local, "host_lifecycle_due": name != "h3"} for name in ("h1", "h2", "h3")
    }}, "new": {"hosts": {"h4": {**local, "host_lifecycle_host": {
        "url": f"http://{address}", "pod": old["podname"], "cluster": old["clustername"], "zone": old["zonename"],
        "username": "root", "password": "of-the-host", "hypervisor": "KVM",
    }}}}}))  # fmt: skip
    maintain = {"import_playbook": str(in_shadow(ROOT / "playbooks/host_rolling_maintenance.yml"))}
    renew = {"import_playbook": str(in_shadow(ROOT / "playbooks/host_reinstall.yml")),
             "vars": {"host_lifecycle_group": "new", "host_lifecycle_readdress": True}}  # fmt: skip
    alone = {"import_playbook": str(in_shadow(ROOT / "playbooks/host_maintenance.yml")),
             "vars": {"host_maintenance_names": ["h3"]}}  # fmt: skip
    (tmp_path / "book.yml").write_text(yaml.safe_dump([maintain, renew, alone]))
    given = {
        "gather_facts": False, "tasks": str(tmp_path / "work.yml"),
        "return_instances": True, "agent_service": "", "domains_command": ["true"],
    }  # fmt: skip
    variables = {f"host_lifecycle_{name}": value for name, value in given.items()}
    before = {name: cloud.machines(name) for name in ("h1", "h2", "h3")}
    # An earlier run was cut off when it had emptied h1.
    cloud.run("host_maintenance", names=["h1"])

    done = play(
        cloud.running, tmp_path, tmp_path / "book.yml", "-i", str(tmp_path / "machines.yml"),
        variables={**variables, "work_folder": str(tmp_path)},
    ).succeeded()  # fmt: skip

    assert {name for name in ("h1", "h2", "h3", "h4") if (tmp_path / name).exists()} == {"h1", "h2", "h4"}
    assert {cloud.state(name) for name in ("h1", "h2", "h4")} == {("Up", "Enabled")}
    assert cloud.state("h3") == ("Up", "Maintenance")
    assert before["h1"] | before["h2"] <= cloud.machines("h1") | cloud.machines("h2")
    assert not [task for task in done.tasks if task.result.get("not_running")]
    new = cloud.host("h4")
    assert (new["ipaddress"], new["id"] != old["id"]) == (address, True)
    assert not [task for task in done.tasks if task.action.endswith("host_removal") and task.outcome != "ok"]
    assert "of-the-host" not in done.stdout + done.stderr
