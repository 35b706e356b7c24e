"""Icons of objects: who may give them, and where lists show them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()
OTHER = base64.b64encode(b"GIF89a" + bytes(16)).decode()


def test_an_icon_is_shown_where_a_list_is_asked_for_it(bare: Any) -> None:
    op, zone = bare.op, bare.zone
    for picture in (PICTURE, OTHER):
        op.do("uploadResourceIcon", resourcetype="zone", resourceids=zone, base64image=picture)
    icon = {"resourceid": zone, "resourcetype": "Zone", "base64image": OTHER}
    assert op.rows("listResourceIcon", resourcetype="Zone", resourceids=zone) == [icon]
    assert op.only("listZones", id=zone, showicon="true")["icon"] == icon
    assert op.only("listZonesMetrics", id=zone, showicon="true")["icon"] == icon
    assert "icon" not in op.only("listZones", id=zone)
    op.do("deleteResourceIcon", resourcetype="Zone", resourceids=zone)
    assert "icon" not in op.only("listZones", id=zone, showicon="true")
    assert op.refused("deleteResourceIcon", resourcetype="Zone", resourceids=zone) == (
        530, "Failed to delete resource image",
    )  # fmt: skip


def test_an_instance_without_an_icon_borrows_that_of_its_template(running: Any) -> None:
    vm = running.deploy("web")
    look = {"id": vm["id"], "showicon": "true"}
    assert "icon" not in running.op.only("listVirtualMachines", **look)
    category = running.op.only("listOsTypes", id=vm["ostypeid"])["oscategoryid"]
    for kind, row, picture in (
        ("GuestOsCategory", category, OTHER), ("Template", vm["templateid"], PICTURE), ("UserVm", vm["id"], OTHER),
    ):  # fmt: skip
        running.op.do("uploadResourceIcon", resourcetype=kind, resourceids=row, base64image=picture)
        icon = running.op.only("listVirtualMachines", **look)["icon"]
        assert icon == {"resourceid": row, "resourcetype": kind, "base64image": picture}


@pytest.mark.parametrize(
    ("kind", "picture", "said"),
    [
        ("Account", "bm9uc2Vuc2U=", "Invalid image uploaded"),
        ("Account", "no base64", "Invalid image uploaded"),
        ("Planet", PICTURE, "Invalid resource type Planet"),
        ("Volume", PICTURE, "The resource type Volume doesn't support resource icons"),
        ("Account", PICTURE, "Unable to find resource by uuid 11111111-2222-3333-4444-555555555555 and type Account"),
    ],
)
def test_what_gets_no_icon(op: Any, kind: str, picture: str, said: str) -> None:
    told = op.refused(
        "uploadResourceIcon", resourcetype=kind, base64image=picture,
        resourceids="11111111-2222-3333-4444-555555555555",
    )  # fmt: skip
    assert told == (530, said)


def test_a_user_gives_icons_only_to_what_is_his(op: Any, people: dict[str, Any]) -> None:
    for name, code in (("ann", 200), ("bob", 530)):
        account = people[name].account.uuid
        status, _body = op.sim.call(
            "uploadResourceIcon", people["ann"], resourcetype="Account", resourceids=account, base64image=PICTURE
        )
        assert status == code
    zone = op.do("createZone", name="z", networktype="Basic", dns1="192.0.2.53", internaldns1="10.0.0.53")["zone"]["id"]
    status, _body = op.sim.call(
        "uploadResourceIcon", people["ann"], resourcetype="Zone", resourceids=zone, base64image=PICTURE
    )
    assert status == 530
