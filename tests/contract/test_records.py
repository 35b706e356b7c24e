"""Every description against the contract of the server: commands, parameters, fields, versions, nothing left out."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.model import Option, Resource
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES

sys.path.insert(0, str(Path(__file__).parent))
from server import (
    WIRE_TYPES,
    all_commands,
    commands,
    created_by,
    described,
    fields,
    general_updates,
    ids,
    parameters,
    recorded,
    updated_by,
)

every_record = pytest.mark.parametrize("record", recorded(), ids=ids(recorded()))
every_module = pytest.mark.parametrize("record", described(), ids=ids(described()))
creating = [record for record in described() if record.commands.create]
every_creating_module = pytest.mark.parametrize("record", creating, ids=ids(creating))


@every_record
def test_commands_exist(record: Resource):
    assert sorted(all_commands(record) - set(commands())) == []


@every_record
def test_parameters_that_find_and_name_the_object_exist(record: Resource):
    own = record.commands
    wrong = [f"{own.list}.{name}" for name in (*own.filters.values(), *own.parents.values())
             if name not in parameters(own.list)]  # fmt: skip
    for kind, fixed in own.fixed.items():
        command = getattr(own, kind)
        wrong += [f"{command}.{name}" for name in fixed if name.split("[")[0] not in parameters(command)]
    if not record.lookup_only:
        named = [(update.command, update.id) for update in general_updates(record)]
        named += [(own.delete, own.id)] if own.delete else []
        wrong += [f"{command}.{name}" for command, name in named if name and name not in parameters(command)]
    if not record.rows:
        wrong += [] if own.id in parameters(own.list) else [f"{own.list}.{own.id}"]
    assert wrong == []


@every_module
def test_options_are_parameters_of_the_create_command(record: Resource):
    known = parameters(record.commands.create)
    sent = {option.name: created_by(option) for option in record.options}
    assert [
        f"{name} ({sent[name]})" for name in sent if record.commands.create and sent[name] not in (*known, "")
    ] == []


@every_module
def test_updatable_options_are_parameters_of_the_update_that_serves_them(record: Resource):
    wrong = []
    for option in record.options:
        command, parameter = updated_by(record, option)
        if option.updatable and not command:
            wrong.append(f"{option.name}: no update")
        elif parameter and parameter not in parameters(command):
            wrong.append(f"{option.name}: {command} has no {parameter}")
    assert wrong == []


def _covered(record: Resource) -> set[str]:
    """Everything of the create and update commands that an option or the description itself sends."""
    own = record.commands
    covered = {f"{own.create}.{created_by(option)}" for option in record.options}
    covered |= {f"{own.create}.{option.parameter}" for option in record.options if option.encode}
    covered |= {f"{own.create}.{name}" for name in own.fixed.get("create", {})}
    covered |= {f"{own.create}.{own.caller_id}"}
    for update in general_updates(record):
        covered |= {f"{update.command}.{name}" for name in (update.id, *own.fixed.get("update", {}))}
        served = [option for option in record.options if option.updatable and record.update_of(option.name) == update]
        covered |= {f"{update.command}.{option.update_parameter}" for option in served}
    return covered


@every_module
def test_nothing_of_the_create_and_update_commands_is_left_out(record: Resource):
    told = {record.commands.create, *(update.command for update in general_updates(record))} - {""}
    asked = {f"{command}.{name}" for command in told for name in parameters(command)}
    assert sorted(asked - _covered(record) - set(record.omitted)) == []


@every_module
def test_what_is_omitted_exists_and_has_a_reason(record: Resource):
    known = {f"{command}.{name}" for command in all_commands(record) for name in parameters(command)}
    stale = [name for name in record.omitted if name not in known]
    twice = [name for name in record.omitted if name in _covered(record)]
    silent = [name for name, reason in record.omitted.items() if len(reason) < 10]
    assert (stale, twice, silent) == ([], [], [])


@every_creating_module
def test_required_parameters_can_be_given(record: Resource):
    """A parameter that the server requires comes from an option that is asked for, or the record says who sends it."""
    demanded = {name for name, facts in parameters(record.commands.create).items() if facts.get("required")}
    sure = {option.parameter for option in record.options if option.needed or option.required}
    sure |= set(record.commands.fixed.get("create", {}))
    sure |= {name.partition(".")[2] for name in record.omitted if name.startswith(f"{record.commands.create}.")}
    checked = {option.parameter for option in record.options} if record.check_wish or record.before_create else set()
    assert sorted(demanded - sure - checked) == []


@every_record
def test_fields_are_answered(record: Resource):
    known = fields(record.commands.list)
    asked = {o.name: o.row_field for o in record.options if o.compared and not o.decode}
    asked |= {f"{o.name} (name)": o.name_field for o in record.options if o.name_field}
    asked |= {f"{name} (returns)": name for name in record.returns}
    assert {name: field for name, field in asked.items() if field not in known} == {}


def _parameter_of(record: Resource, option: Option) -> dict[str, object] | None:
    """The facts of the parameter that carries an option: of the create command, else of its update."""
    parameter = created_by(option)
    if parameter and record.commands.create:
        return parameters(record.commands.create).get(parameter)
    command, parameter = updated_by(record, option)
    return parameters(command).get(parameter) if parameter else None


@every_module
def test_versions_are_those_of_the_server(record: Resource):
    wrong = {}
    for option in record.options:
        facts = _parameter_of(record, option)
        if facts is not None and option.since != facts.get("since", ""):
            wrong[option.name] = (option.since, facts.get("since", ""))
    assert wrong == {}


@every_module
def test_types_are_those_of_the_server(record: Resource):
    wrong = {}
    for option in record.options:
        facts = _parameter_of(record, option)
        if facts is not None and facts["type"] not in WIRE_TYPES[option.type]:
            wrong[option.name] = (option.type, facts["type"])
    assert wrong == {}


@every_record
def test_references_are_known_kinds(record: Resource):
    assert {o.name: o.refers_to for o in record.options if o.refers_to and o.refers_to not in RESOURCES} == {}


@every_record
def test_the_record_names_its_own_options(record: Resource):
    named = [*record.identity, *record.scope, *record.commands.filters, *record.commands.parents]
    named += [name for update in record.updates for name in update.options]
    named += [name for state in record.states for name in state.sets]
    named += [record.parent] if record.parent else []
    assert [name for name in named if not record.has(name)] == []


@every_module
def test_names_are_clear(record: Resource):
    shown = [option for option in record.options if not option.hidden]
    names = [name for option in shown for name in (option.name, *option.aliases)]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert [name for name in names if name in ("id", "state", "immutable_drift")] == []
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []
    assert [option.name for option in shown if not "".join(option.help_lines).strip()] == []


@every_module
def test_no_option_is_without_effect(record: Resource):
    """An update happens where a difference is seen, so an option that is not compared is sent at creation or never."""
    telling = (*record.identity, *record.scope)
    later = [o for o in record.options if not o.behaviour and not o.on_create and o.name not in telling]
    dead = [o.name for o in later if record.commands.create and not (o.updatable and o.compared)]
    only_at_first = [o.name for o in record.options if o.updatable and not o.compared]
    assert (dead, only_at_first) == ([], [])
