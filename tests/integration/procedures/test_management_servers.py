"""Management servers taken out one at a time, restarted, and back at work."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.disabled import in_shadow
from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.playing import play
from tests.integration.procedures.hosts_cloud import HostsCloud, PlayedHostsCloud

SETTING = "secstorage.service.offering"


@pytest.fixture
def cloud() -> HostsCloud:
    return HostsCloud(vms=0, routers=0, servers=3)


def maintain(cloud, *names, **options):
    return cloud.run("management_server_maintenance", names=list(names), **options)


def states(cloud):
    return {row["name"]: row["state"] for row in cloud.client.list("listManagementServers")}


def restart(cloud, name):
    with cloud.fault(do="servers-down", where=name):
        assert states(cloud)[name] == "Down"


def test_a_server_is_drained_restarted_and_back_with_its_agents(cloud):
    before = maintain(cloud, "management-2", check=True)
    assert (before["changed"], cloud.changes, before["servers"]["management-2"]["agents"]) == (True, 0, 1)
    done = maintain(cloud, "management-2")
    assert (done["counts"], done["servers"]["management-2"]["agents"]) == ({"done": 1}, 0)
    assert states(cloud) == {"localhost": "Up", "management-2": "Maintenance", "management-3": "Up"}
    assert (maintain(cloud, "management-2")["changed"], cloud.changes) == (False, 0)
    restart(cloud, "management-2")
    back = maintain(cloud, "management-2", state="up")
    assert (back["counts"], back["servers"]["management-2"]["agents"]) == ({"done": 1}, 1)
    assert back["servers"]["management-2"]["last_start"] > before["servers"]["management-2"]["last_start"]
    assert (maintain(cloud, "management-2", state="up")["changed"], cloud.changes) == (False, 0)


def test_an_agent_that_finds_no_server_again_is_a_failure(cloud):
    (agent,) = cloud.client.list("listManagementServers", {"name": "management-2"})[0]["agents"]
    host = next(row["name"] for row in cloud.client.list("listHosts") if row["id"] == agent)
    maintain(cloud, "management-2")
    restart(cloud, "management-2")
    with cloud.fault(do="agents-down", where=host):
        cloud.client.clock.sleep(200)
        failed = maintain(cloud, "management-2", state="up", retries=0, step_timeout=20)
    assert failed["failed"]
    assert f"the agents of {host}" in failed["msg"]


def test_one_server_stays_up(cloud):
    with pytest.raises(InvalidInput, match="one server has to stay up"):
        maintain(cloud)
    with pytest.raises(InvalidInput, match="no management server ms-9"):
        maintain(cloud, "ms-9")
    assert cloud.changes == 0
    maintain(cloud, "localhost")
    maintain(cloud, "management-2")
    with pytest.raises(InvalidInput, match="only one that is up") as caught:
        maintain(cloud, "management-3")
    assert (caught.value.option, cloud.changes) == ("drain_only", 0)
    assert maintain(cloud, "management-3", drain_only=True)["counts"] == {"done": 1}
    assert states(cloud)["management-3"] == "Up"


def test_only_one_prepares_at_a_time(cloud):
    with cloud.fault(do="hang-job", command="createProject"):
        cloud.client.call("createProject", {"name": "rocket"})
        first = cloud.client.list("listManagementServers")[0]
        cloud.client.call("prepareForMaintenance", {"managementserverid": first["id"]})
        with pytest.raises(InvalidInput, match="localhost prepares already"):
            maintain(cloud, "management-2")
    assert cloud.changes == 0


def test_a_server_that_goes_back_to_work_is_a_failure(cloud):
    """The answer was a success; its jobs did not end in time."""
    cloud.client.run("updateConfiguration", {"name": "management.server.maintenance.timeout", "value": "1"})
    with cloud.fault(do="hang-job", command="createProject"):
        cloud.client.call("createProject", {"name": "rocket"})
        failed = maintain(cloud, "localhost", retries=0)
    assert failed["failed"] and "it went back to work with 1 jobs" in failed["msg"]


def test_a_server_that_is_away_is_waited_for_and_named(cloud):
    maintain(cloud, "management-2")
    with cloud.fault(do="servers-down", where="management-2"):
        failed = maintain(cloud, "management-2", state="up", step_timeout=30, retries=0)
        assert failed["failed"] and "its service, it is Down" in failed["msg"]
        with pytest.raises(InvalidInput, match="management-2 is Down"):
            maintain(cloud, "management-2")
    assert maintain(cloud, "management-2", state="up")["counts"] == {"done": 1}


def test_only_servers_that_started_before_a_setting_was_changed_are_due(cloud):
    cloud.sim.advance(5)
    cloud.client.run("updateConfiguration", {"name": SETTING, "value": "x"})
    assert maintain(cloud, "localhost", check=True, settings=[SETTING])["counts"] == {"waiting": 1}
    restart(cloud, "localhost")
    told = maintain(cloud, "localhost", "management-2", settings=[SETTING])
    assert told["counts"] == {"already": 1, "done": 1}
    assert {name: server["restart_due"] for name, server in told["servers"].items()} == {
        "localhost": False,
        "management-2": True,
    }
    assert maintain(cloud, "management-3", started_before="2020-01-01")["counts"] == {"already": 1}


@pytest.mark.parametrize("command", ["prepareForMaintenance", "cancelMaintenance"])
def test_a_lost_answer_does_nothing_twice(cloud, command):
    with cloud.fault(do="lose-answer", command=command):
        maintain(cloud, "management-2", retries=1, retry_delay=0)
        assert states(cloud)["management-2"] == "Maintenance"
        maintain(cloud, "management-2", state="up", retries=1, retry_delay=0)
    assert states(cloud)["management-2"] == "Up"
    assert cloud.changing[command] == 1


RESTART = """\
- name: Restart the simulated server
  ansible.builtin.uri:
    url: "{{ simulator }}/simulator/faults"
    method: POST
    status_code: [200, 201]
    body_format: json
    body:
      name: "{{ management_servers_server.host }}"
      do: servers-down
      where: "{{ management_servers_server.name }}"
      seconds: 30
"""


def test_role_restarts_servers_that_have_not_read_a_setting_once(tmp_path):
    cloud = PlayedHostsCloud(20, hosts=3, vms=0, routers=0, servers=3)
    cloud.client.run("updateConfiguration", {"name": SETTING, "value": "x"})
    cloud.client.clock.sleep(2)
    restart(cloud, "management-2")
    (tmp_path / "restart.yml").write_text(RESTART)
    book, thin = tmp_path / "twice.yml", in_shadow(ROOT / "playbooks/management_servers_restart.yml")
    book.write_text(yaml.safe_dump([{"import_playbook": str(thin)}] * 2))
    given = {"settings": [SETTING], "restart_tasks": str(tmp_path / "restart.yml"), "hosts": {"localhost": "ms1"}}
    variables = {f"management_servers_{name}": value for name, value in given.items()}
    done = play(cloud.running, tmp_path, book, variables={**variables, "simulator": cloud.running.url}).succeeded()
    restarted = [task.result["json"]["name"] for task in done.tasks if task.action == "ansible.builtin.uri"]
    assert restarted == ["ms1", "management-3"]
    assert set(states(cloud).values()) == {"Up"}
    assert cloud.sim.counters.changing["prepareForMaintenance"] == 2
    cloud.close()
