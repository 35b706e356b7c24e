# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that narrow a scope: one that nobody has is a mistake, not a scope with nothing in it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from ..client import InvalidInput, of_all_owners

LISTS: Mapping[str, tuple[str, tuple[str, ...], bool]] = {
    "network": ("listNetworks", ("name", "id"), True),
    "vpc": ("listVPCs", ("name", "id"), True),
    "project": ("listProjects", ("name", "id"), False),
    "account": ("listAccounts", ("name",), False),
    "domain": ("listDomains", ("path", "name", "id"), False),
}
"""Option to the command that lists what it names, the fields that it may be, and whether projects own some."""


def must_exist(run: Any, options: Iterable[str]) -> None:
    """Called where a scope is empty. Raises InvalidInput for the first of the options that names nothing there is."""
    for option in options:
        wanted = run.option(option)
        if not wanted or (run.view.earlier is not None and run.view.earlier(option, wanted, {})):
            continue
        command, fields, of_projects = LISTS[option]
        rows = of_all_owners(run.client, command) if of_projects else run.client.list(command, {"listall": True})
        if not any(wanted == row.get(field) for row in rows for field in fields):
            raise InvalidInput(
                f"there is no {option} {wanted!r}",
                option=option,
                remedy=meant(wanted, (row.get(fields[0]) for row in rows), f"check {option}"),
            )


def meant(wanted: str, known: Iterable[Any], otherwise: str) -> str:
    """A remedy that names what looks alike, if anything does."""
    close = difflib.get_close_matches(wanted, sorted({str(name) for name in known if name}), n=3)
    return f"did you mean {' or '.join(repr(name) for name in close)}?" if close else otherwise
