"""Which commands change something."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import is_changing

CONTRACT = Path(__file__).parents[4] / "shared" / "cloudstack" / "contract.json"
# Of the names that the server itself takes for reading, those that make something.
MAKERS = {
    "getUploadParamsForIso",
    "getUploadParamsForTemplate",
    "getUploadParamsForVolume",
    "getUploadParamsForKubernetesSupportedVersion",
    "getDiagnosticsData",
}
# The server's own list of what may be sent by GET when changes must be sent by POST.
MAY_GET = {
    "isaccountallowedtocreateofferingswithtags",
    "readyforshutdown",
    "cloudianisenabled",
    "quotabalance",
    "quotasummary",
    "quotatarifflist",
    "quotaisenabled",
    "quotastatement",
    "verifyoauthcodeandgetuser",
}
ALSO_READS = {
    "searchLdap",
    "quotaCreditsList",
    "quotaEmailTemplateList",
    "quotaListEmailConfiguration",
    "quotaPresetVariablesList",
    "quotaValidateActivationRule",
}


def test_every_command_of_the_server():
    if not CONTRACT.exists():
        pytest.skip("the server's contract is not at hand")
    commands = json.loads(CONTRACT.read_text())["commands"]
    reading = {c for c in commands if re.match(r"(get|list|query|find)\w+$", c.lower()) or c.lower() in MAY_GET}
    expected = (reading | ALSO_READS) & commands.keys() - MAKERS
    assert {c for c in commands if not is_changing(c)} == expected


@pytest.mark.parametrize("command", ["listing", "getaway", "createVolume", "logout", "anythingNew", ""])
def test_what_is_not_known_to_read_counts_as_changing(command):
    assert is_changing(command)
