"""System VMs: power, size, replacement; and the certificate they serve."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Drift, InvalidInput, JobFailed
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud

ZONE = "Sandbox-simulator"
PROXY = {"zone": ZONE, "system_vm_type": "consoleproxy"}
DEFAULT = "System Offering For Console Proxy"
LARGE = {"name": "large-proxy", "system_vm_type": "consoleproxy", "cpu_number": 1, "cpu_speed": 500, "memory": 2048}


@pytest.fixture(scope="module")
def server():
    """The recorded zone. Time passes only while the client waits, so that scans of the server come at fixed moments."""
    return VirtualCloud(zone="sandbox", seed=1)


@pytest.fixture
def proxy(server):
    """The zone's console proxy, running with the built-in offering."""
    for _round in range(100):
        if any(row["systemvmtype"] == "consoleproxy" for row in server.client.list("listSystemVms")):
            break
        server.client.clock.sleep(5)
    server.run("system_vm", **PROXY, service_offering=DEFAULT, state="started")
    return server


def test_power_is_a_state():
    """Where the server does not look for stopped ones to start."""
    cloud = VirtualCloud(zone="sandbox", seed=1)
    cloud.sim.settings.set("secstorage.capacityscan.interval", 10**9)
    cloud.sim.advance(60)
    cloud.run("system_vm", **PROXY, state="started")
    assert cloud.run("system_vm", **PROXY, state="started")["changed"] is False
    assert cloud.run("system_vm", check=True, **PROXY, state="stopped")["changed"] is True
    assert cloud.changes == 0
    assert cloud.run("system_vm", **PROXY, state="stopped")["resource"]["state"] == "Stopped"
    assert cloud.run("system_vm", **PROXY, state="stopped")["changed"] is False
    assert cloud.run("system_vm", **PROXY, state="started")["resource"]["state"] == "Running"


def test_restart_is_done_in_every_run(proxy):
    for check, changes in ((True, 0), (False, 1), (False, 1)):
        assert proxy.run("system_vm", check=check, **PROXY, state="restarted")["changed"] is True
        assert proxy.changes == changes


def test_offering_of_a_running_one_is_changed_in_place(proxy):
    proxy.run("system_offering", **LARGE)
    before = proxy.run("system_vm", **PROXY)["resource"]
    after = proxy.run("system_vm", **PROXY, service_offering="large-proxy")["resource"]
    assert (after["id"], after["service_offering"], after["state"]) == (before["id"], "large-proxy", "Running")
    assert proxy.run("system_vm", **PROXY, service_offering="large-proxy")["changed"] is False


@pytest.mark.parametrize(("starts", "fits"), [(2, True), (9, False)])
def test_server_that_starts_it_before_it_has_the_offering(proxy, monkeypatch, starts, fits):
    """The scan of capacity comes at any moment: here after each of the first stops."""
    proxy.run("system_offering", **LARGE)
    proxy.run("system_vm", **PROXY, service_offering=DEFAULT)
    left, run = [None] * starts, proxy.client.run

    def scanned(command, params=None, **more):
        answer = run(command, params, **more)
        if command == "stopSystemVm" and left:
            left.pop()
            run("startSystemVm", {"id": params["id"]})
        return answer

    monkeypatch.setattr(proxy.client, "run", scanned)
    if fits:
        after = proxy.run("system_vm", **PROXY, service_offering="large-proxy")["resource"]
        assert (after["service_offering"], after["state"], left) == ("large-proxy", "Running", [])
    else:
        with pytest.raises(JobFailed, match="Dynamic Scaling"):
            proxy.run("system_vm", **PROXY, service_offering="large-proxy")
        assert proxy.run("system_vm", check=True, **PROXY)["resource"]["state"] == "Running"


def test_recreated_only_where_it_differs(proxy):
    offering = proxy.run("system_offering", **LARGE)["resource"]["id"]
    wish = {**PROXY, "service_offering": "large-proxy", "state": "recreated"}
    proxy.client.run("updateConfiguration", {"name": "consoleproxy.service.offering", "value": offering})
    before = proxy.run("system_vm", **PROXY)["resource"]
    assert proxy.run("system_vm", check=True, **wish)["plan"]["action"] == "replace"
    assert proxy.changes == 0
    # By its name, too, which another one has afterwards.
    after = proxy.run("system_vm", name=before["name"], service_offering="large-proxy", state="recreated")["resource"]
    assert after["id"] != before["id"]
    assert (after["service_offering"], after["state"]) == ("large-proxy", "Running")
    assert proxy.run("system_vm", **wish)["changed"] is False
    assert proxy.changes == 0
    proxy.client.run("updateConfiguration", {"name": "consoleproxy.service.offering", "value": ""})


def test_new_one_of_another_offering_is_changed_with_a_warning(proxy):
    proxy.run("system_offering", **{**LARGE, "name": "unset"})
    result = proxy.run("system_vm", **PROXY, service_offering="unset", state="recreated")
    assert result["resource"]["service_offering"] == "unset"
    assert "setting" in result["warnings"][0]


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"state": "started"}, "name"),
        ({"name": "v-99-VM"}, "name"),
        ({**PROXY, "state": "recreated"}, "state"),
        ({**PROXY, "state": "stopped", "host": "somewhere"}, "host"),
    ],
)
def test_refused_before_anything_is_sent(proxy, options, option):
    for check in (True, False):
        with pytest.raises(InvalidInput) as caught:
            proxy.run("system_vm", check=check, **options)
        assert (caught.value.option, proxy.changes) == (option, 0)


def test_other_template_is_drift(proxy):
    template = proxy.run("system_vm", **PROXY)["resource"]["template"]
    assert proxy.run("system_vm", **PROXY, template=template)["changed"] is False
    with pytest.raises(Drift, match="template"):
        proxy.run("system_vm", **PROXY, template="another")
