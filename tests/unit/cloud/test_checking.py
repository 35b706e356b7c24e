"""The fast rules for entries say what Ansible's own validator says."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.plugins.module_utils.arguments import (
    argument_spec,
    connection_spec,
    constraints,
    option_spec,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.checking import Rules, rules_of
from ansible_collections.cloudstack.ops.plugins.module_utils.model import Option, Resource
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES

OPTIONS = (
    Option("name", required=True, aliases=("called",)),
    Option("watts", "int", choices=(1, 40)),
    Option("weight", "float"),
    Option("lit", "bool", default=False),
    Option("colours", "set", choices=("red", "blue")),
    Option("details", "map"),
    Option("secret", secret=True, choices=("hush",)),
    Option("parts", "records", suboptions=(Option("key", required=True), Option("count", "int", default=1))),
)
SPEC = {option.name: option_spec(option) for option in OPTIONS}
RULES = Rules("lamp", SPEC, one_of=[("watts", "weight")], also=["shelves"])


def checked(entry: dict[str, Any], rules: Rules = RULES) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    mistakes: list[tuple[str, str]] = []
    return rules.check(entry, lambda below, text: mistakes.append((below, text))), mistakes


def test_every_mistake_has_its_place_and_says_what_is_wanted():
    found = checked(
        {"watt": 1, "weight": "heavy", "lit": "maybe", "colours": ["red", "blu"], "details": 5, "secret": "psst",
         "parts": [{"count": "x"}, {"key": "k", "cuont": 1}]}
    )[1]  # fmt: skip
    assert found == [
        (".watt", "lamp has no such option; did you mean watts?"),
        (".weight", "'heavy' is not a number"),
        (".lit", "'maybe' is not true or false"),
        (".colours", "'blu' is none of red, blue; did you mean blue?"),
        (".details", "5 is not a mapping"),
        (".secret", "the value is none of hush"),
        (".parts[0].count", "'x' is not a whole number"),
        (".parts[0]", "key is missing"),
        (".parts[1].cuont", "lamp.parts has no such option; did you mean count?"),
        ("", "name is missing"),
    ]


def test_what_may_stand_inside_is_among_the_nearest_names():
    assert checked({"name": "x", "watts": 1, "shelvs": []})[1] == [
        (".shelvs", "lamp has no such option; did you mean shelves?")
    ]


def test_a_name_and_its_alias_together_are_a_mistake():
    assert checked({"name": "x", "called": "y", "watts": 1})[1] == [
        (".called", "means the same as name, which is given too")
    ]


def test_one_of_several_options_is_needed():
    assert checked({"name": "x"})[1] == [("", "watts or weight is missing")]


SCALAR = st.one_of(
    st.booleans(), st.integers(-5, 50), st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.sampled_from(["", "1", "40", "1.5", "yes", "off", "red", "red,blue", "hush", "text"]),
)  # fmt: skip
INNER = st.dictionaries(st.sampled_from(["key", "count", "k"]), SCALAR, max_size=3)
ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "name": SCALAR, "watts": st.one_of(SCALAR, INNER), "weight": st.one_of(SCALAR, st.lists(SCALAR, max_size=1)),
        "lit": SCALAR, "colours": st.one_of(SCALAR, st.lists(SCALAR, max_size=3)), "details": st.one_of(SCALAR, INNER),
        "secret": SCALAR, "parts": st.one_of(SCALAR, st.lists(INNER, max_size=2)), "unknown": SCALAR,
    },
)  # fmt: skip


@settings(max_examples=600)
@given(ENTRY)
def test_agrees_with_the_validator_of_modules(entry):
    result = ArgumentSpecValidator(SPEC, required_one_of=[["watts", "weight"]]).validate(entry)
    mine, mistakes = checked(entry)
    assert bool(mistakes) == bool(result.error_messages), (mistakes, result.error_messages)
    if not mistakes:
        assert mine == {key: value for key, value in result.validated_parameters.items() if value is not None}


def inner_value(entry: dict[str, Any]) -> Any:
    return (entry.get("choices") or ["a"])[0] if entry["type"] == "str" else 1


def example(resource: Resource) -> dict[str, Any]:
    """An entry that gives every option of a kind something of its type."""
    made: dict[str, Any] = {}
    for name, entry in argument_spec(resource).items():
        if name in connection_spec():
            continue
        value = {"str": "a", "int": 1, "float": 1.0, "bool": True, "dict": {"k": "v"}, "list": ["a"]}[entry["type"]]
        if entry.get("choices"):
            value = entry["choices"][0] if entry["type"] != "list" else entry["choices"][:1]
        if entry.get("elements") == "dict":
            inner = entry.get("options", {})
            value = [
                {key: (sub.get("choices") or ["a"])[0] if sub["type"] == "str" else 1 for key, sub in inner.items()}
            ]
        made[name] = value
    return made


@pytest.mark.parametrize("kind", sorted(name for name, kind in RESOURCES.items() if not kind.lookup_only))
def test_every_kind_takes_what_its_module_takes(kind):
    resource = RESOURCES[kind]
    entry = example(resource)
    validated = ArgumentSpecValidator(argument_spec(resource), **constraints(resource)).validate(entry)
    mine, mistakes = checked(entry, rules_of(resource))
    assert mistakes == []
    assert not validated.error_messages
    theirs = validated.validated_parameters
    assert mine == {name: theirs[name] for name in mine}
