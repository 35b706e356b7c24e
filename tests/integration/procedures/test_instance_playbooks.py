"""The playbooks of templates and instances, run as an operator runs them."""

from __future__ import annotations

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.tests.support.playing import play
from ansible_collections.cloudstack.ops.tests.support.story import prepare

PLAYBOOKS = ("template_replacement", "instance_offering_change", "instance_migration")
WISHES = {
    "template_replacement_name": "of-instance",
    "template_replacement_replacement": "of-instance-v2",
    "template_replacement_url": "http://images.example.com/b.vhd.bz2",
    "instance_offering_change_names": ["of-volumes"],
    "instance_offering_change_compute_offering": "Medium Instance",
}


def test_playbooks_reach_their_goals(sandbox, tmp_path):
    with Client(Connection(sandbox.endpoint, sandbox.key, sandbox.secret)) as client:
        prepare(client)
        hosts = [row["name"] for row in client.list("listHosts", {"type": "Routing"})]
        wishes = {**WISHES, "instance_migration_from_host": hosts[0]}
        book = tmp_path / "all.yml"
        book.write_text("".join(f"- ansible.builtin.import_playbook: cloudstack.ops.{name}\n" for name in PLAYBOOKS))
        done = play(sandbox, tmp_path, book, variables=wishes).succeeded()
        assert [task.result["counts"] for task in done.ours] == [{"done": 1}, {"done": 1}, {}]
        machine = client.list("listVirtualMachines", {"name": "of-volumes", "listall": True})[0]
        assert machine["serviceofferingname"] == "Medium Instance"
        assert client.list("listTemplates", {"templatefilter": "all", "name": "of-instance-v2"})[0]["isready"] is True
