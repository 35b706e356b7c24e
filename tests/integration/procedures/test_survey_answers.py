"""Playbooks given everything as text, as forms and `-e name=value` give it: empty answers, numbers, switches, lists."""

from __future__ import annotations

import yaml

from ansible_collections.cloudstack.ops.tests.support.playing import play
from tests.integration.procedures.hosts_cloud import PlayedHostsCloud

PLANNED = ("virtual_router_upgrade", "primary_storage_maintenance", "instance_migration", "host_maintenance")
ANSWERS = {
    "virtual_router_upgrade_zone": "Populated",
    "virtual_router_upgrade_method": "restart",
    "virtual_router_upgrade_canaries": "0",
    "virtual_router_upgrade_batch": "",
    "virtual_router_upgrade_parallel": "5",
    "virtual_router_upgrade_per_host": "2",
    "virtual_router_upgrade_failure_budget": "3",
    "virtual_router_upgrade_window": "",
    "virtual_router_upgrade_report": "",
    "primary_storage_maintenance_zone": "Populated",
    "primary_storage_maintenance_state": "up",
    "primary_storage_maintenance_evacuate": "false",
    "primary_storage_maintenance_destinations": "",
    "primary_storage_maintenance_parallel": "2",
    "instance_migration_zone": "Populated",
    "instance_migration_names": "",
    "instance_migration_from_host": "h1",
    "instance_migration_to_host": "",
    "instance_migration_with_volumes": "false",
    "instance_migration_probe_port": "",
    "host_maintenance_zone": "Populated",
    "host_maintenance_names": "h1, h2",
    "host_maintenance_confirm": "",
    "host_maintenance_parallel_migrations": "2",
    "host_maintenance_return_instances": "false",
}


def test_answers_that_are_texts_mean_what_they_say(tmp_path):
    cloud = PlayedHostsCloud(200)
    pool = cloud.client.list("listStoragePools")[0]["name"]
    plans = [
        {"ansible.builtin.import_playbook": f"cloudstack.ops.{name}", "vars": {"plan_only": "true"}} for name in PLANNED
    ]
    work = {"ansible.builtin.import_playbook": "cloudstack.ops.host_maintenance", "vars": {"plan_only": "false"}}
    (tmp_path / "book.yml").write_text(yaml.safe_dump([*plans, work]))
    given = {**ANSWERS, "primary_storage_maintenance_pools": pool}

    done = play(cloud.running, tmp_path, tmp_path / "book.yml", variables=given).succeeded()

    *planned, (worked, entered) = [(task.changes, task) for task in done.ours if "counts" in task.result]
    assert {task.action.rpartition(".")[2] for _changes, task in planned} == {
        "virtual_router_upgrade", "storage_pool_maintenance", "instance_migration", "host_maintenance"
    }  # fmt: skip
    assert {changes for changes, _task in planned} == {0}
    assert worked > 0
    assert entered.result["counts"] == {"done": 2}
    assert {cloud.state(name)[1] for name in ("h1", "h2")} == {"Maintenance"}
    cloud.close()
