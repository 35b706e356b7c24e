"""Affinity groups of accounts and of whole domains."""

from __future__ import annotations

from typing import Any

import pytest

SHARED = {"name": "theirs", "type": "ExplicitDedication"}


@pytest.fixture
def ask(op: Any, people: dict[str, Any]) -> Any:
    """Calls commands as somebody: ask("ann").do(…); the domain's id is ask.domain."""

    class Ask:
        domain = people["owner"].domain.uuid

        def __call__(self, name: str) -> Any:
            return op if name == "root" else type(op)(op.sim, people[name])

    return Ask()


@pytest.mark.parametrize(
    ("caller", "params", "code", "text"),
    [
        ("ann", {"name": "x", "type": "ExplicitDedication"}, 531, "Cannot create the affinity group"),
        ("ann", {"name": "x", "type": "Host Affinity"}, 431, "Unable to create affinity group, invalid affinity group"),
        (
            "owner", {"name": "x", "type": "host affinity", "domainid": "@"}, 431,
            "Unable to create affinity group, account name must be passed with the domainId",
        ),
        (
            "root", {"name": "x", "type": "host affinity", "domainid": "@"}, 431,
            "Unable to create affinity group, account name is needed. Affinity group type host affinity cannot be",
        ),
        (
            "root", SHARED | {"domainid": "@"}, 431,
            "Unable to create affinity group, a group with name theirs already exists under the domain.",
        ),
        ("root", {"name": "x", "type": "host affinity", "account": "ann"}, 431, "Account must be specified with"),
    ],
)  # fmt: skip
def test_a_group_is_refused(ask: Any, caller: str, params: dict[str, str], code: int, text: str) -> None:
    ask("root").do("createAffinityGroup", **SHARED, domainid=ask.domain)
    given = {key: ask.domain if value == "@" else value for key, value in params.items()}
    found = ask(caller).refused("createAffinityGroup", **given)
    assert found[0] == code
    assert found[1].startswith(text)


def test_a_domains_group_is_seen_in_the_domain_and_below(ask: Any) -> None:
    ask("root").do("createAffinityGroup", **SHARED, domainid=ask.domain)
    ask("ann").do("createAffinityGroup", name="own", type="host affinity")
    seen = {
        name: [group["name"] for group in ask(name).rows("listAffinityGroups")]
        for name in ("ann", "bob", "eve", "root")
    }
    assert seen == {"ann": ["theirs", "own"], "bob": ["theirs"], "eve": ["theirs"], "root": []}


def test_instances_keep_to_groups_of_their_domain(running: Any) -> None:
    vm = running.deploy("web", startvm="false")
    op = running.op
    other = op.do("createDomain", name="other")["domain"]["id"]
    foreign = op.do("createAffinityGroup", **SHARED, domainid=other)["affinitygroup"]["id"]
    code, text = op.refused("updateVMAffinityGroup", id=vm["id"], affinitygroupids=foreign)
    assert code == 530
    assert text.endswith("does not belong to the VM's domain")
    assert op.refused("listAffinityGroups", virtualmachineid="9999") == (
        431, "Unable to list affinity groups for virtual machine instance 9999; instance not found.",
    )  # fmt: skip
