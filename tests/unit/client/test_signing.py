"""Signatures, held against a second implementation that works byte by byte."""

from __future__ import annotations

import base64
import hashlib
import hmac
import string
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.plugins.module_utils.client.signing import sign, signature, text_to_sign

UNRESERVED = frozenset((string.ascii_letters + string.digits + ".-*_").encode())
VALUES = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text(string.ascii_letters + string.digits + "[].", min_size=1).filter(lambda n: n.lower() != "signature")


def reference(params: dict[str, str], secret: str) -> str:
    parts = []
    for name in sorted(params):
        value = "".join(chr(b) if b in UNRESERVED else f"%{b:02X}" for b in params[name].encode())
        parts.append(f"{name}={value}")
    mac = hmac.new(secret.encode(), "&".join(parts).lower().encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


@given(st.dictionaries(NAMES, VALUES), VALUES)
def test_any_parameters_are_signed_as_the_server_does(params, secret):
    assert signature(params, secret) == reference(params, secret)


def test_documented_example():
    # From CloudStack's developer guide.
    key = "plgWJfZK4gyS3mOMTVmjUVg-X-jlWlnfaUJ9GAbBbf9EdM-kAYMmAiLqzzq1ElZLYq_u38zCm0bewzGUdP66mg"
    secret = "VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ"
    params = {"apiKey": key, "command": "listUsers", "response": "json"}
    assert signature(params, secret) == "TTpdDq/7j/J58XCRHomKoQXEQds="


def test_canonical_text_of_what_is_easily_done_wrong():
    params = {"b": "A ~*/+", "a[0].Key": "ü", "B": "", "signature": "not part of it"}
    assert text_to_sign(params) == "b=&a[0].key=%c3%bc&b=a%20%7e*%2f%2b"


def test_version_3_ends_in_universal_time():
    now = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    signed = sign({"command": "listZones"}, "k", "s", now=now, expires=90)
    assert signed["expires"] == "2026-02-28T23:31:30+0000"
    assert signed["signatureversion"] == "3"
    assert signed["signature"] == reference({n: v for n, v in signed.items() if n != "signature"}, "s")


def test_version_2_has_no_end():
    signed = sign({"command": "listZones"}, "k", "s", version=2)
    assert sorted(signed) == ["apikey", "command", "signature"]


def test_version_3_needs_the_time():
    with pytest.raises(ValueError, match="needs the time"):
        sign({}, "k", "s")
