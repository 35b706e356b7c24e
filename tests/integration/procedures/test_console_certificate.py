"""The way to a certificate: key, signing request, records of the name server, and the role around the roll-out."""

from __future__ import annotations

import json
import stat
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.playing import play
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator
from tests.integration.resources.conftest import Cloud
from tests.integration.resources.test_system_vm_certificate import DOMAIN

MODULE = "certificate_request"
FILES = ("private_key", "request", "certificate")


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    found = Cloud()
    yield found
    found.close()


def wish(folder: Path, **more: Any) -> dict[str, Any]:
    paths = {f"{name}_path": str(folder / f"{name}.pem") for name in FILES}
    return {"domain": f"*.{DOMAIN}", "key_size": 2048, **paths, **more}


def test_key_and_request_are_made_once_and_only_for_their_owner(cloud, tmp_path):
    planned = cloud.run(MODULE, check=True, **wish(tmp_path))
    assert (planned["changed"], list(tmp_path.iterdir())) == (True, [])
    made = cloud.run(MODULE, **wish(tmp_path))
    assert (made["written"], made["due"], made["reason"]) == (["private_key", "request"], True, "there is none yet")
    key_file = tmp_path / "private_key.pem"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert key_file.read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert "PRIVATE KEY" not in str(made)
    request = x509.load_pem_x509_csr((tmp_path / "request.pem").read_bytes())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {f"*.{DOMAIN}", DOMAIN}
    again = cloud.run(MODULE, **wish(tmp_path))
    assert (again["changed"], cloud.calls) == (False, 0)
    other = cloud.run(MODULE, **wish(tmp_path, domain="elsewhere.example.com"))
    assert other["written"] == ["request"]


def test_self_signed_certificate_is_renewed_when_few_days_are_left(cloud, tmp_path):
    given = wish(tmp_path, self_signed=True, days=40)
    assert cloud.run(MODULE, **given)["written"] == list(FILES)
    assert cloud.run(MODULE, **given)["changed"] is False
    due = cloud.run(MODULE, **given, renew_days=50)
    assert (due["written"], "less than 50 days" in due["reason"]) == (["certificate"], True)


@pytest.mark.parametrize(
    ("content", "more", "option"),
    [
        ("nonsense", {}, "private_key"),
        ("ec", {}, "private_key"),
        (None, {"private_key_path": "/proc/none/key.pem"}, "private_key_path"),
        (None, {"domain": "no domain"}, "domain"),
    ],
)
def test_files_that_cannot_be_used_are_named_and_left_alone(cloud, tmp_path, content, more, option):
    if content == "ec":
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        content = ec.generate_private_key(ec.SECP256R1()).private_bytes(*form).decode()
    if content:
        (tmp_path / "private_key.pem").write_text(content)
    with pytest.raises(InvalidInput) as caught:
        cloud.run(MODULE, **wish(tmp_path, **more))
    assert caught.value.option == option
    assert [path.read_text() for path in tmp_path.iterdir()] == ([content] if content else [])


def test_records_are_those_of_ranges_for_system_vms_where_there_are_some(cloud):
    every = cloud.run("system_vm_dns_records", domain=DOMAIN)
    first = every["records"][0]
    assert (first["name"], first["type"], first["value"]) == (f"192-168-2-2.{DOMAIN}", "A", "192.168.2.2")
    zone = cloud.client.list("listZones")[0]["id"]
    cloud.client.run(
        "createVlanIpRange",
        {"zoneid": zone, "forvirtualnetwork": True, "vlan": "60", "gateway": "192.0.2.1", "netmask": "255.255.255.0",
         "startip": "192.0.2.10", "endip": "192.0.2.12", "forsystemvms": True},
    )  # fmt: skip
    own = cloud.run("system_vm_dns_records", domain=DOMAIN, zone=zone)
    assert own["zone_file"].splitlines() == [
        f"192-0-2-{last}.{DOMAIN}. IN A 192.0.2.{last}" for last in (10, 11, 12)
    ]  # fmt: skip


def test_role_goes_from_nothing_to_the_proof(tmp_path):
    sim = Simulator(clock=RunningClock(60.0, start=time.time() - 600), zone="sandbox")
    restart = tmp_path / "restart.yml"
    restart.write_text(
        "- ansible.builtin.uri: {url: '{{ simulator }}/simulator/restart', method: POST, body_format: json, body: {}}\n"
    )
    with RunningSimulator(sim, system_vm_tls=True) as running:
        with urllib.request.urlopen(f"{running.url}/simulator/system-vms", timeout=5) as answer:
            addresses = json.load(answer)["addresses"]
        given = {
            "domain": DOMAIN, "folder": str(tmp_path / "files"), "self_signed": True, "settle": 2,
            "probe_addresses": addresses, "restart_tasks": str(restart),
        }  # fmt: skip
        variables = {f"console_certificate_{name}": value for name, value in given.items()}
        book = ROOT / "playbooks/console_certificate.yml"
        done = play(running, tmp_path, book, variables={**variables, "simulator": running.url}).succeeded()
    first, last = (t for t in done.ours if t.action == "cloudstack.ops.system_vm_certificate_rollout")
    assert first.result["restart_needed"]
    assert set(last.result["counts"]) <= {"done", "already"}
    assert "PRIVATE KEY" not in done.stdout + done.stderr
