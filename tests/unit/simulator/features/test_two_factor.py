"""The second factor: set up, shown at login, insisted on; and how many calls an account may make."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.two_factor import code_at
from tests.unit.simulator.conftest import Operator


class Browser:
    """Somebody who logs in, with the cookies of the session."""

    def __init__(self, sim: Simulator, name: str = "admin", password: str = "password", domain: str = "/") -> None:
        self.sim = sim
        reply = sim.reply(
            {"command": "login", "username": name, "password": password, "domain": domain, "response": "json"}
        )
        self.told, self.cookies = reply.body["loginresponse"], reply.cookies

    def call(self, command: str, **params: str) -> tuple[int, Any]:
        sent = {"command": command, "response": "json", "sessionkey": self.told["sessionkey"], **params}
        status, body = self.sim.handle(sent, "POST", self.cookies)
        return status, next(iter(body.values()))

    def code(self, code: str) -> tuple[int, Any]:
        return self.call("validateUserTwoFactorAuthenticationCode", codefor2fa=code)


@pytest.fixture
def offered(sim: Simulator) -> Simulator:
    sim.settings.set("enable.user.2fa", True)
    return sim


def set_up(sim: Simulator, provider: str = "totp") -> str:
    browser = Browser(sim)
    key = browser.call("setupUserTwoFactorAuthentication", enable="true", provider=provider)[1]["setup2fa"][
        "secretcode"
    ]
    assert browser.code(code_at(key, sim.clock.now()) if provider == "totp" else key) == (200, {"success": True})
    return str(key)


def test_a_code_of_an_authenticator_is_that_of_rfc_6238() -> None:
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert [code_at(key, moment) for moment in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]


def test_a_login_needs_the_code_from_then_on(offered: Simulator) -> None:
    key = set_up(offered)
    browser = Browser(offered)
    assert (browser.told["is2faenabled"], browser.told["is2faverified"], browser.told["providerfor2fa"]) == (
        "true",
        "false",
        "totp",
    )
    assert browser.call("listApis", name="listZones")[0] == 200
    status, told = browser.call("listZones")
    assert (status, "is enabled but not verified" in told["errortext"]) == (511, True)
    assert browser.call("listZones")[0] == 401, "the session is gone"
    browser = Browser(offered)
    assert browser.code(code_at(key, offered.clock.now()))[0] == 200
    assert browser.call("listZones")[0] == 200


def test_a_wrong_code_ends_the_session_or_the_setup(offered: Simulator) -> None:
    browser = Browser(offered)
    browser.call("setupUserTwoFactorAuthentication", enable="true", provider="staticpin")
    assert browser.code("wrong")[1]["errortext"] == "two-factor authentication code provided is invalid"
    assert browser.code("wrong")[1]["errortext"].startswith("Two factor authentication is not enabled on the user")
    key = set_up(offered, "staticpin")
    browser = Browser(offered)
    assert browser.code("wrong")[0] == 511
    assert browser.code(key)[0] == 401


def test_where_it_is_mandated_a_user_sets_it_up_before_anything_else(offered: Simulator) -> None:
    offered.settings.set("mandate.user.2fa", True)
    browser = Browser(offered)
    assert browser.told["is2faverified"] == "false"
    status, told = browser.call("listZones")
    assert (status, "user needs to setup 2FA" in told["errortext"]) == (511, True)
    assert Operator(offered).only("listUsers")["is2famandated"] is True
    set_up(offered)


def test_an_admin_turns_it_off_for_others_and_asks_for_it(offered: Simulator, people: dict[str, Any]) -> None:
    op, ann = Operator(offered), people["ann"].user
    assert op.do("updateUser", id=ann.uuid, mandate2fa="true")["user"]["is2faenabled"] is True
    op.do("setupUserTwoFactorAuthentication", enable="false", userid=ann.uuid)
    assert op.only("listUsers", id=ann.uuid)["is2faenabled"] is False
    code, _text = Operator(offered, people["eve"]).refused(
        "setupUserTwoFactorAuthentication", enable="false", userid=ann.uuid
    )
    assert code in (432, 531)


def test_what_is_refused(op: Operator) -> None:
    assert op.refused("setupUserTwoFactorAuthentication", enable="true")[1].startswith("2FA is not enabled")
    op.do("updateConfiguration", name="enable.user.2fa", value="true")
    assert "by the name: sms." in op.refused("setupUserTwoFactorAuthentication", enable="true", provider="sms")[1]
    assert op.do("setupUserTwoFactorAuthentication", enable="true", provider="StaticPin")["setup2fa"]["secretcode"]
    again = op.refused("setupUserTwoFactorAuthentication", enable="true")
    assert again == (530, "2FA key is already setup for the user account admin")
    assert op.only("listUserTwoFactorAuthenticatorProviders", name="TOTP")["name"] == "totp"
    assert op.refused("login", username="admin", password="password")[0] == 405
    assert [row["name"] for row in op.rows("listUserTwoFactorAuthenticatorProviders")] == ["totp", "staticpin"]


def test_an_account_may_make_so_many_calls_in_a_while(sim: Simulator, people: dict[str, Any]) -> None:
    for name, value in (("enabled", "true"), ("interval", "60"), ("max", "2")):
        sim.call("updateConfiguration", name=f"api.throttling.{name}", value=value)
    ann, op = Operator(sim, people["ann"]), Operator(sim)
    ann.do("listZones")
    sim.restart()
    for _call in range(2):
        ann.do("listZones")
    code, text = ann.refused("listZones")
    assert (code, "reached his/her account api limit, please retry after [60000] ms." in text) == (429, True)
    op.do("resetApiLimit", account=people["ann"].account.uuid)
    limit = ann.do("getApiLimit")["apilimit"]
    assert (limit["apiIssued"], limit["apiAllowed"]) == (1, 1)
    ann.do("listZones")
    assert ann.refused("listZones")[0] == 429
    sim.advance(61)
    ann.do("listZones")
    for _call in range(5):
        op.do("listZones")
