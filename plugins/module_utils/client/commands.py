# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which commands change something. A command is reading only if its name or this list says so."""

from __future__ import annotations

import re

_READS = re.compile(r"(get|list|query|find|search)[A-Z]")
# Reading, though named otherwise.
_ALSO_READS = frozenset(
    {
        "cloudianIsEnabled",
        "isAccountAllowedToCreateOfferingsWithTags",
        "quotaBalance",
        "quotaCreditsList",
        "quotaEmailTemplateList",
        "quotaIsEnabled",
        "quotaListEmailConfiguration",
        "quotaPresetVariablesList",
        "quotaStatement",
        "quotaSummary",
        "quotaTariffList",
        "quotaValidateActivationRule",
        "readyForShutdown",
        "verifyOAuthCodeAndGetUser",
    }
)
# Named like reading, but they make an object (getUploadParamsFor...) or files on the secondary storage.
_CHANGES = re.compile(r"getUploadParamsFor|getDiagnosticsData$")


def is_changing(command: str) -> bool:
    """True unless the command is known to read only; an unknown name counts as changing."""
    if _CHANGES.match(command):
        return True
    return not (_READS.match(command) or command in _ALSO_READS)
