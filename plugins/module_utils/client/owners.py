# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of what accounts and what projects own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rows = list[dict[str, Any]]
ALL_PROJECTS = {"projectid": "-1"}


def of_all_owners(client: Any, command: str, params: Mapping[str, Any] | None = None) -> Rows:
    """Rows of accounts and of projects; a list leaves out what projects own unless it is asked for all projects.

    With ``listall`` current servers answer that with what accounts own as well, older ones with projects' rows alone:
    only where no account's row is among them, the plain list is asked for, too. What lies in several zones comes once
    for each.
    """
    given = {"listall": True, **(params or {})}
    rows: Rows = client.list(command, {**given, **ALL_PROJECTS})
    if not any(row.get("account") and not row.get("projectid") for row in rows):
        rows = [*client.list(command, given), *rows]
    return list({(row.get("id"), row.get("zoneid")): row for row in rows}.values())
