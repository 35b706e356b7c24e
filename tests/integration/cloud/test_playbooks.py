"""Documents in playbooks: where mistakes stand, files, Vault, secrets, and running as an ordinary module."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.tests.support.documents import example
from ansible_collections.cloudstack.ops.tests.support.playing import Played, play

SECRET = "s3cret of/the hosts"
VAULT = b"of the vault"


def ran(sandbox, folder: Path, tasks: list[dict[str, Any]], *arguments: str, **more: Any) -> Played:
    return play(sandbox, folder, [{"tasks": tasks, **more}], *arguments)


def message(played: Played) -> str:
    return played.ours[-1].result["msg"]


def test_mistakes_are_named_with_file_line_and_column(sandbox, tmp_path):
    (tmp_path / "cloud.yml").write_text(
        "---\n"
        "cloud:\n"
        "  disk_offerings:\n"
        "    - {name: a, disk_size: large}\n"
        "    - name: b\n"
        "      disk_siz: 5\n"
        "  zones:\n"
        "    - name: '{{ zone_name }}'\n"
        "      pods:\n"
        "        - name: p\n"
        "          gatewy: 10.0.0.1\n"
    )
    task = {"name": "t", "cloudstack.ops.apply": {"cloud": "{{ cloud }}"}}
    more = {"vars_files": [str(tmp_path / "cloud.yml")], "vars": {"zone_name": "z"}}
    played = ran(sandbox, tmp_path, [task], **more)
    assert played.code
    assert played.tasks[-1].calls == 0
    places = re.findall(r"- (\S+) \(\S*cloud\.yml:(\d+):(\d+)\): ([^\n]*)", message(played))
    assert places == [
        ("disk_offerings[0].disk_size", "4", "17", "'large' is not a whole number"),
        ("disk_offerings[1].disk_siz", "6", "7", "disk_offering has no such option; did you mean disk_size?"),
        ("zones[0].pods[0].gatewy", "11", "11", "pod has no such option; did you mean gateway?"),
    ]


def test_mistakes_that_only_the_server_knows_have_their_place_too(sandbox, tmp_path):
    task = {"name": "t", "cloudstack.ops.apply": {"cloud": {"settings": [{"name": "expunge.dely", "value": "1"}]}}}
    played = ran(sandbox, tmp_path, [task])
    assert re.search(r"- settings\[0\]\.name \(\S*playbook\.yml:\d+:\d+\): the server has no setting", message(played))


def encrypted(text: str) -> str:
    return VaultLib([("default", VaultSecret(VAULT))]).encrypt(text, VaultSecret(VAULT)).decode()


@pytest.fixture
def with_files(tmp_path) -> list[dict[str, Any]]:
    """The example in three files: one plain with templates, one whole in a vault, one with a value in a vault."""
    document = example("{{ host_password }}")
    offerings = {"disk_offerings": document.pop("disk_offerings")}
    account = {"name": "a", "domain": "ROOT/customers", "username": "u", "email": "u@example.com", "first_name": "U",
               "last_name": "V"}  # fmt: skip
    lines = [f"    {key}: {value}\n" for key, value in account.items()]
    secret = [f"      {line}\n" for line in encrypted("another secret").splitlines()]
    accounts = "".join(["accounts:\n  -\n", *lines, "    password: !vault |\n", *secret])
    (tmp_path / "zones.yml").write_text(yaml.safe_dump(document))
    (tmp_path / "offerings.yml").write_text(encrypted(yaml.safe_dump(offerings)))
    (tmp_path / "accounts.yml").write_text(accounts)
    (tmp_path / "vault-password").write_bytes(VAULT)
    files = [str(tmp_path / name) for name in ("zones.yml", "offerings.yml", "accounts.yml")]
    return [
        {
            "name": "apply",
            "cloudstack.ops.apply": {"cloud": {"disk_offerings": [{"name": "d", "disk_size": 1}]}, "files": files},
            "vars": {"host_password": "{{ lookup('env', 'HOST_PASSWORD') }}"},
        }
    ]


@pytest.mark.parametrize("connection", ["local", "elsewhere"])
def test_files_vaults_and_lookups_and_no_secret_anywhere(empty, tmp_path, with_files, connection):
    how = {"env": {"HOST_PASSWORD": SECRET}, "connection": connection}
    vault = ("--vault-password-file", str(tmp_path / "vault-password"))
    played = play(empty, tmp_path, [{"tasks": with_files}], "-vvvv", "--diff", *vault, **how).succeeded()
    assert played.ours[0].result["counts"] == {"create": 43, "update": 2, "unchanged": 0}
    assert empty.counters["changing"]["createDiskOffering"] == 3
    assert empty.counters["changing"]["createAccount"] == 1
    user = Connection(empty.endpoint, username="u", password="another secret", domain="/customers")
    with Client(user) as client:
        assert client.list("listZones") is not None, "the password from the vault is the account's"
    told = played.stdout + played.stderr + json.dumps([task.result for task in played.tasks])
    for secret in (SECRET, "another secret", empty.secret):
        for text in (secret, json.dumps(secret)[1:-1], secret.replace(" ", "+").replace("/", "%2F")):
            assert text not in told
    again = play(empty, tmp_path, [{"tasks": with_files}], *vault, **how)
    assert (again.code, again.changes) == (0, 0)


def test_a_file_without_a_mapping_is_refused(sandbox, tmp_path):
    (tmp_path / "list.yml").write_text("- a\n")
    played = ran(sandbox, tmp_path, [{"name": "t", "cloudstack.ops.apply": {"files": [str(tmp_path / "list.yml")]}}])
    assert "list.yml holds no mapping" in message(played)


def test_neither_cloud_nor_files_is_refused(sandbox, tmp_path):
    played = ran(sandbox, tmp_path, [{"name": "t", "cloudstack.ops.apply": {}}])
    assert "one of the following is required: cloud, files" in message(played)


def test_the_plan_is_shown_before_the_first_change(sandbox, tmp_path):
    task = {"name": "t", "cloudstack.ops.apply": {"cloud": {"disk_offerings": [{"name": "new", "disk_size": 1}]}}}
    played = ran(sandbox, tmp_path, [task])
    told = played.stderr
    assert told.index("+ disk offering new  (disk_offerings[0], ") < told.index("1/1 disk offering new created")
    assert "1 to create, 0 unchanged." in told
