"""What a domain's admin may do with service and disk offerings."""

from __future__ import annotations

from typing import Any

import pytest

SIZES = {
    "ServiceOffering": {"displaytext": "s", "cpunumber": 1, "cpuspeed": 100, "memory": 128},
    "DiskOffering": {"displaytext": "d", "disksize": 1},
}


class Admins:
    """The owner of /a, and offerings: open to all, of /a, of /a and /b."""

    def __init__(self, op: Any, people: dict[str, Any]) -> None:
        self.root, self.owner = op, type(op)(op.sim, people["owner"])
        self.ids = {"a": op.sim.db.domains.first(name="a").uuid}
        self.ids["b"] = self.root.do("createDomain", name="b")["domain"]["id"]

    def offering(self, what: str, domains: str) -> str:
        """The id of an offering for some of the domains, with commas between their names."""
        where = {"domainid": ",".join(self.ids[name] for name in domains.split(","))} if domains else {}
        made = self.root.do(f"create{what}", name=domains or "open", **SIZES[what], **where)
        return str(made[what.lower()]["id"])


@pytest.fixture
def admins(op: Any, people: dict[str, Any]) -> Admins:
    return Admins(op, people)


@pytest.mark.parametrize("what", SIZES)
@pytest.mark.parametrize(
    ("domains", "tags", "text"),
    [
        ("", {}, "Unable to create public"),
        ("a", {"tags": "ssd"}, "is unable to create"),
        ("b", {}, "offering by another domain-admin: User"),
    ],
)
def test_a_new_offering_is_refused(admins: Admins, what: str, domains: str, tags: dict[str, str], text: str) -> None:
    where = {"domainid": admins.ids[domains]} if domains else {}
    code, found = admins.owner.refused(f"create{what}", name="new", **SIZES[what], **where, **tags)
    assert code == 431
    assert text in found
    assert 'User {"username":"owner","uuid":"' in found


@pytest.mark.parametrize("what", SIZES)
@pytest.mark.parametrize(
    ("domains", "params", "text"),
    [
        ("", {"name": "x"}, "Unable to update public"),
        ("a", {"domainid": "public"}, "to a public offering by user"),
        ("a", {"zoneid": "@zone"}, "Unable to update zone(s) for"),
        ("a", {"tags": "ssd"}, "is unable to update"),
        ("a", {"domainid": "@b"}, "which is not a child domain"),
        ("a,b", {"name": "x"}, "as it has linked domain(s) which are not child domain for domain-admin"),
    ],
)
def test_an_update_is_refused(admins: Admins, what: str, domains: str, params: dict[str, str], text: str) -> None:
    zone = admins.root.do("createZone", name="z", networktype="Advanced", dns1="192.0.2.1", internaldns1="192.0.2.2")[
        "zone"
    ]["id"]
    given = {key: {"@zone": zone, "@b": admins.ids["b"]}.get(value, value) for key, value in params.items()}
    if what == "ServiceOffering" and "tags" in given:
        given["storagetags"] = given.pop("tags")
    code, found = admins.owner.refused(f"update{what}", id=admins.offering(what, domains), **given)
    assert code == 431
    assert text in found


@pytest.mark.parametrize("what", SIZES)
def test_domains_of_others_stay_with_an_update(admins: Admins, what: str) -> None:
    number = admins.offering(what, "a,b")
    admins.owner.do(f"update{what}", id=number, domainid=admins.ids["a"])
    assert admins.root.only(f"list{what}s", id=number)["domain"].count("b") == 1


@pytest.mark.parametrize("what", SIZES)
@pytest.mark.parametrize(
    ("domains", "text"), [("", "Unable to delete public"), ("a,b", "linked domain(s) which are not child domain")]
)
def test_a_deletion_is_refused(admins: Admins, what: str, domains: str, text: str) -> None:
    code, found = admins.owner.refused(f"delete{what}", id=admins.offering(what, domains))
    assert code == 431
    assert text in found


@pytest.mark.parametrize("what", SIZES)
def test_tags_are_for_domain_admins_where_the_setting_says_so(admins: Admins, what: str) -> None:
    admins.root.do("updateConfiguration", name="allow.domain.admins.to.create.tagged.offerings", value="true")
    admins.owner.do(f"create{what}", name="new", **SIZES[what], domainid=admins.ids["a"], tags="ssd")
