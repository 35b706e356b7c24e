"""What a caller without admin's rights reaches: his own images, public ones and those shared with him."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection, NotFound
from ansible_collections.cloudstack.ops.plugins.module_utils.reconcile import View
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES
from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_with

ZONE = "Sandbox-simulator"
IMAGES = {
    "template": {"url": "http://images.example.com/t.vhd", "format": "VHD", "hypervisor": "Simulator"},
    "iso": {"url": "http://images.example.com/i.iso"},
}


@pytest.fixture(scope="module")
def user(cloud) -> Iterator[Client]:
    """Somebody of an account of type user, with images of an admin around him."""
    person = {"username": "plain", "password": "p", "first_name": "P", "last_name": "L", "email": "p@example.com"}
    cloud.run("account", name="plain", domain="ROOT", account_type="user", **person)
    (found,) = cloud.client.list("listUsers", {"username": "plain", "listall": True})
    keys = cloud.client.run("registerUserKeys", {"id": found["id"]})["userkeys"]
    for kind, image in IMAGES.items():
        for name, more in (
            ("hidden", {}),
            ("open", {"is_public": True}),
            ("lent", {"accounts": ["plain"]}),
        ):
            cloud.run(kind, name=name, os_type="CentOS 7", zones=[ZONE], **image, **more)
        owner = {"domain": "ROOT", "account": "plain", "is_extractable": True}
        cloud.run(kind, name="own", os_type="CentOS 7", zones=[ZONE], **image, **owner)
    connection = Connection(cloud.running.endpoint, key=keys["apikey"], secret=keys["secretkey"])
    with Client(connection, clock=cloud.client.clock) as client:
        yield client


def run(client: Client, module: str, **options: Any) -> dict[str, Any]:
    return run_with(client, module, {"state": "present", **options}, diff=True)


@pytest.mark.parametrize("kind", sorted(IMAGES))
def test_images_are_found_by_name_and_id(cloud, user, kind):
    view = View(user, RESOURCES)
    for name in ("open", "lent", "own"):
        row = view.find(kind, name)
        assert row["name"] == name
        assert view.find(kind, row["id"])["id"] == row["id"]
    with pytest.raises(NotFound) as caught:
        view.find(kind, "hiden")
    assert "hidden" not in str(caught.value)
    with pytest.raises(NotFound) as caught:
        view.find(kind, "opn")
    assert "did you mean 'open'" in caught.value.remedy


@pytest.mark.parametrize("kind", sorted(IMAGES))
def test_info_lists_what_the_caller_may_use(user, kind):
    names = {image["name"] for image in run(user, "info", kind=kind)["resources"]}
    assert {"open", "lent", "own"} <= names
    assert "hidden" not in names
    assert [image["name"] for image in run(user, "info", kind=kind, filters={"name": "own"})["resources"]] == ["own"]


@pytest.mark.parametrize("kind", sorted(IMAGES))
def test_module_manages_the_callers_own_image_and_no_other_of_its_name(cloud, user, kind):
    own = {"name": "own", "display_text": f"of {kind}"}
    assert run(user, kind, **own)["changed"] is True
    assert run(user, kind, **own)["changed"] is False
    # A public image of somebody else is not the one that the caller wants to be absent.
    before = cloud.running.counters["changes"]
    assert run(user, kind, name="open", state="absent")["changed"] is False
    assert cloud.running.counters["changes"] == before


def test_link_to_the_callers_own_image(user):
    result = run(user, "template_extract", name="own", mode="http_download", zone=ZONE)
    assert result["url"].startswith("http")
