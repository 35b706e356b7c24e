"""Where a connection is read from, and what is said when it cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    SETTINGS,
    Connection,
    InvalidInput,
    load_connection,
)

URL = "https://cloud.example.com/client/api"
KEYS = {"api_url": URL, "api_key": "k1", "api_secret": "s1"}
CMK = """\
prompt     = 🐱
timeout    = 1800
verifycert = false
profile    = other

[home]
url       = http://10.0.0.2:8080/client/api
username  = admin
password  = "pass;word # 100%"
domain    = /
apikey    =
secretkey =

[work]
url       = https://work.example.com/client/api
username  = admin
password  = password
apikey    = wk
secretkey = `ws`

[cs]
endpoint = https://cs.example.com/client/api
key      = ck
secret   = cs
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / ".cmk").mkdir()
    (tmp_path / ".cmk" / "config").write_text(CMK)
    return {"HOME": str(tmp_path)}


def test_options_win_over_environment_and_environment_over_profile(home):
    environ = {
        **home,
        "CLOUDSTACK_ENDPOINT": "https://env.example.com/client/api",
        "CLOUDSTACK_METHOD": "GET",
        "CLOUDSTACK_PROFILE": "work",
    }
    found = load_connection({"api_http_method": "post", "api_key": None, "api_secret": ""}, environ)
    assert (found.endpoint, found.method) == ("https://env.example.com/client/api", "post")
    assert (found.key, found.secret, found.username, found.verify) == ("wk", "ws", None, False)


def test_every_setting_has_its_environment_variable(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    environ = {
        "CLOUDSTACK_ENDPOINT": URL,
        "CLOUDSTACK_USERNAME": "u",
        "CLOUDSTACK_PASSWORD": " p ",
        "CLOUDSTACK_USER_DOMAIN": "ROOT/a",
        "CLOUDSTACK_METHOD": "get",
        "CLOUDSTACK_TIMEOUT": "12.5",
        "CLOUDSTACK_VERIFY": "no",
        "CLOUDSTACK_CA_FILE": str(ca),
        "CLOUDSTACK_PROXY": "http://proxy:3128",
        "CLOUDSTACK_RETRIES": "1",
        "CLOUDSTACK_JOB_TIMEOUT": "60",
    }
    assert load_connection({}, environ) == Connection(
        URL,
        username="u",
        password=" p ",
        domain="ROOT/a",
        method="get",
        timeout=12.5,
        verify=False,
        ca_file=str(ca),
        proxy="http://proxy:3128",
        retries=1,
        job_timeout=60.0,
    )
    assert {s.env for s in SETTINGS} - environ.keys() == {"CLOUDSTACK_KEY", "CLOUDSTACK_SECRET"}


def test_profile_with_a_user_name(home):
    found = load_connection({"api_profile": "home"}, home)
    assert (found.username, found.password, found.domain, found.key) == ("admin", "pass;word # 100%", "/", None)
    assert found.by_session


def test_profile_in_the_words_of_cs_and_a_file_of_ones_own(home, tmp_path):
    file = tmp_path / "mine.ini"
    file.write_text(CMK.replace("ck", "mine"))
    found = load_connection({"api_profile": "cs", "api_profile_file": str(file)}, home)
    assert (found.endpoint, found.key, found.secret) == ("https://cs.example.com/client/api", "mine", "cs")


def test_no_profile_is_used_that_nobody_named(home):
    with pytest.raises(InvalidInput, match=r"^the URL of the API is not given\. Set api_url, or CLOUDSTACK_ENDPOINT"):
        load_connection({}, home)


def test_highest_source_decides_on_the_kind_of_credentials():
    environ = {"CLOUDSTACK_KEY": "k", "CLOUDSTACK_SECRET": "s"}
    found = load_connection({"api_url": URL, "api_username": "u", "api_password": "p"}, environ)
    assert (found.key, found.username) == (None, "u")
    environ = {"CLOUDSTACK_USERNAME": "u", "CLOUDSTACK_PASSWORD": "p", "CLOUDSTACK_SECRET": "s\n"}
    found = load_connection({"api_url": URL, "api_key": "k"}, environ)
    assert (found.key, found.secret, found.username) == ("k", "s", None)


def test_verify_by_path(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    found = load_connection(KEYS, {"CLOUDSTACK_VERIFY": str(ca)})
    assert (found.verify, found.ca_file) == (True, str(ca))
    found = load_connection({**KEYS, "api_ca_file": "/other.pem"}, {"CLOUDSTACK_VERIFY": str(ca)})
    assert found.ca_file == "/other.pem"


def test_fixed_fields_are_the_callers():
    assert load_connection(KEYS, {}, retries=0).retries == 0


@pytest.mark.parametrize(
    ("options", "environ", "option", "sentence"),
    [
        ({"api_url": URL}, {}, "api_key", "no credentials are given. Set api_key and api_secret, or CLOUDSTACK_KEY"),
        ({"api_url": URL, "api_key": "k"}, {}, "api_secret", "api_key is given without api_secret"),
        (
            {"api_url": URL},
            {"CLOUDSTACK_PASSWORD": "p"},
            "api_username",
            "CLOUDSTACK_PASSWORD is given without api_username",
        ),
        ({**KEYS, "api_username": "u"}, {}, "api_key", "are given together. Give one kind"),
        ({**KEYS, "api_url": "cloud.example.com"}, {}, "api_url", "api_url is not an http or https URL. Give a URL"),
        ({**KEYS, "api_url": URL + "?x=1"}, {}, "api_url", "api_url must end with its path"),
        ({**KEYS, "api_url": "http://h:port/"}, {}, "api_url", "api_url is not a URL"),
        ({**KEYS, "api_url": "https://u:hunter22@h/"}, {}, "api_url", "must not carry a user name or password"),
        ({**KEYS, "api_proxy": "proxy:3128"}, {}, "api_proxy", "api_proxy is not an http or https URL"),
        (KEYS, {"CLOUDSTACK_TIMEOUT": "soon"}, "CLOUDSTACK_TIMEOUT", "CLOUDSTACK_TIMEOUT is not a number: soon"),
        (KEYS, {"CLOUDSTACK_TIMEOUT": "0"}, "CLOUDSTACK_TIMEOUT", "CLOUDSTACK_TIMEOUT must be greater than 0"),
        (KEYS, {"CLOUDSTACK_METHOD": "put"}, "CLOUDSTACK_METHOD", "CLOUDSTACK_METHOD must be get or post"),
        (KEYS, {"CLOUDSTACK_RETRIES": "-1"}, "CLOUDSTACK_RETRIES", "CLOUDSTACK_RETRIES must not be negative"),
        (KEYS, {"CLOUDSTACK_VERIFY": "/none.pem"}, "CLOUDSTACK_VERIFY", "neither a boolean nor a file: /none.pem"),
        ({**KEYS, "job_timeout": 0}, {}, "job_timeout", "job_timeout must be greater than 0"),
        ({"api_profile": "nope"}, {}, "api_profile", "there is no profile nope in "),
        ({"api_profile": "x", "api_profile_file": "/none"}, {}, "api_profile", "/none cannot be read: No such file"),
    ],
)
def test_what_cannot_be_right_is_named_with_its_remedy(home, options, environ, option, sentence):
    with pytest.raises(InvalidInput) as caught:
        load_connection(options, {**home, **environ})
    assert sentence in str(caught.value)
    assert caught.value.option == option
    assert caught.value.remedy or "must" in sentence or "not a number" in sentence
    assert "hunter22" not in str(caught.value.as_dict())


def test_unreadable_profile_file_shows_no_line_of_it(tmp_path):
    file = tmp_path / "config"
    file.write_text("[work\nsecretkey = hunter22")
    with pytest.raises(InvalidInput, match="not in the format of cmk") as caught:
        load_connection({"api_profile": "work", "api_profile_file": str(file)}, {})
    assert "hunter22" not in repr(caught.value.as_dict())
    assert caught.value.__suppress_context__


@given(st.text(st.characters(exclude_categories=["Cs"])).map("\u2502{}".format))
def test_repr_hides_credentials(secret):
    by_key = Connection(URL, secret, secret, proxy="http://u:proxypass@p:1")
    by_user = Connection(URL, username="u", password=secret)
    assert secret not in repr(by_key)
    assert secret not in repr(by_user)
    assert "proxypass" not in repr(by_key)


@pytest.mark.parametrize(("given", "timeouts"), [(5, (5.0, 5.0)), (120, (10.0, 120.0)), ((1, 2), (1.0, 2.0))])
def test_timeouts(given, timeouts):
    assert Connection(URL, "k", "s", timeout=given).timeouts == timeouts


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"key": "k"},
        {"username": "u"},
        {"key": "k", "secret": "s", "username": "u", "password": "p"},
        {"key": "k", "secret": "s", "signature_version": 1},
    ],
)
def test_a_connection_that_cannot_work_is_not_made(fields):
    with pytest.raises(InvalidInput):
        Connection(URL, **fields)
