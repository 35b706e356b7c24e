"""What holds for every playbook that is shipped, and for every line of the documentation that runs one."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.cloudstack.ops.scripts.doc_examples import ROOT, Example, examples

CONNECTION = "{{ cloud_connection | default({}) }}"
PLAYBOOKS = {path.stem: path for path in sorted((ROOT / "playbooks").glob("*.yml"))}
RUN = re.compile(r"ansible-playbook\s+cloudstack\.ops\.(\w+)((?:\\\n|[^\n])*)")
COMMANDS = [example for example in examples() if not example.is_yaml and RUN.search(example.text)]


@pytest.mark.parametrize("name", sorted(PLAYBOOKS.keys() - {"demo"}))
def test_each_cloud_of_an_inventory_has_its_own_connection(name: str) -> None:
    for shipped in yaml.safe_load(PLAYBOOKS[name].read_text()):
        assert shipped["module_defaults"]["group/cloudstack.ops.cloudstack"] == CONNECTION


@pytest.mark.parametrize("example", COMMANDS, ids=str)
def test_commands_of_the_documentation_name_a_playbook_and_an_inventory(example: Example) -> None:
    for name, arguments in RUN.findall(example.text):
        assert name in PLAYBOOKS
        assert re.search(r"(^|\s)-i\s", arguments), f"{name} would find no hosts, and end without a word"
