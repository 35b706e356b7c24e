"""Procedures in check mode: what an earlier task of the run would make counts as there, a mistyped name does not."""

from __future__ import annotations

from ansible_collections.cloudstack.ops.tests.support.playing import play

SIZE = {"cpu_number": 1, "cpu_speed": 500, "memory": 1024}
PROXIES = {"name": "next proxies", "system_vm_type": "consoleproxy", **SIZE}
ROUTERS = {"name": "next routers", "system_vm_type": "domainrouter", **SIZE}


def swap(offering: str, kind: str = "consoleproxy") -> dict:
    return {
        "cloudstack.ops.default_system_offering": {"system_vm_type": kind, "offering": offering},
        "ignore_errors": True,
    }


def test_a_procedure_tells_what_was_planned_before_it_from_a_mistyped_name(sandbox, tmp_path):
    tasks = [
        swap("next proxies"),
        {"cloudstack.ops.system_offering": PROXIES},
        {"cloudstack.ops.apply": {"cloud": {"system_offerings": [ROUTERS]}}},
        swap("next proxies"),
        swap("next routers", "domainrouter"),
        swap("next proxies", "domainrouter"),
        swap("next prox"),
    ]
    played = play(sandbox, tmp_path, [{"tasks": tasks}], "--check").succeeded()
    early, _made, _applied, known, of_document, other_kind, mistyped = played.ours
    for refused, name in ((early, "next proxies"), (other_kind, "next proxies"), (mistyped, "next prox")):
        assert f"'{name}' does not exist" in refused.result["msg"]
    step = "set consoleproxy.service.offering globally from '' to 'next proxies'"
    assert known.result["plan"][0] == {"step": step}
    assert "'next routers'" in of_document.result["plan"][0]["step"]
    assert not known.result.get("warnings")
