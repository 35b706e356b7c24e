"""No secret is left anywhere: not in the output at -vvvv, results, the server's log, URLs, files, process arguments."""

from __future__ import annotations

import base64
import io
import json
import secrets
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.tests.support.canaries import canary, files, found, watched_processes
from ansible_collections.cloudstack.ops.tests.support.documents import ROOT, example
from ansible_collections.cloudstack.ops.tests.support.playing import Played, play
from ansible_collections.cloudstack.ops.tests.support.story import ZONE
from ansible_collections.cloudstack.ops.tests.unit.certificates.authority import key_text, rsa_key, server
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

WHATS = (
    "api_secret", "host", "account", "store", "cluster", "passphrase", "raw", "document",
    "pool", "share", "image", "inner",
)  # fmt: skip
OURS = ("variables.json",)
HOST = {"zone": ZONE, "pod": "POD0", "cluster": "C0", "username": "root", "password": "{{ host }}"}
PERSON = {
    "username": "{{ name | default('canary') }}", "password": "{{ account }}", "email": "c@example.com",
    "first_name": "C", "last_name": "N", "account_type": "user",
}  # fmt: skip


def words(**given: Any) -> dict[str, Any]:
    return {"ignore_errors": True, "diff": True, **given}


def tasks() -> list[dict[str, Any]]:
    """Every option that holds a secret: planned, run, beside an unknown option, and with no server there."""
    host = {**HOST, "name": "h9", "url": "http://sim/c0/h9"}
    account = {"name": "canary", **PERSON}
    store = {"name": "s", "zone": ZONE, "provider": "S3", "details": {"accesskey": "a", "secretkey": "{{ store }}"}}
    cluster = {"name": "c9", "zone": ZONE, "pod": "POD0", "hypervisor": "VMware", "url": "http://vc/dc/c9",
               "username": "u", "password": "{{ cluster }}"}  # fmt: skip
    certificate = {"certificate": "{{ certificate }}", "private_key": "{{ key }}", "domain": "consoles.example.com",
                   "private_key_passphrase": "{{ passphrase }}"}  # fmt: skip
    raw = {"command": "createDomain", "params": {"name": "x", "password": "{{ raw }}"}}
    entry = {"name": "h8", "url": "http://sim/c0/h8", "username": "root", "password": "{{ document }}"}
    pod = {"name": "POD0", "clusters": [{"name": "C0", "hosts": [entry]}]}
    document = {"cloud": {"zones": [{"name": ZONE, "pods": [pod]}]}}
    # Inside of URLs: encoded as it should be, half of it, and not at all.
    pool = {"name": "rbd", "zone": ZONE, "scope": "zone", "hypervisor": "KVM",
            "storage_url": "rbd://admin:{{ pool | urlencode }}@192.0.2.7:6789/pool"}  # fmt: skip
    share = {"name": "cifs", "zone": ZONE, "provider": "SMB",
             "url": "cifs://192.0.2.8/share?user=u&password={{ share }}&domain=d"}  # fmt: skip
    image = {"name": "i", "zones": [ZONE], "format": "VHD", "hypervisor": "Simulator", "os_type": "CentOS 7",
             "url": "http://u:{{ image | replace('/', '%2F') }}@images.example.com/a.vhd"}  # fmt: skip
    inner = {"cloud": {"storage_pools": [{**pool, "name": "smb", "storage_url": "smb://u:{{ inner }}@192.0.2.9/x"}]}}
    addresses = {"storage_pool": pool, "image_store": share, "template": image, "apply": inner}
    wishes = {
        "host": host, "account": account, "image_store": store, "cluster": cluster,
        "system_vm_certificate": certificate, "api": raw, "apply": document,
    }  # fmt: skip
    made = [
        words(**{f"cloudstack.ops.{module}": {**options, **more}}, check_mode=check)
        for module, options in addresses.items()
        for more in ({}, {"colour": "blue"})
        for check in (True, False)
    ]
    for module, options in wishes.items():
        name = f"cloudstack.ops.{module}"
        unreachable = {"api_url": "http://127.0.0.1:1/client/api", "api_retries": 0}
        made += [
            words(**{name: options}, check_mode=True),
            words(**{name: options}),
            words(**{name: {**options, "colour": "{{ " + {"system_vm_certificate": "key", "api": "raw",
                     "image_store": "store", "apply": "document"}.get(module, module) + " }}"}}),
            words(**{name: {**options, **unreachable}}),
        ]  # fmt: skip
    made += [
        words(
            **{"cloudstack.ops.account": {**account, "api_http_method": "get", "name": "by-get"}}, vars={"name": "g"}
        ),
        words(**{"cloudstack.ops.account": {**account, "account_type": "{{ account }}"}}),
        words(**{"cloudstack.ops.zone": {"name": ZONE, "api_secret": "{{ api_secret }}", "state": "{{ api_secret }}"}}),
    ]
    return made


class Watched:
    """A simulator with its log, that keeps what came in URLs."""

    def __init__(self, secret: str, **options: Any) -> None:
        self.log = io.StringIO()
        sim = Simulator(clock=RunningClock(4), secret=secret, log_to=self.log, **options)
        self.urls: list[str] = []
        answer = sim.reply

        def reply(params: dict[str, str], method: str = "POST", cookies: dict[str, str] | None = None) -> Any:
            if method == "GET":
                self.urls.append(json.dumps(params, ensure_ascii=False))
            return answer(params, method, cookies)

        sim.reply = reply  # type: ignore[method-assign]
        self.running = RunningSimulator(sim)


@pytest.fixture
def canaries() -> dict[str, str]:
    return {what: canary(what) for what in WHATS}


def leaks(canaries: dict[str, str], played: Played, watched: Watched, processes: set[str], folder: Any) -> str:
    places = [
        ("stdout", played.stdout),
        ("stderr", played.stderr),
        ("the results", json.dumps([task.result for task in played.tasks], ensure_ascii=False)),
        ("the server's log", watched.log.getvalue()),
        ("a URL", "\n".join(watched.urls)),
        ("process arguments", "\n".join(processes)),
        *files(folder, OURS),
    ]
    return "\n".join(found(canaries, places))


@pytest.mark.parametrize("connection", ["local", pytest.param("elsewhere", marks=pytest.mark.exhaustive)])
def test_modules(tmp_path, canaries, connection):
    key = key_text(rsa_key(9), passphrase=canaries["passphrase"])
    variables = {**canaries, "key": key, "certificate": server().pem}
    del variables["api_secret"]
    watched = Watched(canaries["api_secret"], zone="sandbox")
    with watched.running as running, watched_processes() as processes:
        played = play(
            running, tmp_path, [{"tasks": tasks() if connection == "local" else tasks()[1::2]}], "-vvvv",
            connection=connection, variables={**variables, "api_secret": canaries["api_secret"]},
        )  # fmt: skip
    assert played.code == 0, played.stdout[-3000:]
    assert {"ok", "failed"} <= {task.outcome for task in played.ours}
    assert any("createAccount" in line for line in watched.log.getvalue().splitlines())
    lines = {f"the key's line {number}": line for number, line in enumerate(key.splitlines()[3:6])}
    plain = [*((p, t) for p, t in (("stdout", played.stdout), ("stderr", played.stderr)))]
    assert [what for what, line in lines.items() for _place, text in plain if line in text] == []
    assert leaks(canaries, played, watched, processes, tmp_path) == ""


def test_role(tmp_path, canaries):
    watched = Watched(canaries["api_secret"])
    document = example(canaries["host"])
    variables = {"cloud_document": document, "cloud_verify": False}
    with watched.running as running, watched_processes() as processes:
        played = play(
            running, tmp_path, ROOT / "playbooks/site.yml", "-vvvv", "--diff", variables=variables
        ).succeeded()
        document["zones"][0]["pods"][0]["clusters"][0]["hosts"][0]["colour"] = "blue"
        failed = play(running, tmp_path, ROOT / "playbooks/site.yml", "-vvvv", "--diff", variables=variables)
    assert played.changes > 50
    assert failed.code
    assert leaks(canaries, played, watched, processes, tmp_path) == ""
    assert leaks(canaries, failed, watched, processes, tmp_path) == ""


def test_the_search_finds_what_is_hidden_badly():
    secret = canary("x")
    for text in (secret, json.dumps(secret), quote(secret)):
        assert found({"x": secret}, [("a place", f"before {text} after")])
    for shift in range(3):
        text = base64.b64encode(b"y" * shift + secret.encode() + b"more").decode()
        assert found({"x": secret}, [("a place", text)])
    assert not found({"x": secret}, [("a place", "nothing of it")])


ODD = st.text(st.sampled_from("@:/?#%&=+ \\'\"`$<>|;,!~^*()[]äß€\u00a0"), max_size=6)
ADDRESSES = {
    "storage_pool": ("storage_url", "rbd://admin:{}@192.0.2.7:6789/pool", {"scope": "zone", "hypervisor": "KVM"}),
    "image_store": ("url", "cifs://192.0.2.8/share?user=u&password={}&domain=d", {"provider": "SMB"}),
    "template": ("url", "http://u:{}@images.example.com/a.vhd",
                 {"format": "VHD", "hypervisor": "Simulator", "os_type": "CentOS 7", "cross_zones": True}),
}  # fmt: skip


@settings(max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(ODD, ODD), min_size=3, max_size=3))
def test_odd_passwords_inside_addresses(tmp_path, odd):
    """Encoded and not, in what is planned, made and refused; random marks tell which part of a password shows."""
    marks: list[str] = []
    made, variables = [], {}
    for number, between in enumerate(odd):
        parts = [secrets.token_hex(6) for _ in range(3)]
        marks += parts
        password = "".join(sum(zip(parts, (*between, ""), strict=True), ()))
        for module, (option, address, more) in ADDRESSES.items():
            for form, written in (("raw", password), ("coded", quote(password, safe=""))):
                name = f"{module}_{form}_{number}"
                variables[name] = address.format(written)
                wish = {"name": name, option: "{{ " + name + " }}", **more}
                wish |= {} if module == "template" else {"zone": ZONE}
                made.append(words(**{f"cloudstack.ops.{module}": wish}))
        made.append(words(**{f"cloudstack.ops.{module}": {**wish, "colour": "blue"}}))
    watched = Watched("some-secret", zone="sandbox")
    with watched.running as running:
        played = play(running, tmp_path, [{"tasks": made}], "-vvvv", variables=variables)
    results = json.dumps([task.result for task in played.tasks], ensure_ascii=False)
    shown = {"output": played.stdout + played.stderr, "results": results, "URLs": "\n".join(watched.urls)}
    assert [(place, mark) for place, text in shown.items() for mark in marks if mark in text] == []
    assert sum(task.changes for task in played.ours) >= len(odd)
