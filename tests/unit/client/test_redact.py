"""No secret survives, in any form it travels in; and harmless text does."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError
from ansible_collections.cloudstack.ops.plugins.module_utils.client.redact import (
    HIDDEN,
    Redactor,
    hide,
    is_secret_name,
    scrub,
    secrets_in,
    secrets_in_addresses,
)

ANY = st.characters(exclude_categories=["Cs"])
SECRETS = st.text(st.one_of(ANY, st.sampled_from("&<>\"'\\ %+/~")), min_size=4, max_size=60).filter(
    lambda s: s.strip("*")
)
AROUND = st.text("\u2502 ", max_size=5)
FORMS = {
    "plain": str,
    "url": lambda s: quote(s, safe=""),
    "url, lower-case escapes": lambda s: re.sub("%..", lambda m: m.group().lower(), quote(s, safe="")),
    "form": quote_plus,
    "json": lambda s: json.dumps(s)[1:-1],
    "json, unicode": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "repr": lambda s: repr(s)[1:-1],
    "html": html.escape,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
}
NAMES = ("password", "secretkey", "apikey", "privatekey", "sessionkey", "signature", "vsmpassword", "userdata", "token")


@given(SECRETS, st.sampled_from(sorted(FORMS)), AROUND, AROUND)
def test_a_known_secret_is_hidden_in_every_form(secret, form, before, after):
    shown = FORMS[form](secret)
    scrubbed = Redactor([secret]).scrub(f"{before}{shown}{after}")
    assert shown not in scrubbed
    assert HIDDEN in scrubbed


@given(st.sampled_from(NAMES), SECRETS, st.sampled_from(["query", "json", "python"]))
def test_an_unknown_secret_is_hidden_behind_its_name(name, secret, form):
    shown = {
        "query": lambda: f"http://h/client/api?a=1&{urlencode({name: secret})}&b=2",
        "json": lambda: json.dumps({"a": 1, name: secret, "b": 2}),
        "python": lambda: f"{{'a': 1, '{name}': '{secret.encode('unicode_escape').decode().replace(chr(39), '')}'}}",
    }[form]()
    scrubbed = scrub(shown)
    assert scrubbed.count(HIDDEN) == 1
    hidden = re.sub(r"\W", "", scrubbed)
    assert len(hidden) <= len(re.sub(r"\W", "", "http://h/client/api?a=1&=&b=2")) + len(name)


@given(st.dictionaries(st.sampled_from([*NAMES, "name", "details"]), SECRETS), SECRETS.map("\u2502{}".format))
def test_structures_are_scrubbed_and_keep_their_shape(fields, known):
    shown = {"a": [fields, (1, None, True)], "b": f"-{known}-"}
    scrubbed = Redactor([known]).scrub(shown)
    assert scrubbed["b"] == f"-{HIDDEN}-"
    assert scrubbed["a"][1] == (1, None, True)
    assert scrubbed["a"][0].keys() == fields.keys()
    assert all(scrubbed["a"][0][name] == HIDDEN for name in fields if name in NAMES)


@pytest.mark.parametrize("short", ["a", "ab", "123"])
def test_a_short_secret_is_hidden_where_it_stands_alone(short):
    assert Redactor([short]).scrub(f"is {short}, and a{short}b") == f"is {HIDDEN}, and a{short}b"


def test_secrets_added_later_are_hidden():
    redactor = Redactor()
    assert redactor.scrub("open sesame") == "open sesame"
    redactor.add("sesame", None, "")
    assert redactor.scrub("open sesame") == f"open {HIDDEN}"


@pytest.mark.parametrize(
    ("shown", "scrubbed"),
    [
        ("cifs://h/s?user=u&password=x,y", f"cifs://h/s?user=u&password={HIDDEN},y"),
        ("http://joe:p%40ss@proxy:3128/", f"http://joe:{HIDDEN}@proxy:3128/"),
        ("Cookie: JSESSIONID=abc; sessionkey=def", f"Cookie: {HIDDEN}"),
        ("invalid value hunter 2 for parameter password", f"invalid value {HIDDEN} for parameter password"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMII\nEo\n-----END RSA PRIVATE KEY-----\n.",
            f"-----BEGIN RSA PRIVATE KEY-----{HIDDEN}-----END RSA PRIVATE KEY-----\n.",
        ),
        ("-----BEGIN PRIVATE KEY-----\ncut off", f"-----BEGIN PRIVATE KEY-----{HIDDEN}"),
    ],
)
def test_telling_surroundings(shown, scrubbed):
    assert scrub(shown) == scrubbed


@pytest.mark.parametrize(
    "harmless",
    [
        "unable to verify user credentials and/or request signature",
        "passwordenabled=true&userdataid=12&keyword=x&publickey=ssh-rsa",
        '{"zonetoken": "8186e151", "key": "tag", "apikeyaccess": "ENABLED"}',
        "Unable to execute API command x due to invalid value two for parameter cpunumber",
        "nfs://10.0.0.5/secondary",
    ],
)
def test_harmless_text_stays(harmless):
    assert scrub(harmless) == harmless


def test_names_of_secrets():
    secret = ["password", "details[0].secretkey", "user_api_secret", "ipsecpsk", "apiKey", "bindpass", "userData"]
    harmless = ["passwordenabled", "userdataid", "keypair", "zonetoken", "name", "apikeyaccess", "key"]
    assert [name for name in secret if not is_secret_name(name)] == []
    assert [name for name in harmless if is_secret_name(name)] == []


def test_secrets_among_parameters():
    params = {"password": "p", "name": "n", "d[0].key": "secretkey", "d[0].value": "v", "d[1].key": "a", "token": None}
    assert secrets_in(params) == {"p", "v"}


ADDRESSES = ("rbd://admin:{}@192.0.2.7:6789/pool", "smb://u:{}@h/s?a=b", "cifs://h/s?user=u&password={}&domain=d")
SHOWN_AS = {"as given": str, "url": FORMS["url"], "json": FORMS["json"], "base64": FORMS["base64"]}
ODD = SECRETS.filter(lambda s: s.strip() == s and HIDDEN not in s and not any(s in text for text in ADDRESSES))


@given(ODD, st.sampled_from(ADDRESSES), st.sampled_from(sorted(SHOWN_AS)), st.booleans())
def test_a_password_inside_an_address_is_hidden_wherever_it_comes_back(secret, address, form, encoded):
    written = quote(secret, safe="") if encoded else secret
    redactor = Redactor(secrets_in_addresses({"entries": [{"url": address.format(written)}]}))
    shown = SHOWN_AS[form](secret)
    assert shown not in redactor.hide({"told": f"\u2502{shown}\u2502"})["told"]
    for text in (redactor.hide(address.format(written)), hide(address.format(written)), redactor.scrub(written)):
        assert written not in text.replace(HIDDEN, "\u2502")


@pytest.mark.parametrize(
    ("shown", "hidden"),
    [
        ("http://u:a/b@c@h/x", "http://u:********@h/x"),
        ("http://u:a@h/path", "http://u:********@h/path"),
        ("x://h/s?password=a b&c&d=e", "x://h/s?password=********"),
        ("refused rbd://u:p/q@mon/pool, try again", "refused rbd://u:********@mon/pool, try again"),
    ],
)
def test_addresses_lose_their_passwords_and_nothing_else(shown, hidden):
    assert hide({"password": "{{ kept }}", "list": [shown]}) == {"password": "{{ kept }}", "list": [hidden]}


@pytest.mark.parametrize(
    "harmless",
    [
        "http://h:8080/images/a@b.vhd",
        "nfs://10.0.0.5:/export/a@b",
        "nfs://h/x",
        "mail a:b@c",
        "http://user@h/x",
        "a://b",
    ],
)
def test_addresses_without_a_password_stay(harmless):
    assert hide(harmless) == harmless
    assert secrets_in_addresses([harmless, 1, None]) == set()


def test_what_a_server_quotes_is_hidden_whole_though_a_pattern_would_hide_half_of_it():
    secret = """half@[]:*other"'"["""
    told = f"http://u:{secret}@images.example.com/a.vhd is not a valid uri"
    error = ApiError("the server refused the call", server_text=told).scrubbed(Redactor([secret]))
    assert error.server_text == f"http://u:{HIDDEN}@images.example.com/a.vhd is not a valid uri"
