"""What tenants may do with instances of their own, who see no hosts, no settings and no remarks for admins."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection, NotAllowed
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import PLACE, StorageCloud
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed


@pytest.fixture
def cloud() -> StorageCloud:
    """A tenant asks, who has the running instance web."""
    found = StorageCloud()
    found.run("domain", path="ROOT/shop")
    found.run("template", name="golden", is_public=True)
    domain = found.one("listDomains", name="shop", listall=True)["id"]
    person = {"email": "a@example.com", "firstname": "A", "lastname": "N", "password": "of-ann-1"}
    account = found.do("createAccount", username="ann", accounttype=0, domainid=domain, **person)
    keys = found.do("registerUserKeys", id=account["account"]["user"][0]["id"])["userkeys"]
    connection = Connection("http://cloud.invalid/client/api", key=keys["apikey"], secret=keys["secretkey"])
    found.client = Client(connection, found.client.clock, found.transport)
    found.run("network", name="own", network_offering="DefaultIsolatedNetworkOfferingWithSourceNatService", **PLACE)
    found.run("instance", name="web", template="golden", compute_offering="Small Instance", networks=["own"],
              state="started", **PLACE)  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("instance_offering_change", {"compute_offering": "Medium Instance", "method": "restart"}),
        ("instance_restore", {"template": "golden", "force": True, "confirm": "web"}),
    ],
)
def test_their_instances_change_and_run_again_wherever_a_run_was_cut_off(cloud, module, options):
    for at in (1, 2):
        with contextlib.suppress(Killed):
            cloud.run(module, names=["web"], fault=Fault("killed_after", at, is_changing), retries=0, **options)
        cloud.sim.settle()
    assert not cloud.run(module, names=["web"], **options).get("failed")
    assert cloud.vm("web")["state"] == "Running"
    assert cloud.rows("listAnnotations", annotationfilter="all") == []


def test_what_is_not_theirs_is_refused_with_what_to_check(cloud):
    with pytest.raises(NotAllowed, match=r"listHosts.*does not offer this command to the caller") as caught:
        cloud.run("host_maintenance", names=["h1"])
    assert "role" in str(caught.value)
