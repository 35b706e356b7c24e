"""Each rule of the audit against rows that break it, and against rows that do not."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.audit import RULES, SEVERITIES, audit, failing, page
from ansible_collections.cloudstack.ops.plugins.module_utils.audit.facts import SOURCES, THRESHOLDS
from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, InvalidInput, NotAllowed
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import OPERATIONS, RESOURCES
from ansible_collections.cloudstack.ops.tests.unit.audit.cases import CASES, SYSTEM_VMS, capacity, settings, volume
from ansible_collections.cloudstack.ops.tests.unit.certificates.authority import NOW, intermediate, issue, serving


def _named(command: str, params: dict[str, Any]) -> str:
    return next(name for name, source in SOURCES.items() if source == (command, params))


class FakeClient:
    """Lists by the names of the audit's sources; those that are None may not be read."""

    connection = SimpleNamespace(endpoint="https://cloud.example.com/client/api")

    def __init__(self, lists: dict[str, Any]) -> None:
        self.lists = lists
        self.asked: list[str] = []

    def list(self, command: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        if "podid" in params:
            return [row for row in self.lists["capacity of pods"] if row["podid"] == params["podid"]]
        if "projectid" in params:
            own = {key: value for key, value in params.items() if key != "projectid"}
            return self.lists.get(f"{_named(command, own)} of projects", [])
        name = _named(command, params)
        self.asked.append(name)
        rows = self.lists.get(name, [])
        if rows is None:
            raise NotAllowed("the role does not allow it", command=command)
        if isinstance(rows, Exception):
            raise rows
        return rows

    @staticmethod
    def parallel(calls: list[Any]) -> list[Any]:
        return [call() for call in calls]


def looked(lists: dict[str, Any], **options: Any) -> dict[str, Any]:
    given = {"probe": "none", **options}
    task = SimpleNamespace(
        client=FakeClient(lists), clock=SimpleNamespace(now=lambda: NOW), option=given.get, tell=lambda _text: None
    )
    result = audit(task)
    assert len(task.client.asked) == len(set(task.client.asked)), "a list was read twice"
    return result


@pytest.mark.parametrize(("rule", "bad", "good", "says"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_a_rule_finds_what_it_is_for_and_nothing_else(rule, bad, good, says):
    found = looked(bad, rules=[rule])["findings"]
    assert [entry["rule"] for entry in found] == [rule]
    assert says in found[0]["evidence"]
    assert found[0]["severity"] in SEVERITIES
    assert looked(good, rules=[rule])["findings"] == []


def test_every_rule_has_a_case_but_that_of_certificates_which_needs_a_listener():
    assert {case[0] for case in CASES} | {"certificate"} == set(RULES)


def test_remedies_name_modules_that_exist():
    named = {name for rule in RULES.values() for name in rule.modules}
    assert named <= set(OPERATIONS) | {name for name, record in RESOURCES.items() if not record.lookup_only}
    assert all(rule.needs and set(rule.needs) <= set(SOURCES) for rule in RULES.values())


@pytest.mark.parametrize(("days", "severity", "says"), [(20, "high", "ends in 20 days"), (-2, "critical", "ended")])
def test_certificates_are_seen_by_a_handshake(tmp_path, days, severity, says):
    served = issue("consoles", 5, intermediate(), names=("*.consoles.example.com",), days=(-30, days))
    with serving(tmp_path, served) as listener:
        row = {**SYSTEM_VMS[1], "publicip": "203.0.113.7"}
        given = {"rules": ["certificate"], "probe": "public", "probe_addresses": {"203.0.113.7": listener.address}}
        (found,) = looked({"system_vms": [row]}, **given)["findings"]
    assert (found["severity"], found["name"]) == (severity, "s-2-VM")
    assert says in found["evidence"]


def test_a_system_vm_that_nobody_could_look_at_is_as_bad_as_an_outdated_certificate():
    """A console proxy that refuses has no certificate; a secondary storage VM always has one."""
    rows = [
        {**SYSTEM_VMS[1], "systemvmtype": kind, "publicip": "203.0.113.7"}
        for kind in ("secondarystoragevm", "consoleproxy")
    ]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and never listens
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        given = {"rules": ["certificate"], "probe": "public", "probe_addresses": {"203.0.113.7": address}}
        found = looked({"system_vms": rows}, **given)["findings"]
    assert [(one["severity"], one["evidence"].split(",")[0].split(":")[0]) for one in found] == [
        ("high", "nobody knows which certificate it serves"), ("low", "it speaks no TLS"),
    ]  # fmt: skip


def test_what_may_not_be_read_is_said_and_the_rest_is_done():
    templates = ApiError(
        "the server refused the call", server_text="Filter all can be specified by admin only", code=431
    )
    given = {"jobs": None, "templates": templates, "settings": settings(integration_api_port="8096")}
    result = looked(given)
    states = {rule["id"]: (rule["state"], rule["reason"]) for rule in result["rules"]}
    assert states["stuck-job"] == ("skipped", "listAsyncJobs: the role does not allow it")
    assert states["stuck-volume"][0] == "skipped"
    assert states["template-not-ready"] == ("skipped", "listTemplates: Filter all can be specified by admin only")
    assert states["integration-port"][0] == "found"
    assert {"stuck-job", "template-not-ready"} <= set(result["unread"])
    assert "certificate" not in result["unread"]
    assert states["certificate"] == ("skipped", "not asked for: give probe")


def test_rules_and_thresholds_can_be_chosen_and_typing_errors_are_named():
    assert looked({"capacity": [capacity(4, 50)]}, rules=["public-addresses"], thresholds={"public_addresses": 40})[
        "counts"
    ] == {"critical": 0, "high": 0, "medium": 1, "low": 0}
    left = looked({}, without=["stuck-job"])["rules"]
    assert {rule["id"] for rule in left} == set(RULES) - {"stuck-job"}
    for options, option, near in (
        ({"rules": ["stuck-jobs"]}, "rules", "stuck-job"),
        ({"without": ["host"]}, "without", "host-down"),
        ({"thresholds": {"jobs": 1}}, "thresholds", "job_hours"),
        ({"thresholds": {"job_hours": "soon"}}, "thresholds", "number"),
        ({"thresholds": {"job_hours": "nan"}}, "thresholds", "number"),
        ({"thresholds": {"pool_used": 850}}, "thresholds", "0 to 100"),
    ):
        with pytest.raises(InvalidInput) as caught:
            looked({}, **options)
        assert caught.value.option == option
        assert near in str(caught.value)


def test_the_worst_comes_first_and_fails_where_that_is_asked():
    result = looked({"settings": settings(integration_api_port="8096", expunge_delay="60")})
    assert [found["severity"] for found in result["findings"]] == ["critical", "medium"]
    assert failing(result, "none") == ""
    assert failing(result, "critical").startswith("1 finding is critical or worse; the first: setting int")
    assert failing(looked({"settings": settings(expunge_delay="60")}), "high") == ""
    unread = looked({"jobs": None})
    assert failing(unread, "none") == ""
    assert "stuck-job" in failing(unread, "low")
    assert "in without" in failing(unread, "low")
    assert failing(looked({"jobs": None}, without=unread["unread"]), "low") == ""


def test_names_of_tenants_cannot_break_out_of_the_page():
    evil = "</td><script>alert(1)</script>"
    text = page(looked({"volumes": [volume(name=evil)]}))
    assert evil not in text
    assert "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_thresholds_are_documented():
    notes = " ".join(OPERATIONS["audit"].notes)
    assert all(f"V({name})" in notes for name in (*THRESHOLDS, *RULES))
