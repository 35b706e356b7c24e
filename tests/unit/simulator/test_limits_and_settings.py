"""Resource limits; settings in their scopes."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.errors import ResourceAllocation


def test_a_limit_of_the_account_holds(sim: Simulator, people: dict[str, Any]) -> None:
    account = people["ann"].account
    sim.call("updateResourceLimit", account="ann", domainid=people["ann"].domain.uuid, resourcetype=2, max=2)
    sim.limits.check(account, "volume", 2)
    sim.limits.add(account.id, "volume", 2)
    with pytest.raises(ResourceAllocation, match=r"Type = 'volume'.*Account Name = ann .*Account Resource Limit = 2"):
        sim.limits.check(account, "volume")
    sim.limits.add(account.id, "volume", -1)
    sim.limits.check(account, "volume")


def test_the_limit_of_an_account_is_meant_where_a_project_is_named_too(op: Any, people: dict[str, Any]) -> None:
    ann = {"account": "ann", "domainid": people["ann"].domain.uuid}
    project = op.do("createProject", name="site", displaytext="s", **ann)["project"]["id"]
    op.do("updateResourceLimit", **ann, projectid=project, resourcetype=2, max=3)
    assert op.only("listResourceLimits", **ann, resourcetype=2)["max"] == 3
    assert op.only("listResourceLimits", projectid=project, resourcetype=2)["max"] != 3


def test_a_limit_of_a_domain_above_holds_for_all_below(sim: Simulator, people: dict[str, Any]) -> None:
    sim.call("updateResourceLimit", domainid=people["ann"].domain.uuid, resourcetype=0, max=1)
    sim.limits.add(people["ann"].account.id, "user_vm")
    with pytest.raises(ResourceAllocation, match="Domain Resource Limit = 1"):
        sim.limits.check(people["eve"].account, "user_vm")
    sim.limits.check(people["admin"].account, "user_vm", 1000)


def test_storage_counts_bytes_against_gibibytes(sim: Simulator, people: dict[str, Any]) -> None:
    account = people["ann"].account
    sim.limits.check(account, "primary_storage", 200 << 30)
    with pytest.raises(ResourceAllocation):
        sim.limits.check(account, "primary_storage", (200 << 30) + 1)


def test_project_limits_count_projects(sim: Simulator, people: dict[str, Any]) -> None:
    for number in range(10):
        assert sim.call("createProject", people["ann"], name=f"p{number}")[0] == 200
    status, body = sim.call("createProject", people["ann"], name="one-more")
    assert status == 535
    assert "Type = 'project'" in body["createprojectresponse"]["errortext"]


def test_a_moved_domain_takes_its_counts_along(sim: Simulator, people: dict[str, Any]) -> None:
    other = sim.call("createDomain", name="other")[1]["createdomainresponse"]["domain"]["id"]
    sim.limits.add(people["eve"].account.id, "volume", 3)
    sim.call("moveDomain", domainid=people["eve"].domain.uuid, parentdomainid=other)
    counts = {d.name: d.counts.get("volume", 0) for d in sim.db.domains}
    assert counts == {"ROOT": 3, "a": 0, "deep": 3, "other": 3}


def listed(sim: Simulator, name: str, **scope: Any) -> Any:
    rows = sim.call("listConfigurations", name=name, **scope)[1]["listconfigurationsresponse"].get("configuration", [])
    return next((row.get("value") for row in rows if row["name"] == name), None)


def test_an_inner_scope_goes_before_an_outer_one(sim: Simulator, people: dict[str, Any]) -> None:
    name, domain = "allow.user.view.all.zones", people["ann"].domain
    assert sim.settings.value(name, domain) is True
    sim.call("updateConfiguration", name=name, value="false", domainid=domain.uuid)
    assert sim.settings.value(name, domain) is False
    assert sim.settings.value(name, people["eve"].domain) is False
    assert sim.settings.value(name) is True
    assert listed(sim, name, domainid=domain.uuid) == "false"
    sim.call("resetConfiguration", name=name, domainid=domain.uuid)
    assert sim.settings.value(name, people["eve"].domain) is True


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("expunge.delay", "soon", "Value [soon] is not a valid [class java.lang.Integer]."),
        ("default.page.size", "1.5", "Value [1.5] is not a valid [class java.lang.Long]."),
        ("enable.dynamic.scale.vm", "yes", "Value [yes] is not a valid [class java.lang.Boolean]."),
        ("expunge.interval", "0", "Please enter a positive value for the configuration parameter: [expunge.interval]."),
        (
            "mem.overprovisioning.factor",
            "0",
            "Value for configuration [mem.overprovisioning.factor] should be greater than 0.",
        ),
        ("network.gc.interval", "x", "Value [x] is not a valid [class java.lang.Integer]."),
        ("zone.vlan.capacity.notificationthreshold", "x", "Value [x] is not a valid [class java.lang.Float]."),
        ("pool.storage.capacity.disablethreshold", "x", "Value [x] is not a valid [class java.lang.Double]."),
        (
            "remote.access.vpn.psk.length",
            "7",
            (
                "Please enter a value greater than 7 and less than 257 for the configuration parameter: "
                "[remote.access.vpn.psk.length]."
            ),
        ),
        (
            "mac.identifier",
            "256",
            "[mac.identifier] value should be between 0 and 255. 0 value will disable this feature.",
        ),
        (
            "router.extra.public.nics",
            "6",
            "The provided value is not valid for this configuration. Please enter an integer in the range: [0-5]",
        ),
        (
            "network.dns.basiczone.updates",
            "none",
            (
                "The provided value is neither a valid value for this configuration (Options are: [all]) NOR a valid "
                "value for this configuration (Options are: [pod])."
            ),
        ),
        ("hypervisor.list", "KVM,Any", "The provided value is not a valid hypervisor type."),
        ("remote.access.vpn.client.iprange", "10.1.2.1", "Invalid IP address value(s) specified for the config value."),
        (
            "commands.timeout",
            "Start=0",
            "Validation failed: The value for command 'Start' is not greater than 0. Invalid value: 0",
        ),
        ("dynamic.apichecker.enabled", "true", "Restricted configuration update not allowed"),
    ],
)
def test_a_wrong_value_changes_nothing(sim: Simulator, name: str, value: str, text: str) -> None:
    before = listed(sim, name)
    status, body = sim.call("updateConfiguration", name=name, value=value)
    assert (status, body["updateconfigurationresponse"]["errortext"]) == (431, text)
    assert listed(sim, name) == before


def test_who_is_no_root_admin_sets_for_himself(op: Any, operator: Any, people: dict[str, Any]) -> None:
    """A domain admin means his domain unless he names one, or an account; what he does not reach is refused."""
    owner = operator(op.sim, people["owner"])
    name = "password.policy.minimum.length"
    owner.do("updateConfiguration", name=name, value="9")
    assert listed(op.sim, name, domainid=people["ann"].domain.uuid) == "9"
    assert op.sim.settings.value(name) == 0
    root = op.only("listDomains", name="ROOT")["id"]
    assert owner.refused("updateConfiguration", name=name, value="9", domainid=root)[0] == 531
    event = op.rows("listEvents", keyword="CONFIGURATION", listall="true")[-1]
    assert event["description"].endswith(f"configuration.  Name: {name}, New Value: 9, Scope: Domain")


def test_what_accounts_may_have_their_domain_may_where_that_is_switched_on(op: Any, people: dict[str, Any]) -> None:
    mine = {"name": "allow.public.user.templates", "value": "false", "domainid": people["ann"].domain.uuid}
    assert "Invalid scope id" in op.refused("updateConfiguration", **mine)[1]
    op.do("updateConfiguration", name="enable.account.settings.for.domain", value="true")
    op.do("updateConfiguration", **mine)
    assert op.sim.settings.value("allow.public.user.templates", people["ann"].account) is False


def test_settings_are_typed(sim: Simulator) -> None:
    assert sim.settings.value("expunge.delay") == 86400
    assert sim.settings.value("cpu.overprovisioning.factor") == 1.0
    assert sim.settings.value("dynamic.apichecker.enabled") is False
    assert sim.settings.value("alert.email.addresses") is None


def test_the_sandbox_has_the_recorded_server_s_values(sandbox: Simulator) -> None:
    assert sandbox.settings.value("expunge.delay") == 20
    assert sandbox.settings.value("instance.name") == "QA"
