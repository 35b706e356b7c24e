"""A whole document against the simulator: what is read, what is planned, what is left alone. The server counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError, InvalidInput
from ansible_collections.cloudstack.ops.tests.support.documents import example
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud

OFFERINGS = [{"name": f"o{number:04}", "disk_size": number % 50 + 1, "storage_tags": ["ssd"]} for number in range(30)]


@pytest.fixture
def cloud() -> VirtualCloud:
    return VirtualCloud()


def offerings(*changes: tuple[int, str, Any]) -> list[dict[str, Any]]:
    """The entries, some with another value."""
    entries = [dict(entry) for entry in OFFERINGS]
    for number, option, value in changes:
        entries[number][option] = value
    return entries


def test_many_objects_are_read_and_read_back_with_one_call_each_time(cloud):
    result = cloud.run("apply", cloud={"disk_offerings": OFFERINGS})
    assert (result["changed"], cloud.changes) == (True, len(OFFERINGS))
    assert Counter(cloud.transport.commands) == {"createDiskOffering": len(OFFERINGS), "listDiskOfferings": 2}
    result = cloud.run("apply", cloud={"disk_offerings": OFFERINGS})
    assert (result["changed"], cloud.transport.commands) == (False, ["listDiskOfferings"])


def test_the_example_is_read_kind_by_kind(cloud):
    cloud.run("apply", cloud=example())
    result = cloud.run("apply", cloud=example())
    assert (result["changed"], cloud.changes, result["counts"]) == (False, 0, {"unchanged": 43})
    often = {command: count for command, count in Counter(cloud.transport.commands).items() if count > 1}
    # Listed under physical networks, of which there are two; settings fill two pages.
    assert often == {"listTrafficTypes": 2, "listServiceOfferings": 2, "listConfigurations": 2}


def test_few_objects_of_a_large_cloud_are_asked_for_by_name(cloud):
    many = [{"name": f"m{number}", "disk_size": 1} for number in range(1200)]
    cloud.run("apply", cloud={"disk_offerings": many}, parallel=4)
    result = cloud.run("apply", cloud={"disk_offerings": many[700:702]})
    assert (result["changed"], len(cloud.transport.commands)) == (False, 3)


def test_check_mode_sends_no_changing_call_and_plans_what_the_run_does(cloud):
    planned = cloud.run("apply", check=True, cloud=example())
    assert (planned["changed"], cloud.changes) == (True, 0)
    done = cloud.run("apply", cloud=example())
    assert planned["plan"] == done["plan"]
    assert planned["diff"] == done["diff"]


def test_every_problem_is_found_before_the_first_change(cloud):
    document = {
        "disk_offerings": [{"name": "good", "disk_size": 1}, {"name": "sizeless"}],
        "zones": [{"name": "z", "network_type": "Advanced", "dns1": "192.0.2.1", "internal_dns1": "192.0.2.2"}],
        "pods": [{"name": "p", "zone": "elsewhere", "gateway": "10.0.0.1", "netmask": "255.255.255.0"}],
        "settings": [{"name": "expunge.dely", "value": "1"}],
    }
    with pytest.raises(InvalidInput) as caught:
        cloud.run("apply", cloud=document)
    assert [problem.path for problem in caught.value.problems] == [
        "disk_offerings[1]", "pods[0]", "settings[0].name",
    ]  # fmt: skip
    assert cloud.changes == 0


def test_all_that_can_be_known_without_the_server_is_told_at_once_and_before_the_first_call(cloud):
    document = {
        "disk_offering": [],
        "disk_offerings": [{"name": "a", "disk_size": "large"}, {"name": "b", "disk_size": -1}, {"name": "b"}],
        "domains": [{"path": "ROOT/gone", "state": "absent"}, {"path": "ROOT/gone/below"}],
        "zones": [{"name": "z", "pods": [{"name": "p", "gateway": "10.0.0.300"}]}],
    }
    with pytest.raises(InvalidInput) as caught:
        cloud.run("apply", cloud=document)
    told = {problem.path: problem.text for problem in caught.value.problems}
    for path, text in {
        "disk_offering": "did you mean disk_offerings?",
        "disk_offerings[0].disk_size": "'large' is not a whole number",
        "disk_offerings[1].disk_size": "at least 1 GB",
        "disk_offerings[2]": "stands already at disk_offerings[1]",
        "zones[0].pods[0].gateway": "'10.0.0.300' is no IPv4 address",
        "domains[1]": "needs domain ROOT/gone, which domains[0] removes",
    }.items():
        assert text in told.pop(path)
    assert (told, cloud.transport.commands) == ({}, [])


def test_two_entries_that_mean_one_object_are_refused(cloud):
    cloud.run("apply", cloud={"disk_offerings": OFFERINGS[:1]})
    object_id = cloud.client.list("listDiskOfferings", {"name": "o0000"})[0]["id"]
    with pytest.raises(InvalidInput, match=r"disk_offerings\[1\]: .* is the same object as disk_offerings\[0\]"):
        cloud.run("apply", cloud={"disk_offerings": [{"name": "o0000"}, {"name": "other", "id": object_id}]})


def test_what_the_document_does_not_name_is_left_alone(cloud):
    cloud.run("apply", cloud={"disk_offerings": OFFERINGS})
    result = cloud.run("apply", cloud={"disk_offerings": OFFERINGS[:3]})
    assert (result["changed"], result["counts"]) == (False, {"unchanged": 3})


def test_pruning_removes_only_what_the_document_claims(cloud):
    cloud.run("apply", cloud=example())
    document = example()
    document["compute_offerings"].pop()
    document["domains"].pop()
    gone = document["zones"][0]["pods"][0]["clusters"][0]["hosts"].pop()
    planned = cloud.run("apply", check=True, cloud=document, prune=["host", "domains"])
    assert [(entry["kind"], entry["action"]) for entry in planned["plan"]] == [
        ("host", "delete"), ("domain", "delete"),
    ]  # fmt: skip
    done = cloud.run("apply", cloud=document, prune=["host", "domains"])
    assert planned["plan"] == done["plan"]
    addresses = {row["ipaddress"] for row in cloud.client.list("listHosts", {"type": "Routing"})}
    assert len(addresses) == 7
    assert gone["url"].rsplit("/", 1)[-1] not in addresses
    again = cloud.run("apply", cloud=document, prune=["host", "domain"])
    assert (again["changed"], cloud.changes) == (False, 0)


def test_hosts_of_a_cluster_that_the_document_does_not_have_are_not_pruned():
    cloud = VirtualCloud(zone="sandbox")
    document = {"zones": [{"name": "Sandbox-simulator", "pods": [{"name": "POD0", "clusters": [{"name": "C0"}]}]}]}
    with pytest.raises(InvalidInput, match="pruning would remove 2 objects, and prune_limit allows 1"):
        cloud.run("apply", cloud=document, prune=["host"], prune_limit=1)
    assert cloud.changes == 0


def test_pruning_stops_at_its_limit_and_names_what_it_would_have_removed(cloud):
    cloud.run("apply", cloud={"disk_offerings": OFFERINGS})
    with pytest.raises(InvalidInput, match=r"remove 32 objects, and prune_limit allows 10: .*disk offering o0002"):
        cloud.run("apply", cloud={"disk_offerings": OFFERINGS[:2]}, prune=["disk_offering"])
    assert cloud.changes == 0


@pytest.mark.parametrize(
    ("name", "meant"), [("disk_ofering", "disk_offering"), ("hosts_", "hosts"), ("setting", "use some of")]
)
def test_a_kind_that_cannot_be_pruned_is_refused(cloud, name, meant):
    with pytest.raises(InvalidInput) as caught:
        cloud.run("apply", cloud={}, prune=[name])
    assert meant in caught.value.remedy


def test_nothing_is_pruned_after_an_error(cloud):
    cloud.run("apply", cloud={"disk_offerings": OFFERINGS[:2]})
    refused = {"name": "x" * 300, "cpu_number": 1, "cpu_speed": 1, "memory": 64}
    wrong = {"disk_offerings": OFFERINGS[:1], "compute_offerings": [refused]}
    result = cloud.run("apply", cloud=wrong, prune=["disk_offering"], on_error="continue")
    assert result["failed"]
    assert {entry.get("skipped") for entry in result["plan"] if entry["action"] == "delete"} == {
        "nothing is pruned after an error"
    }
    assert cloud.client.list("listDiskOfferings", {"name": "o0001"})


def test_the_restoring_document_gives_back_what_was_there(cloud, tmp_path):
    cloud.run("apply", cloud=example())
    before = state_of(cloud)
    document = example()
    document["settings"][0]["value"] = "60"
    document["disk_offerings"][0] |= {"display_text": "fifty", "storage_tags": []}
    document["zones"][0] |= {"dns1": "192.0.2.99", "state": "disabled"}
    document["zones"][0]["pods"][0]["clusters"][0]["hosts"][0]["host_tags"] = ["hdd"]
    document["compute_offerings"].append({"name": "new", "cpu_number": 1, "cpu_speed": 100, "memory": 64})
    file = tmp_path / "folder" / "restore.yml"
    result = cloud.run("apply", cloud=document, restore_file=str(file))
    assert result["counts"] == {"unchanged": 39, "update": 4, "create": 1}
    assert result["not_restored"] == ["1 new object: state=absent in an entry removes what it made"]
    assert state_of(cloud) != before
    restoring = yaml.safe_load(file.read_text())
    assert restoring == result["restore"]
    cloud.run("apply", cloud=restoring)
    assert state_of(cloud) == before


def state_of(cloud: VirtualCloud) -> dict[str, Any]:
    """What the changed objects hold."""
    client = cloud.client
    fields = {
        "listDiskOfferings": ("displaytext", "tags"),
        "listZones": ("dns1", "allocationstate"),
        "listHosts": ("hosttags",),
    }
    found = {
        command: {row["id"]: [row.get(name) for name in names] for row in client.list(command)}
        for command, names in fields.items()
    }
    return {**found, "setting": client.list("listConfigurations", {"name": "expunge.delay"})[0]["value"]}


def test_check_mode_writes_no_restoring_document(cloud, tmp_path):
    cloud.run("apply", check=True, cloud=example(), restore_file=str(tmp_path / "r.yml"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_stops_the_run_before_it_starts(cloud, tmp_path):
    (tmp_path / "file").touch()
    for option in ("restore_file", "plan_file"):
        with pytest.raises(CloudStackError, match=f"{option}: .* cannot be written"):
            cloud.run("apply", cloud=example(), **{option: str(tmp_path / "file" / "below.yml")})
        assert cloud.changes == 0


def test_what_was_changed_is_not_called_left_out_because_a_part_failed(cloud):
    cloud.run("apply", cloud=example())
    document = example()
    document["zones"][0]["dns1"] = "192.0.2.99"
    document["zones"][0]["pods"][0]["clusters"].append({"name": "x" * 300, "hypervisor": "KVM"})
    for on_error in ("continue", "stop"):
        result = cloud.run("apply", cloud=document, on_error=on_error, parallel=2)
        assert result["failed"]
        assert "skipped" not in result["plan"][0], result["plan"][0]
        assert cloud.client.list("listZones")[0]["dns1"] == document["zones"][0]["dns1"]
        document["zones"][0]["dns1"] = "192.0.2.98"


def test_an_error_of_one_object_lets_independent_ones_finish_if_asked(cloud):
    document = example()
    refused = "x" * 300  # longer than the server allows
    document["zones"][0]["pods"][0]["name"] = refused
    result = cloud.run("apply", cloud=document, on_error="continue", parallel=1)
    entries = {(entry["kind"], entry["name"]): entry for entry in result["plan"]}
    assert result["failed"]
    assert "error" in entries["pod", refused]
    assert "skipped" not in entries["pod", "rack2"]
    assert entries["cluster", "kvm1"]["skipped"] == f"needs pod {refused}"
    assert entries["zone", "frankfurt"]["skipped"]
    assert result["msg"].startswith("of 43 changes 1 failed, 29 done, 13 left out:\n- zones[0].pods[0]: createPod")
