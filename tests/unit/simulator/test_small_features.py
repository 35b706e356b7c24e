"""Features with few commands: lists of what nothing here makes, counters, console sessions, details of any object."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import contract
from cloudstack_simulator.commands.features import nothing_there


@pytest.mark.parametrize("command", nothing_there.APPLIANCES + nothing_there.FEATURES)
def test_a_list_of_what_nothing_makes_is_empty_and_checks_its_parameters(op: Any, command: str) -> None:
    fact = contract.commands()[command]
    if not any(p.required for p in fact.params.values()):
        assert op.do(command) == {}
    if "pagesize" in fact.params and not any(p.required for p in fact.params.values()):
        assert op.refused(command, page=1) == (431, '"pagesize" parameter is required when "page" is specified')
    ids = [p.name for p in fact.params.values() if p.type == "uuid" and not p.since]
    for name in ids:
        code, text = op.refused(command, **{name: "11111111-2222-3333-4444-555555555555"})
        assert code == 431
        assert f"Invalid parameter {name}" in text or "missing parameter" in text


def test_the_counters_of_a_new_server(op: Any) -> None:
    assert op.do("listCounters")["count"] == 16
    names = {row["name"] for row in op.rows("listCounters", provider="None")}
    assert names == {"VM CPU - average percentage", "VM Memory - average percentage"}
    row = op.rows("listCounters", source="NETSCALER")[0]
    assert op.only("listCounters", id=row["id"]) == row


def test_details_of_a_zone(bare: Any) -> None:
    op, zone = bare.op, {"resourcetype": "zone", "resourceid": bare.zone}
    op.do("addResourceDetail", **zone, **{"details[0].key": "colour", "details[0].value": "blue"})
    shown = {"resourceid": bare.zone, "resourcetype": "Zone", "key": "colour", "value": "blue", "fordisplay": True}
    assert op.rows("listResourceDetails", **zone) == [shown]
    assert op.rows("listResourceDetails", resourcetype="Zone", key="colour", value="blue") == [shown]
    assert op.rows("listResourceDetails", resourcetype="Zone", key="colour", value="red") == []
    assert op.only("listZones", id=bare.zone)["resourcedetails"] == {"colour": "blue"}
    op.do("removeResourceDetail", **zone, key="colour")
    assert op.rows("listResourceDetails", **zone) == []


def test_details_of_what_shows_none_itself(running: Any) -> None:
    op, nic = running.op, running.deploy("eye")["nic"][0]["id"]
    given = {"resourcetype": "Nic", "resourceid": nic}
    for colour in ("blue", "green"):
        op.do("addResourceDetail", **given, **{"details[0].key": "colour", "details[0].value": colour})
    hidden = {"details[0].key": "size", "details[0].value": "7", "fordisplay": "false"}
    op.do("addResourceDetail", **given, **hidden)
    assert {row["key"]: row["value"] for row in op.rows("listResourceDetails", **given)} == {
        "colour": "green",
        "size": "7",
    }
    assert [row["key"] for row in op.rows("listResourceDetails", **given, fordisplay="true")] == ["colour"]
    assert [row["resourceid"] for row in op.rows("listResourceDetails", resourcetype="nic", key="size", value="7")] == [
        nic
    ]
    op.do("removeResourceDetail", **given)
    assert op.rows("listResourceDetails", **given) == []


@pytest.mark.parametrize(
    ("params", "code", "named"),
    [
        ({"resourcetype": "Zone"}, 431, "Insufficient parameters"),
        ({"resourcetype": "Zone", "value": "x"}, 431, "key is null"),
        ({"resourcetype": "Planet", "resourceid": "1"}, 431, "Invalid resource type Planet"),
        ({"resourcetype": "Domain", "resourceid": "1"}, 530, "ResourceType Domain doesn't support metadata"),
        ({"resourcetype": "Host", "resourceid": "1"}, 431, "Invalid resource type Host"),
        ({"resourcetype": "Storage", "resourceid": "x"}, 431, "Unable to find resource by uuid x and type Storage"),
        ({"resourcetype": "Volume", "resourceid": "x"}, 431, "Unable to find resource by uuid x and type Volume"),
        ({"resourcetype": "Zone", "resourceid": "99"}, 431, "Unable to find resource by id 99 and type Zone"),
    ],
)
def test_details_that_are_refused(op: Any, params: dict[str, str], code: int, named: str) -> None:
    told = op.refused("listResourceDetails", **params)
    assert (told[0], named in told[1]) == (code, True), told


def test_a_link_to_a_console_is_a_session(running: Any) -> None:
    op = running.op
    vm = running.deploy("screen")["id"]
    assert op.rows("listConsoleSessions") == []
    op.do("createConsoleEndpoint", virtualmachineid=vm)
    session = op.only("listConsoleSessions", virtualmachineid=vm)
    assert (session["user"], session["virtualmachinename"], session["account"]) == ("admin", "screen", "admin")
    assert op.rows("listConsoleSessions", acquired="true") == []


def test_a_link_to_a_console_leads_to_the_domain_of_the_consoles(running: Any) -> None:
    op, vm = running.op, running.deploy("screen2")["id"]

    def link() -> tuple[str, str]:
        told = op.do("createConsoleEndpoint", virtualmachineid=vm)["consoleendpoint"]
        return told["url"].partition("/resource")[0], told["websocket"]["host"] + ":" + told["websocket"]["port"]

    root, socket = link()
    address = root.removeprefix("http://")
    assert socket == f"{address}:8080"
    for name, value in {"consoleproxy.sslEnabled": "true", "consoleproxy.url.domain": "*.consoles.example"}.items():
        op.do("updateConfiguration", name=name, value=value)
    name = address.replace(".", "-") + ".consoles.example"
    assert link() == (f"https://{name}", f"{name}:8080")  # WebSockets get TLS with the certificate
    op.do("updateConfiguration", name="consoleproxy.url.domain", value="consoles.example")
    assert link()[0] == "https://consoles.example"


def test_every_command_tells_all_that_clients_count_on(op: Any) -> None:
    commands = op.rows("listApis")
    assert {type(c["description"]) for c in commands} == {str}
    parameters = [p for c in commands for p in c["params"]]
    assert all({"name", "description", "type", "length", "required"} <= set(p) for p in parameters)
    assert all({"name", "description", "type"} <= set(field) for c in commands for field in c["response"])
