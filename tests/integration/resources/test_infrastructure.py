"""A zone from nothing and back: each object made once, seen as the same, changed, held against drift, removed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Drift, InvalidInput, NotFound

PLACE = {"zone": "built"}
NETWORK = {**PLACE, "physical_network": "guest"}
POD = {**PLACE, "pod": "p1"}
CLUSTER = {**POD, "cluster": "k1"}
MASK = {"netmask": "255.255.255.0"}
USER = {"username": "u", "password": "p", "email": "u@example.com", "first_name": "U", "last_name": "V"}


@dataclass(frozen=True)
class Step:
    """One object of the zone. ``create`` makes it, ``change`` alters it, ``drift`` differs in what is fixed.

    ``calls``: how many calls a task that changes nothing may cost.
    """

    kind: str
    key: dict[str, Any]
    create: dict[str, Any]
    change: dict[str, Any] = field(default_factory=dict)
    drift: dict[str, Any] = field(default_factory=dict)
    calls: int = 1

    def __str__(self) -> str:
        return self.kind


STEPS = (
    Step("region", {"name": "north"}, {"region_id": 7, "endpoint": "http://north.example.com/client/"},
         {"endpoint": "http://n.example.com/client/"}, {"region_id": 8}),
    Step("domain", {"path": "ROOT/built"}, {"network_domain": "a.example.com"}, {"network_domain": "b.example.com"}),
    Step("account", {"name": "built", "domain": "ROOT/built"}, {**USER, "account_type": "user"},
         {"network_domain": "c.example.com", "state": "locked"}, {"account_type": "domain_admin"}),
    Step("zone", {"name": "built"},
         {"network_type": "Advanced", "dns1": "192.0.2.1", "internal_dns1": "192.0.2.2"},
         {"dns2": "192.0.2.3", "guest_cidr_address": "10.9.0.0/16"}, {"network_type": "Basic"}),
    Step("physical_network", {"name": "guest", **PLACE}, {"isolation_methods": ["VLAN"], "vlan": ["700-750"]},
         {"vlan": ["700-750", "760-770"], "state": "enabled"}, {"isolation_methods": ["GRE"]}),
    Step("traffic_type", {"traffic_type": "Management", **NETWORK}, {"kvm_networklabel": "cloudbr0"},
         {"kvm_networklabel": "cloudbr9"}, calls=3),
    Step("traffic_type", {"traffic_type": "Guest", **NETWORK}, {"kvm_networklabel": "cloudbr1"}, calls=3),
    Step("traffic_type", {"traffic_type": "Public", **NETWORK}, {"kvm_networklabel": "cloudbr1"}, calls=3),
    Step("traffic_type", {"traffic_type": "Storage", **NETWORK}, {"kvm_networklabel": "cloudbr0"}, calls=3),
    Step("guest_vlan_range", {"vlan_range": "720-730", **NETWORK}, {"account": "built", "domain": "ROOT/built"},
         calls=4),
    Step("vlan_ip_range", {"start_ip": "192.0.2.10", **NETWORK},
         {"end_ip": "192.0.2.20", "gateway": "192.0.2.1", **MASK, "vlan": "60", "for_virtual_network": True},
         {"end_ip": "192.0.2.30"}, calls=3),
    Step("pod", {"name": "p1", **PLACE},
         {"gateway": "10.7.0.1", **MASK, "start_ip": "10.7.0.10", "end_ip": "10.7.0.40"},
         {"end_ip": "10.7.0.50"}),
    Step("management_ip_range", {"start_ip": "10.7.0.70", **POD},
         {"end_ip": "10.7.0.80", "gateway": "10.7.0.1", **MASK, "vlan": "77"}, {"end_ip": "10.7.0.90"}, calls=3),
    Step("storage_ip_range", {"start_ip": "10.8.0.10", **POD},
         {"end_ip": "10.8.0.20", "gateway": "10.8.0.1", **MASK}, {"vlan": 70}, calls=3),
    Step("cluster", {"name": "k1", **POD}, {"hypervisor": "KVM"}, {"state": "disabled"}, {"hypervisor": "Simulator"}),
    Step("host", {"name": "h1", **CLUSTER},
         {"hypervisor": "KVM", "url": "http://10.7.0.5", "username": "root", "password": "p", "host_tags": ["b", "a"]},
         {"host_tags": ["c"], "allocation_state": "disabled"}, {"hypervisor": "XenServer"}, calls=2),
    Step("storage_pool", {"name": "ps1", **CLUSTER},
         {"storage_url": "nfs://10.8.0.5/primary", "scope": "cluster", "storage_tags": ["b", "a"]},
         {"storage_tags": ["a"], "allocation_state": "disabled"}, {"storage_url": "nfs://10.8.0.6/primary"}),
    Step("image_store", {"name": "ss1", **PLACE}, {"provider": "NFS", "url": "nfs://10.8.0.5/secondary"},
         {"state": "read_only"}, {"url": "nfs://10.8.0.9/secondary"}),
)  # fmt: skip


@pytest.fixture(scope="module", name="built")
def _built(cloud):
    """The zone of all steps, without their changes, for tests that need it whole."""
    for step in STEPS:
        cloud.run(step.kind, **step.key, **step.create)
    return cloud


def names(values: dict[str, Any]) -> set[str]:
    states = {"enabled": "network_state", "disabled": "allocation_state", "locked": "account_state",
              "read_only": "is_read_only"}  # fmt: skip
    return {states[value] if name == "state" else name for name, value in values.items()}


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[f"{n}-{step}" for n, step in enumerate(STEPS)])
def test_a_zone_is_built_step_by_step(cloud, number):
    step = STEPS[number]
    wanted = {**step.key, **step.create}
    planned = cloud.run(step.kind, check=True, **wanted)
    assert (planned["changed"], cloud.changes) == (True, 0)
    made = cloud.run(step.kind, **wanted)
    assert made["plan"] == planned["plan"]
    again = cloud.run(step.kind, **wanted)
    assert (again["changed"], cloud.changes) == (False, 0)
    assert cloud.calls <= step.calls
    assert again["resource"]["id"] == made["resource"]["id"]


@pytest.mark.parametrize("step", [step for step in STEPS if step.change], ids=str)
def test_what_can_change_is_changed_and_nothing_else(built, step):
    altered = {**step.key, **step.create, **step.change}
    planned = built.run(step.kind, check=True, **altered)
    assert (planned["changed"], built.changes) == (True, 0)
    assert {change["option"] for change in planned["plan"]["changes"]} == names(step.change)
    assert built.run(step.kind, **altered)["plan"] == planned["plan"]
    assert built.run(step.kind, **altered)["changed"] is False
    assert built.run(step.kind, **step.key)["changed"] is False, "what a task does not name is left alone"


@pytest.mark.parametrize("step", [step for step in STEPS if step.drift], ids=str)
def test_drift_is_an_error_that_changes_nothing(built, step):
    with pytest.raises(Drift) as caught:
        built.run(step.kind, **{**step.key, **step.create, **step.drift})
    assert built.changes == 0
    assert all(name in caught.value.message for name in step.drift)


def test_a_host_is_found_by_its_address_under_another_name(built):
    same = built.run("host", name="kvm-05.example.com", url="http://10.7.0.5", **CLUSTER)
    assert (same["changed"], built.changes) == (False, 0)


def test_a_simulated_host_keeps_the_name_that_it_was_given(cloud):
    place = {"zone": "Sandbox-simulator", "pod": "POD0", "cluster": "C0"}
    wish = {"name": "sim-h9", **place, "hypervisor": "Simulator", "url": "http://sim/c0/h9", "host_tags": ["x"]}
    made = cloud.run("host", **wish)["resource"]
    assert (made["name"], made["host_tags"]) == ("sim-h9", ["x"])
    assert cloud.run("host", **wish)["changed"] is False
    assert cloud.changes == 0


def test_a_host_that_a_cut_off_run_left_without_its_name_is_completed(cloud):
    place = {"zone": "Sandbox-simulator", "pod": "POD0", "cluster": "C0"}
    wish = {"name": "sim-h8", **place, "hypervisor": "Simulator", "url": "http://sim/c0/h8"}
    before = len(cloud.client.list("listHosts", {"type": "Routing"}))
    real, cloud.client.run = cloud.client.run, None

    def cut_off(command, params=None, **facts):
        if command == "updateHost":
            raise KeyboardInterrupt
        return real(command, params, **facts)

    cloud.client.run = cut_off
    with pytest.raises(KeyboardInterrupt):
        cloud.run("host", **wish)
    del cloud.client.run
    made = cloud.run("host", **wish)["resource"]
    assert made["name"] == "sim-h8"
    assert made.get("host_tags", []) == []
    assert len(cloud.client.list("listHosts", {"type": "Routing"})) == before + 1


def test_a_setting_is_compared_as_the_server_stores_it(cloud):
    setting = {"name": "network.throttling.rate"}
    assert cloud.run("setting", **setting, value=" 300 ")["changed"] is True
    again = cloud.run("setting", **setting, value="300.0")
    assert (again["changed"], cloud.calls) == (False, 1)
    scoped = {**setting, "zone": "Sandbox-simulator"}
    assert cloud.run("setting", **scoped, value="400")["changed"] is True
    assert cloud.run("setting", **scoped, value="400")["changed"] is False
    assert cloud.run("setting", **setting, value="300")["changed"] is False
    assert cloud.run("setting", **setting, state="default")["changed"] is True
    assert cloud.run("setting", **setting, state="default")["changed"] is False


def test_a_setting_that_needs_a_restart_says_so(cloud):
    result = cloud.run("setting", name="expunge.delay", value="77")
    assert "restarted" in result["warnings"][0]


@pytest.mark.parametrize(("name", "scope"), [("expunge.dela", {}), ("expunge.delay", {"zone": "Sandbox-simulator"})])
def test_a_setting_that_is_not_there_is_an_error(cloud, name, scope):
    with pytest.raises(InvalidInput, match="no setting"):
        cloud.run("setting", name=name, value="1", **scope)
    assert cloud.changes == 0


def test_a_domain_without_its_parent_is_refused(cloud):
    with pytest.raises(NotFound, match="ROOT/none"):
        cloud.run("domain", path="ROOT/none/child")
    assert cloud.changes == 0


@pytest.mark.parametrize(("kind", "options", "option"), [
    ("pod", {"name": "p9", **PLACE}, "gateway"),
    ("cluster", {"name": "k9", **POD}, "hypervisor"),
    ("host", {"name": "h9", **POD, "hypervisor": "KVM", "url": "http://10.7.0.9"}, "cluster"),
    ("storage_pool", {"name": "ps9", **PLACE, "storage_url": "nfs://x/y", "scope": "zone"}, "hypervisor"),
    ("vlan_ip_range", {"start_ip": "192.0.2.300", **NETWORK}, "start_ip"),
    ("vlan_ip_range", {"start_ip": "192.0.2.9", "end_ip": "192.0.2.8", **NETWORK}, "end_ip"),
    ("physical_network", {"name": "guest", **PLACE, "vlan": ["7-6"]}, "vlan"),
])  # fmt: skip
def test_bad_input_is_named_before_any_change(built, kind, options, option):
    for check in (True, False):
        with pytest.raises(InvalidInput) as caught:
            built.run(kind, check=check, **options)
        assert (caught.value.option, built.changes) == (option, 0)


def test_the_zone_is_taken_down_in_reverse_and_stays_away(built):
    for step in reversed(STEPS):
        absent = {**step.key, "state": "absent"}
        planned = built.run(step.kind, check=True, **absent)
        assert (planned["changed"], built.changes) == (True, 0), step.kind
        assert built.run(step.kind, **absent)["changed"] is True
    for step in STEPS[:4]:
        assert built.run(step.kind, **step.key, state="absent")["changed"] is False
        assert built.changes == 0
