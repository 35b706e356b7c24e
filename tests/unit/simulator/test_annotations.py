"""Annotations: who may write on what, and who reads them."""

from __future__ import annotations

from typing import Any

import pytest

NOWHERE = "11111111-2222-3333-4444-555555555555"
INTERNAL = "Internal error executing command, please contact your system administrator"


@pytest.fixture
def written(op: Any, operator: Any, people: dict[str, Any]) -> dict[str, Any]:
    """Ann's key pair with a note of hers, one of bob's and one of the admin's for admins."""
    who = {name: operator(op.sim, caller) for name, caller in people.items()}
    key = who["ann"].do("createSSHKeyPair", name="k")["keypair"]["id"]
    notes = {"key": key, "who": who}
    for name, more in (("ann", {}), ("bob", {}), ("admin", {"adminsonly": "true"})):
        answer = who[name].do("addAnnotation", entityid=key, entitytype="SSH_KEYPAIR", annotation=name, **more)
        notes[name] = answer["annotation"]["id"]
        op.sim.advance(2)
    return notes


def texts(op: Any, **params: Any) -> list[str]:
    return [row["annotation"] for row in op.rows("listAnnotations", **params)]


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"entitytype": "vm"}, "'vm' is not a valid EntityType to put annotations on"),
        ({}, "Name is null"),
    ],
)
def test_kinds_are_written_as_the_server_writes_them(op: Any, params: dict[str, str], refusal: str) -> None:
    assert op.refused("addAnnotation", entityid=NOWHERE, annotation="x", **params) == (530, refusal)


@pytest.mark.parametrize(("who", "kind"), [("ann", "HOST"), ("ann", "DOMAIN"), ("owner", "ZONE"), ("ann", "VM")])
def test_what_not_everybody_annotates(written: Any, who: str, kind: str) -> None:
    """Kinds for admins, and, for users, things that are not there: admins may, users are told of an internal error."""
    note = {"entityid": NOWHERE, "entitytype": kind, "annotation": "x"}
    assert written["who"][who].refused("addAnnotation", **note) == (530, INTERNAL)
    written["who"]["admin"].do("addAnnotation", **note)


def test_the_newest_comes_first_and_users_read_of_their_own_things_what_is_open(written: Any) -> None:
    who = written["who"]
    assert texts(who["admin"]) == ["admin", "bob", "ann"]
    assert texts(who["ann"]) == ["bob", "ann"]
    assert texts(who["bob"]) == []
    assert texts(who["bob"], entityid=written["key"]) == ["bob", "ann"]
    assert texts(who["ann"], annotationfilter="self") == ["ann"]
    who["ann"].do("deleteSSHKeyPair", name="k")
    assert "entityname" not in who["admin"].rows("listAnnotations")[0]


def test_by_its_id_it_is_found_with_its_author(written: Any) -> None:
    who = written["who"]
    author = {name: who[name].caller.user.uuid for name in ("ann", "admin")}
    assert texts(who["admin"], id=written["admin"]) == []
    assert texts(who["admin"], id=written["admin"], userid=author["admin"]) == ["admin"]
    assert texts(who["admin"], id=written["ann"], userid=author["ann"]) == []
    assert texts(who["ann"], id=written["ann"], userid=author["ann"]) == ["ann"]


def test_authors_and_admins_remove_and_only_admins_hide(written: Any) -> None:
    who = written["who"]
    assert who["ann"].refused("removeAnnotation", id=written["bob"]) == (530, INTERNAL)
    who["admin"].do("updateAnnotationVisibility", id=written["bob"], adminsonly="true")
    text = "Only admins can update annotations' visibility. Cannot update visibility for annotation with id:"
    assert who["admin"].refused("updateAnnotationVisibility", id=NOWHERE, adminsonly="true") == (
        530,
        f"{text} {NOWHERE} - Annotation id:{NOWHERE} does not exist",
    )
    who["ann"].do("removeAnnotation", id=written["ann"])
    assert texts(who["ann"]) == []
