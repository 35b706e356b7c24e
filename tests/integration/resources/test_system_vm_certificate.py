"""The certificate of system VMs that really serve it: the simulator opens a TLS listener for each."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.integration.resources.conftest import Cloud
from ansible_collections.cloudstack.ops.tests.unit.certificates.authority import NOW, Issued, issue, key_text

DOMAIN = "consoles.example.com"
SETTINGS = {
    "consoleproxy.sslEnabled": "true",
    "consoleproxy.url.domain": f"*.{DOMAIN}",
    "secstorage.encrypt.copy": "true",
    "secstorage.ssl.cert.domain": f"*.{DOMAIN}",
}
TODAY = (datetime.now(UTC) - NOW).days
RATE = 120
PATIENCE = 4 * RATE
"""Simulated seconds to wait: many times what all steps take, also where the machine is busy with something else."""


class Authority:
    """Issues what is valid today."""

    def __init__(self) -> None:
        self.root = issue("Root", 11, ca=True, days=(TODAY - 10, TODAY + 900))
        self.middle = issue("Middle", 12, self.root, ca=True, days=(TODAY - 10, TODAY + 800))

    def server(self, number: int = 13, days: tuple[int, int] = (-1, 90), **more: Any) -> Issued:
        names = more.pop("names", (f"*.{DOMAIN}", DOMAIN))
        return issue("consoles", number, self.middle, names=names, days=(TODAY + days[0], TODAY + days[1]), **more)

    def wish(self, leaf: Issued, **more: Any) -> dict[str, Any]:
        chain = [self.middle.pem, self.root.pem]
        given = {"certificate": leaf.pem, "private_key": leaf.key_pem, "chain": chain, "domain": DOMAIN}
        return {**given, "timeout": PATIENCE, **more}


class Certified(Cloud):
    """A cloud whose settings let the certificate be used."""

    def __init__(self) -> None:
        super().__init__(rate=RATE, system_vm_tls=True)
        for name, value in SETTINGS.items():
            self.client.run("updateConfiguration", {"name": name, "value": value})

    def addresses(self) -> dict[str, str]:
        """Where each public address is on the loopback."""
        with urllib.request.urlopen(f"{self.running.url}/simulator/system-vms", timeout=30) as answer:
            return json.load(answer)["addresses"]

    def certify(self, wish: dict[str, Any], *, check: bool = False, **more: Any) -> dict[str, Any]:
        given = {"probe_addresses": self.addresses(), **wish, **more}
        return self.run("system_vm_certificate", check=check, **given)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def settled(cloud: Certified, wish: dict[str, Any], kind: str) -> str:
    """State of the system VM of a type, once it answers: it may be rebooting."""
    give_up = time.monotonic() + 20
    while True:
        try:
            sights = cloud.certify(wish, check=True)["system_vms"]
            return next(vm["state"] for vm in sights if vm["type"] == kind)
        except InvalidInput:
            assert time.monotonic() < give_up
            time.sleep(0.1)


@pytest.fixture(scope="module")
def served(authority: Authority) -> Iterator[Certified]:
    """A cloud whose system VMs came to serve a certificate, with what it took to get there."""
    cloud = Certified()
    cloud.first = authority.server()
    wish = authority.wish(cloud.first)
    with pytest.raises(InvalidInput) as caught:
        cloud.certify(wish)
    cloud.refused = caught.value
    cloud.sent_when_refused = cloud.changes
    cloud.done = cloud.certify(wish, force=True, recreate=True)
    yield cloud
    cloud.close()


def test_first_certificate_needs_force_because_the_console_proxy_does_not_answer(served):
    assert served.refused.option == "probe"
    assert "v-" in served.refused.message and "force=true" in served.refused.remedy
    assert served.sent_when_refused == 0
    assert (served.done["changed"], served.done["verified"]) == (True, True)
    assert {vm["type"] for vm in served.done["system_vms"]} == {"consoleproxy", "secondarystoragevm"}
    assert {vm["fingerprint"] for vm in served.done["system_vms"]} == {served.done["certificate"]["fingerprint"]}


@pytest.mark.parametrize("check", [False, True])
def test_what_is_served_is_not_uploaded_again(served, authority, check):
    again = served.certify(authority.wish(served.first), check=check)
    assert (again["changed"], again["verified"], served.changes) == (False, True, 0)


def test_key_in_another_form_is_the_same_key(served, authority):
    wish = authority.wish(served.first, private_key=key_text(served.first.key, "TraditionalOpenSSL"))
    assert served.certify(wish)["changed"] is False


@pytest.mark.parametrize(
    ("leaf", "changes", "option", "says"),
    [
        ({"days": (-9, -1)}, {}, "certificate", "expired"),
        ({"days": (1, 90)}, {}, "certificate", "valid only from"),
        ({"days": (-9, 3)}, {"valid_days": 5}, "certificate", "less than 5 days"),
        ({"names": ("*.other.example.com",)}, {}, "domain", f"*.{DOMAIN}"),
        ({"key": ec.generate_private_key(ec.SECP256R1())}, {}, "private_key", "no RSA key"),
        ({}, {"private_key": "other"}, "private_key", "does not belong"),
        ({}, {"private_key": "nonsense"}, "private_key", "can't be read"),
        ({}, {"chain": []}, "chain", "missing"),
        ({}, {"chain": ["root"]}, "chain", "signed neither"),
        ({}, {"probe_addresses": {"v-1-VM": "127.0.0.1"}}, "probe_addresses", "port"),
    ],
)
def test_bad_certificate_is_refused_before_any_call(served, authority, leaf, changes, option, says):
    texts = {"other": key_text(authority.root.key), "root": authority.root.pem}
    wish = authority.wish(authority.server(14, **leaf))
    for name, value in changes.items():
        wish[name] = [texts[one] for one in value] if isinstance(value, list) else texts.get(str(value), value)
    for check in (True, False):
        with pytest.raises(InvalidInput) as caught:
            served.certify(wish, check=check, force=True)
        assert (caught.value.option, served.calls) == (option, 0)
        assert says in caught.value.message and caught.value.remedy


def test_unreachable_console_proxy_fails_and_names_the_option(served, authority):
    addresses = {**served.addresses()}
    (proxy,) = served.client.list("listSystemVms", {"systemvmtype": "consoleproxy"})
    with socket.socket() as closed, pytest.raises(InvalidInput) as caught:
        closed.bind(("127.0.0.1", 0))  # and never listens
        nowhere = f"127.0.0.1:{closed.getsockname()[1]}"
        served.certify(authority.wish(served.first), probe_addresses={**addresses, proxy["publicip"]: nowhere})
    assert (caught.value.option, served.changes) == ("probe", 0)
    assert proxy["name"] in caught.value.message


def test_without_probe_only_force_uploads(served, authority):
    wish = authority.wish(served.first, probe="none")
    left = served.certify(wish)
    assert (left["changed"], left["verified"], served.changes) == (False, False, 0)
    assert any("force" in warning for warning in left["warnings"])
    planned = served.certify(wish, check=True, force=True)
    assert (planned["changed"], served.changes) == (True, 0)
    forced = served.certify(wish, force=True)
    assert (forced["changed"], forced["verified"], served.changes) == (True, False, 3)
    assert forced["uploads"] == planned["uploads"]


def test_renewal_that_the_console_proxy_does_not_take_is_an_error_until_it_is_made_again(served, authority):
    wish = authority.wish(authority.server(15))
    assert settled(served, wish, "secondarystoragevm") == "other"
    planned = served.certify(wish, check=True)
    assert (planned["changed"], served.changes) == (True, 0)
    stayed = served.certify(wish)
    assert stayed["failed"] and "recreate=true" in stayed["msg"]
    assert stayed["uploads"] == planned["uploads"] == [planned["uploads"][-1]]
    assert [vm["state"] for vm in stayed["system_vms"] if vm["type"] == "secondarystoragevm"] == ["wanted"]
    done = served.certify(wish, recreate=True)
    assert (done["changed"], done["verified"]) == (True, True)
    assert served.certify(wish)["changed"] is False


def test_accepted_and_not_served_is_an_error(served, authority):
    served.client.run("updateConfiguration", {"name": "consoleproxy.sslEnabled", "value": "false"})
    served.client.run("updateConfiguration", {"name": "secstorage.encrypt.copy", "value": "false"})
    wish = authority.wish(authority.server(16))
    done = served.certify(wish)
    assert done["failed"] and done["changed"] and not done["verified"]
    assert "not every system VM serves it" in done["msg"]
    assert any("consoleproxy.sslEnabled" in warning for warning in done["warnings"])
