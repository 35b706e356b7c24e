"""Lists of what accounts and projects own, from servers that answer in two ways."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import of_all_owners

MINE = {"id": "a", "account": "admin"}
THEIRS = {"id": "p", "projectid": "1", "project": "web"}


class Server:
    """``with_accounts``: whether the answer for all projects has what accounts own as well."""

    def __init__(self, rows: list[dict[str, Any]], *, with_accounts: bool) -> None:
        self.rows, self.with_accounts, self.asked = rows, with_accounts, 0

    def list(self, command: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        self.asked += 1
        assert (command, params["listall"]) == ("listVolumes", True)
        if "projectid" in params:
            return [row for row in self.rows if self.with_accounts or "projectid" in row]
        return [row for row in self.rows if "projectid" not in row]


@pytest.mark.parametrize(
    ("rows", "with_accounts", "asked"),
    [
        ([MINE, THEIRS], True, 1),
        ([MINE, THEIRS], False, 2),
        ([MINE], False, 2),
        ([THEIRS], True, 2),
        ([], True, 2),
    ],
)
def test_everything_once(rows, with_accounts, asked):
    server = Server(rows, with_accounts=with_accounts)
    assert of_all_owners(server, "listVolumes") == rows
    assert server.asked == asked
