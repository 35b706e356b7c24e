"""What a certificate, its key and its chain must be like before anything is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.cloudstack.ops.plugins.module_utils.certificates import read_bundle, uploads
from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput

from .authority import DOMAIN, NOW, intermediate, issue, key_text, root, rsa_key, server


def read(**changes):
    leaf = changes.pop("leaf", None) or server()
    wanted = {
        "certificate": leaf.pem,
        "private_key": leaf.key_pem,
        "chain": [intermediate().pem, root().pem],
        "domain": DOMAIN,
        "now": NOW,
        **changes,
    }
    return read_bundle(**wanted)


def refusal(**changes):
    with pytest.raises(InvalidInput) as caught:
        read(**changes)
    return caught.value


def test_key_becomes_plain_pkcs8_whatever_form_it_had():
    leaf = server()
    for text, passphrase in (
        (key_text(leaf.key), None),
        (key_text(leaf.key, "TraditionalOpenSSL"), None),
        (key_text(leaf.key, "PKCS8", "pa ss"), "pa ss"),
        (key_text(leaf.key, "TraditionalOpenSSL", "pa ss"), "pa ss"),
    ):
        bundle = read(leaf=leaf, private_key=text, passphrase=passphrase)
        assert bundle.key.startswith("-----BEGIN PRIVATE KEY-----\n")
        loaded = serialization.load_pem_private_key(bundle.key.encode(), None)
        assert loaded.private_numbers() == leaf.key.private_numbers()


def test_chain_is_ordered_by_who_signed_whom_and_uploaded_from_the_top():
    leaf = server()
    everything = root().pem + leaf.pem + intermediate().pem
    bundle = read(leaf=leaf, certificate=everything, chain=[])
    assert bundle.leaf == leaf.certificate
    assert bundle.chain == (intermediate().certificate, root().certificate)
    calls = [call.params for call in uploads(bundle)]
    assert [(call.get("id"), call.get("name")) for call in calls] == [(1, "root"), (2, "intermediate1"), (None, None)]
    assert [call["certificate"] for call in calls] == [root().pem, intermediate().pem, leaf.pem]
    assert [("privatekey" in call) for call in calls] == [False, False, True]
    assert {call["domainsuffix"] for call in calls} == {DOMAIN}


def test_root_of_a_public_authority_need_not_be_given():
    assert len(read(chain=[intermediate().pem]).chain) == 1


def test_self_signed_certificate_has_no_chain():
    leaf = issue("own", 4, names=(f"*.{DOMAIN}",))
    bundle = read(leaf=leaf, chain=[])
    assert bundle.chain == ()
    assert len(uploads(bundle)) == 1


@pytest.mark.parametrize("domain", [DOMAIN, f"*.{DOMAIN}", f"*.{DOMAIN.upper()}."])
def test_domain_is_taken_with_or_without_star(domain):
    assert read(domain=domain).domain == DOMAIN


@pytest.mark.parametrize(
    ("changes", "option", "says"),
    [
        ({"private_key": key_text(rsa_key(9))}, "private_key", "does not belong"),
        ({"private_key": "nonsense"}, "private_key", "can't be read"),
        ({"private_key": key_text(rsa_key(3), "PKCS8", "x")}, "private_key_passphrase", "is encrypted"),
        ({"private_key": key_text(rsa_key(3), "PKCS8", "x"), "passphrase": "y"}, "private_key", "can't be read"),
        ({"passphrase": "y"}, "private_key_passphrase", "not encrypted"),
        ({"private_key": key_text(ec.generate_private_key(ec.SECP256R1()))}, "private_key", "no RSA key"),
        ({"certificate": "nonsense"}, "certificate", "no certificate that can be read"),
        ({"chain": ["nonsense"]}, "chain", "no certificate that can be read"),
        ({"chain": []}, "chain", "is missing"),
        ({"chain": [root().pem]}, "chain", "signed neither"),
        ({"chain": [intermediate().pem, issue("Stranger", 8, ca=True).pem]}, "chain", "CN=Stranger"),
        ({"domain": "other.example.com"}, "domain", "has to cover *.other.example.com"),
        ({"domain": "no domain"}, "domain", "is no domain"),
        ({"leaf": server(names=(DOMAIN,))}, "domain", f"has to cover *.{DOMAIN}"),
        ({"leaf": server(days=(-90, -1))}, "certificate", "expired"),
        ({"leaf": server(days=(1, 90))}, "certificate", "valid only from"),
        ({"valid_days": 91}, "certificate", "in less than 91 days"),
        ({"now": NOW + timedelta(days=1001), "leaf": server(days=(0, 2000))}, "chain", "expired"),
    ],
)
def test_refused_with_the_option_named(changes, option, says):
    error = refusal(**changes)
    assert error.option == option
    assert says in error.message
    assert error.remedy


def test_issuer_that_may_not_sign_is_refused():
    not_ca = issue("Not an authority", 5, root())
    leaf = issue("consoles", 3, not_ca, names=(f"*.{DOMAIN}",))
    assert refusal(leaf=leaf, chain=[not_ca.pem, root().pem]).option == "chain"


def test_load_balanced_needs_the_domain_itself():
    plain = server(names=(DOMAIN,))
    assert read(leaf=plain, load_balanced=True).domain == DOMAIN
    assert refusal(leaf=server(names=(f"*.{DOMAIN}",)), load_balanced=True).option == "domain"


def test_key_is_nowhere_to_be_seen():
    leaf = server()
    bundle = read(leaf=leaf)
    secret = bundle.key.splitlines()[3]
    for shown in (repr(bundle), str(bundle.facts), repr(uploads(bundle))):
        assert secret not in shown
    error = refusal(private_key=bundle.key.replace("A", "B", 3))
    assert secret not in f"{error} {error.as_dict()}"
