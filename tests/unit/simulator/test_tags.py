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


def test_tags_are_put_on_all_or_on_none(op: Any) -> None:
    first, second = (op.do("createProject", name=name)["project"]["id"] for name in ("p", "q"))
    both = {"resourcetype": "Project", "resourceids": f"{first},{second}"}
    op.do("createTags", **{**both, "resourceids": second, "tags[0].key": "env", "tags[0].value": "x"})
    taken = {"tags[0].key": "new", "tags[0].value": "1", "tags[1].key": "ENV", "tags[1].value": "2"}
    assert op.refused("createTags", **both, **taken) == (530, f"tag ENV already on Project with id {second}")
    nobody = "11111111-2222-3333-4444-555555555555"
    taken = {"tags[0].key": "new", "tags[0].value": "1", "resourceids": f"{first},{nobody}"}
    assert op.refused("createTags", resourcetype="Project", **taken)[0] == 431
    assert op.rows("listTags", resourceid=first, resourcetype="Project") == []
    assert op.refused("deleteTags", resourcetype="Project", resourceids=nobody) == (530, "Failed to delete tags")
    op.do("deleteTags", **{**both, "tags[0].key": "ENV", "tags[0].value": "X"})
    assert op.rows("listTags", resourceid=second, resourcetype="Project") == []


def test_tags_come_by_kind_and_tell_the_project(running: Any) -> None:
    op = running.op
    project = op.do("createProject", name="p")["project"]
    template = op.only("listTemplates", templatefilter="all", name="golden")
    tag(op, "Project", project)
    tag(op, "Template", template)
    owner = op.only("listTags", resourcetype="Project", resourceid=project["id"])
    assert (owner["project"], owner["projectid"], "account" in owner) == ("p", project["id"], False)
    assert [row["resourcetype"] for row in op.rows("listTags", listall="true")] == ["Template"]
    image = {"name": "i", "displaytext": "i", "url": "http://images.example.com/i.iso", "bootable": "false"}
    tag(op, "ISO", op.do("registerIso", zoneid=running.zone, **image)["iso"][0])
    kinds = [row["resourcetype"] for row in op.rows("listTags", listall="true", keyword="nothing")]
    assert kinds == ["Template", "ISO"]


def test_whose_the_thing_is_his_is_the_tag(op: Any, operator: Any, people: dict[str, Any]) -> None:
    ann, bob = (operator(op.sim, people[name]) for name in ("ann", "bob"))
    project = ann.do("createProject", name="p")["project"]
    given = {"resourcetype": "Project", "resourceids": project["id"]}
    assert bob.refused("createTags", **given, **{"tags[0].key": "a", "tags[0].value": "b"})[0] == 530
    tag(op, "Project", project)
    assert bob.refused("deleteTags", **given)[0] == 530
    ann.do("deleteTags", **given)
    kinds = [event["type"] for event in op.rows("listEvents", keyword="_TAGS", listall="true")]
    assert kinds == ["CREATE_TAGS", "DELETE_TAGS"]
