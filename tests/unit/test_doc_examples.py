"""Examples of the documentation name what there is: they parse, and their tasks fit the modules' argument specs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.cloudstack.ops.plugins.module_utils.arguments import argument_spec, constraints
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import OPERATIONS, RESOURCES
from ansible_collections.cloudstack.ops.scripts.doc_examples import ROOT, Example, examples

OURS = "cloudstack.ops."
RECORDS = {record.name: record for record in (*RESOURCES.values(), *OPERATIONS.values())}
ROLE_TASKS = {"include_role", "import_role", "ansible.builtin.include_role", "ansible.builtin.import_role"}
YAML_EXAMPLES = [example for example in examples() if example.is_yaml]


def mistakes(module: str, arguments: dict[str, Any]) -> list[str]:
    """Return what the module itself would say against the arguments; templates count as any value."""
    if module not in RECORDS:
        return [f"there is no module {module}"]
    record = RECORDS[module]
    found = ArgumentSpecValidator(argument_spec(record), **constraints(record)).validate(arguments)
    # What a template gives is known only when the playbook runs.
    templated = [f"argument '{name}'" for name, value in arguments.items() if "{{" in str(value)]
    return [text for text in found.error_messages if "{{" not in text and not text.startswith(tuple(templated))]


@pytest.mark.parametrize("example", YAML_EXAMPLES, ids=str)
def test_example_fits_modules_and_roles(example: Example) -> None:
    wrong = []
    for task in example.tasks():
        for key, value in task.items():
            if key.startswith(OURS):
                wrong += mistakes(key.removeprefix(OURS), value or {})
            if key in ROLE_TASKS and str(value["name"]).startswith(OURS):
                role = value["name"].removeprefix(OURS)
                wrong += [] if (ROOT / "roles" / role).is_dir() else [f"there is no role {role}"]
    assert wrong == []
