# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the download of an image to a zone went, by what the server lists of it."""

from __future__ import annotations

import re

from ..model import Row

_FAILED_STATES = frozenset(("DOWNLOAD_ERROR", "UPLOAD_ERROR", "ABANDONED"))
_FAILED_TEXT = re.compile(r"\b(error|fail(ed|ure)?|abandoned|unable|cannot|refused|timed out)\b", re.IGNORECASE)


def failure_of(copy: Row) -> str:
    """What the server says of a copy whose download failed; empty while it may still come."""
    states = [str(detail.get("downloadState")) for detail in copy.get("downloaddetails") or ()]
    status = str(copy.get("status") or "")
    failed = all(state in _FAILED_STATES for state in states) if states else bool(_FAILED_TEXT.search(status))
    return (status or ", ".join(states)) if failed and not copy.get("isready") else ""
