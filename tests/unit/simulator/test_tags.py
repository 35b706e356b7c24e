"""The tags that answers show: most of them keys and values, some all that listTags knows."""

from __future__ import annotations

from typing import Any

SHORT = {"key": "env", "value": "test"}


def tag(op: Any, kind: str, row: dict[str, Any]) -> None:
    op.do("createTags", resourcetype=kind, resourceids=row["id"], **{"tags[0].key": "env", "tags[0].value": "test"})


def test_networks_and_their_addresses_show_keys_and_values(cloud: Any) -> None:
    cloud.enable()
    op = cloud.op
    offering = op.only("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")["id"]
    network = op.do("createNetwork", name="n", zoneid=cloud.zone, networkofferingid=offering)["network"]
    address = op.do("associateIpAddress", networkid=network["id"])["ipaddress"]
    tag(op, "Network", network)
    tag(op, "PublicIpAddress", address)
    assert op.only("listNetworks", id=network["id"])["tags"] == [SHORT]
    assert op.only("listPublicIpAddresses", id=address["id"])["tags"] == [SHORT]


def test_a_project_shows_its_tags_as_the_list_of_tags_does(op: Any) -> None:
    project = op.do("createProject", name="p", displaytext="p")["project"]
    tag(op, "Project", project)
    assert op.only("listProjects", id=project["id"])["tags"] == op.rows("listTags", projectid=project["id"])


def test_what_a_server_keeps_no_tags_of_gets_none(op: Any) -> None:
    for kind in ("PrivateGateway", "NetworkACLList", "AutoScaleVmGroup", "Zone"):
        given = {"resourcetype": kind, "resourceids": "1", "tags[0].key": "env", "tags[0].value": "test"}
        assert op.refused("createTags", **given) == (431, f"The resource type {kind} doesn't support resource tags")
