"""How far an upload got is told by a remark and by the server's events; in doubt everything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.certificates import Journal, Upload
from ansible_collections.cloudstack.ops.plugins.module_utils.client import NotAllowed

CALLS = [Upload(name, {}) for name in ("root", "intermediate", "server")]
OURS, OTHER = "aa:bb", "cc:dd"


class Server:
    """Remarks and events; one second passes with each thing that is written."""

    def __init__(self) -> None:
        self.seconds = 0
        self.remarks: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.deaf = False

    def now(self) -> str:
        self.seconds += 1
        return f"2026-01-01T00:00:{self.seconds:02}+0000"

    def list(self, command: str, _params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        if command == "listAnnotations" and self.deaf:
            raise NotAllowed("no")
        return {"listAnnotations": self.remarks, "listEvents": self.events, "listZones": [{"id": "z"}]}[command]

    def send(self, command: str, params: Mapping[str, Any], _obj: str) -> dict[str, Any]:
        if self.deaf:
            raise NotAllowed("no")
        if command == "removeAnnotation":
            self.remarks = [row for row in self.remarks if row["id"] != params["id"]]
            return {}
        self.remarks = [*self.remarks, {"id": str(self.seconds), "created": self.now(), **params}]
        return {"annotation": self.remarks[-1]}

    def upload(self, number: int, state: str = "Completed") -> None:
        self.events += [{"created": self.now(), "state": state} for _call in range(number)]

    def journal(self, fingerprint: str = OURS) -> Journal:
        return Journal(self, SimpleNamespace(facts={"fingerprint": fingerprint}))


@pytest.fixture
def begun() -> Server:
    """Somebody uploaded something long ago; then a run began to."""
    server = Server()
    server.upload(4)
    journal = server.journal()
    assert journal.left(CALLS) == CALLS
    assert journal.begin(CALLS, CALLS, server.send) == ""
    return server


@pytest.mark.parametrize("sent", [0, 1, 2, 3])
def test_what_was_sent_since_the_remark_is_not_sent_again(begun, sent):
    begun.upload(3, state="Started")
    begun.upload(sent)
    assert begun.journal().left(CALLS) == CALLS[sent:]


def test_in_doubt_everything_is_sent(begun):
    begun.upload(3)
    assert begun.journal(OTHER).left(CALLS) == CALLS
    assert begun.journal().left(CALLS[2:]) == CALLS[2:]
    begun.upload(1)  # somebody else's
    assert begun.journal().left(CALLS) == CALLS


def test_another_certificate_takes_the_place_of_the_remark_and_the_end_takes_it_away(begun):
    other = begun.journal(OTHER)
    assert other.is_open
    other.begin(CALLS, CALLS, begun.send)
    assert [OTHER in row["annotation"] for row in begun.remarks] == [True]
    begun.journal().end(begun.send)
    assert begun.remarks == []
    assert not begun.journal().is_open


def test_who_may_write_no_remark_uploads_all_the_same():
    server = Server()
    server.deaf = True
    journal = server.journal()
    assert journal.left(CALLS) == CALLS
    assert "no remark" in journal.begin(CALLS, CALLS, server.send)
