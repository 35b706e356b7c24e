"""Certificates of load balancer rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from conftest import Cloud

OPENSSL = serialization.PrivateFormat.TraditionalOpenSSL


def made(first: int, last: int) -> dict[str, str]:
    """A certificate that is good from one day to another, counted from today, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.example.com")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + timedelta(days=first))
        .not_valid_after(now + timedelta(days=last))
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "certificate": cert.public_bytes(serialization.Encoding.PEM).decode(),
        "privatekey": key.private_bytes(*form).decode(),
    }


@pytest.fixture(scope="module")
def pair() -> dict[str, str]:
    """A self-signed certificate and its key."""
    return made(-1, 30)


@pytest.fixture
def rule(running: Cloud) -> dict[str, Any]:
    """A rule that ends TLS."""
    network = running.deploy("web")["nic"][0]["networkid"]
    address = running.op.do("associateIpAddress", networkid=network)["ipaddress"]["id"]
    return rule_on(running, address, 443, protocol="ssl")


def rule_on(cloud: Cloud, address: str, port: int, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = cloud.op.do(
        "createLoadBalancerRule", name=f"web {port}", publicipid=address, publicport=port, privateport=80,
        algorithm="roundrobin", **more,
    )["loadbalancer"]  # fmt: skip
    return made


def test_a_rule_gets_a_certificate_and_loses_it(running: Cloud, rule: dict[str, Any], pair: dict[str, str]) -> None:
    cert = running.op.do("uploadSslCert", name="www", enabledrevocationcheck="false", **pair)["sslcert"]
    running.op.do("assignCertToLoadBalancer", lbruleid=rule["id"], certid=cert["id"])
    bound = running.op.only("listSslCerts", lbruleid=rule["id"])
    assert (bound["id"], bound["loadbalancerrulelist"]) == (cert["id"], [rule["id"]])
    status, body = running.sim.call("deleteSslCert", id=cert["id"])
    error = body["deletesslcertresponse"]
    assert (status, error["cserrorcode"]) == (530, 0)
    assert error["errortext"] == f"Certificate in use by a loadbalancer(s) {rule['name']} "
    running.op.do("removeCertFromLoadBalancer", lbruleid=rule["id"])
    assert running.op.rows("listSslCerts", lbruleid=rule["id"]) == []
    running.op.do("deleteSslCert", id=cert["id"])


def test_another_certificate_needs_force(running: Cloud, rule: dict[str, Any], pair: dict[str, str]) -> None:
    first, second = (
        running.op.do("uploadSslCert", name=name, enabledrevocationcheck="false", **pair)["sslcert"]["id"]
        for name in ("old", "new")
    )
    running.op.do("assignCertToLoadBalancer", lbruleid=rule["id"], certid=first)
    status, text = running.op.refused("assignCertToLoadBalancer", lbruleid=rule["id"], certid=second)
    assert (status, text) == (431, "Another certificate is already bound to the LB")
    running.op.do("assignCertToLoadBalancer", lbruleid=rule["id"], certid=second, forced="true")
    assert running.op.only("listSslCerts", lbruleid=rule["id"])["id"] == second


def test_only_rules_that_end_tls_take_one(running: Cloud, rule: dict[str, Any], pair: dict[str, str]) -> None:
    plain = rule_on(running, rule["publicipid"], 8080)
    cert = running.op.do("uploadSslCert", name="www", enabledrevocationcheck="false", **pair)["sslcert"]["id"]
    status, text = running.op.refused("assignCertToLoadBalancer", lbruleid=plain["id"], certid=cert)
    assert (status, text) == (431, "Bad LB protocol: Expected ssl got null")
    status, text = running.op.refused("removeCertFromLoadBalancer", lbruleid=plain["id"])
    assert status == 431 and text.startswith("No certificate is bound")


def test_a_deleted_rule_sets_its_certificate_free(running: Cloud, rule: dict[str, Any], pair: dict[str, str]) -> None:
    cert = running.op.do("uploadSslCert", name="www", enabledrevocationcheck="false", **pair)["sslcert"]["id"]
    running.op.do("assignCertToLoadBalancer", lbruleid=rule["id"], certid=cert)
    running.op.do("deleteLoadBalancerRule", id=rule["id"])
    assert "loadbalancerrulelist" not in running.op.only("listSslCerts", certid=cert)
    running.op.do("deleteSslCert", id=cert)


def test_certificates_are_asked_of_balancers_only(running: Cloud, rule: dict[str, Any]) -> None:
    other = running.op.do(
        "createFirewallRule", ipaddressid=rule["publicipid"], protocol="tcp", startport=1, endport=2
    )["firewallrule"]["id"]  # fmt: skip
    status, text = running.op.refused("listSslCerts", lbruleid=other)
    assert (status, text.startswith("Found no loadbalancer with id: ")) == (530, True)


def test_a_password_is_asked_for(running: Cloud, pair: dict[str, str]) -> None:
    key = serialization.load_pem_private_key(pair["privatekey"].encode(), None)
    for form, kind in ((serialization.PrivateFormat.PKCS8, " by PKCS#8"), (OPENSSL, "")):
        best = serialization.BestAvailableEncryption(b"secret")
        given = pair | {"privatekey": key.private_bytes(serialization.Encoding.PEM, form, best).decode()}
        status, text = running.op.refused("uploadSslCert", name="www", **given)
        assert (status, text) == (530, f"Key is encrypted{kind} but password is null")
        running.op.do("uploadSslCert", name="www", password="secret", **given)
    running.op.do("uploadSslCert", name="plain", password="not needed", **pair)


@pytest.mark.parametrize(("first", "last", "named"), [(-9, -2, "NotAfter: "), (2, 9, "NotBefore: ")])
def test_a_certificate_has_to_be_in_its_time(running: Cloud, first: int, last: int, named: str) -> None:
    status, text = running.op.refused("uploadSslCert", name="www", **made(first, last))
    assert (status, text.startswith(f"Parsing certificate/key failed: {named}")) == (530, True)
