"""Nothing is destroyed that would have no successor, or one that is not as wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud

PROXY = "consoleproxy"
CHANGES = ("updateConfiguration", "destroySystemVm", "patchSystemVm", "restartNetwork")
RENEWALS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("system_vm_refresh", {"force": True}),
    ("default_system_offering", {"system_vm_type": PROXY, "offering": "big proxy"}),
)


@pytest.fixture
def cloud() -> Iterator[PopulatedCloud]:
    """A zone of KVM hosts, with an offering that its console proxy does not have."""
    found = PopulatedCloud("hosts=2,vms=2,routers=2,hypervisor=KVM")
    offering(found, "big proxy", PROXY)
    yield found
    assert not any(found.sent[name] for name in CHANGES)


def offering(cloud: PopulatedCloud, name: str, kind: str) -> str:
    wanted = {"name": name, "displaytext": name, "issystem": True, "systemvmtype": kind, "cpunumber": 1,
              "cpuspeed": 500, "memory": 2048}  # fmt: skip
    return str(cloud.client.run("createServiceOffering", wanted)["serviceoffering"]["id"])


def newer_template(cloud: PopulatedCloud) -> None:
    """A system template that is ready and that no setting names."""
    guest_os = cloud.client.list("listOsTypes", {"description": "Debian GNU/Linux 12 (64-bit)"})[0]["id"]
    wanted = {
        "name": "newer", "displaytext": "newer", "zoneid": "-1", "format": "QCOW2", "hypervisor": "KVM",
        "isrouting": True, "ostypeid": guest_os, "url": "http://images.example.com/system.qcow2",
    }  # fmt: skip
    template = cloud.client.run("registerTemplate", wanted)["template"][0]["id"]
    while not cloud.client.list("listTemplates", {"templatefilter": "all", "id": template})[0]["isready"]:
        cloud.client.clock.sleep(1)
    cloud.client.run("updateTemplate", {"id": template, "templatetype": "SYSTEM"})
    cloud.sim.counters.reset()


def disable_hosts(cloud: PopulatedCloud) -> None:
    for row in cloud.client.list("listHosts", {"type": "Routing"}):
        cloud.client.run("updateHost", {"id": row["id"], "allocationstate": "Disable"})


@pytest.mark.parametrize(("module", "options"), RENEWALS)
def test_no_system_vm_goes_where_no_template_is_ready(cloud, module, options):
    db = cloud.sim.db
    for copy in db.template_copies:
        if db.templates[copy.template_id].kind == "SYSTEM":
            copy.state = "DOWNLOAD_ERROR"
    with pytest.raises(InvalidInput, match="no system template of KVM is ready in zone Populated"):
        cloud.run(module, **options)


@pytest.mark.parametrize(("module", "options"), RENEWALS)
def test_no_system_vm_goes_where_no_host_could_take_the_next(cloud, module, options):
    disable_hosts(cloud)
    with pytest.raises(InvalidInput, match="no host of zone Populated is up and enabled"):
        cloud.run(module, **options)


def test_no_patch_of_a_system_vm_that_was_made_from_another_template(cloud):
    newer_template(cloud)
    with pytest.raises(InvalidInput, match="has newer now, which a patch does not bring") as caught:
        cloud.run("system_vm_refresh", method="patch", force=True, check=True)
    assert caught.value.option == "method"


def test_a_template_behind_which_the_server_has_a_newer_one_is_refused(cloud):
    """Console proxies are made from the newest system template, whatever the setting names."""
    newer_template(cloud)
    with pytest.raises(InvalidInput, match="newer is ready in zone Populated too and comes before") as caught:
        cloud.run("system_vm_template_replacement", template="SystemVM Template (KVM)", routers=True)
    assert caught.value.option == "template"


def test_routers_whose_account_decides_are_not_cut_for_a_default_that_they_would_not_get(cloud):
    offering(cloud, "default", "domainrouter")
    own = offering(cloud, "of the account", "domainrouter")
    account = cloud.client.list("listRouters", {"listall": True})[0]
    found = cloud.client.list("listAccounts", {"listall": True, "name": account["account"]})[0]["id"]
    cloud.client.run("updateConfiguration", {"name": "router.service.offering", "value": own, "accountid": found})
    cloud.sim.counters.reset()
    planned = cloud.run("default_system_offering", system_vm_type="domainrouter", offering="default", check=True)
    assert [entry["step"] for entry in planned["plan"]] == ["set router.service.offering globally from '' to 'default'"]
    assert planned["counts"] == {"left": 2}
    reasons = {target["reason"] for target in planned["report"]["targets"]}
    assert all("its account has a router.service.offering of its own" in reason for reason in reasons)


def test_routers_are_not_cut_for_a_default_where_no_host_has_room_for_the_new_one(cloud):
    offering(cloud, "default", "domainrouter")
    disable_hosts(cloud)
    with pytest.raises(InvalidInput, match="has room for one more router") as caught:
        cloud.run("default_system_offering", system_vm_type="domainrouter", offering="default")
    assert caught.value.option == "offering"
