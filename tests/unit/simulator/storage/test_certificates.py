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


@pytest.fixture(scope="module")
def pair() -> dict[str, str]:
    """A self-signed certificate and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.example.com")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "certificate": cert.public_bytes(serialization.Encoding.PEM).decode(),
        "privatekey": key.private_bytes(*form).decode(),
    }


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
    assert "in use" in running.op.refused("deleteSslCert", id=cert["id"])[1]
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
