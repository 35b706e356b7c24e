"""What watches a cloud: events, alerts, jobs, webhooks and the usage server."""

from __future__ import annotations

import json

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    InvalidInput,
    JobTimeout,
)
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud

KEY = "a key that nobody may see"
HOOK = {"name": "chat", "payload_url": "https://chat.example.com/hook"}


@pytest.fixture
def quick() -> PopulatedCloud:
    """A cloud of its own with a history, in which time passes only while the client waits."""
    return PopulatedCloud("hosts=2,vms=1,routers=1,hypervisor=KVM")


def test_webhook_is_made_changed_silenced_and_removed(cloud):
    made = cloud.run("webhook", **HOOK, secret_key=KEY, scope="Global")
    assert (made["changed"], made["resource"]["webhook_state"]) == (True, "Enabled")
    assert cloud.run("webhook", **HOOK, secret_key=KEY, scope="Global")["changed"] is False
    turned = cloud.run("webhook", **HOOK, secret_key="another key", scope="Global")
    assert [change["option"] for change in turned["plan"]["changes"]] == ["secret_key"]
    assert KEY not in json.dumps([made, turned])
    assert "another key" not in json.dumps(turned)
    assert cloud.run("webhook", name="chat", state="disabled")["resource"]["webhook_state"] == "Disabled"
    assert cloud.run("webhook", name="chat", state="disabled")["changed"] is False
    assert cloud.run("webhook", name="chat", state="absent")["changed"] is True
    assert cloud.client.list("listWebhooks", {"listall": True}) == []


def test_webhook_address_that_is_none_is_refused(cloud):
    with pytest.raises(InvalidInput) as caught:
        cloud.run("webhook", name="x", payload_url="chat.example.com")
    assert (caught.value.option, cloud.calls) == ("payload_url", 0)


@pytest.mark.parametrize(("noun", "command"), [("event", "listEvents"), ("alert", "listAlerts")])
@pytest.mark.parametrize("delete", [False, True])
def test_old_ones_go_and_new_ones_stay(quick, noun, command, delete):
    sim = quick.sim
    for row in (*sim.db.events, *sim.db.alerts):
        row.created -= 2 * 86400
    quick.client.run("generateAlert", {"type": 299, "name": "NEW", "description": "new"})
    quick.run("zone", name="Populated", dns1="192.0.2.99")
    ask = {"listall": True} if noun == "event" else {}
    before = quick.client.list(command, ask)
    module = f"{noun}_archive"
    planned = quick.run(module, older_than=1, delete=delete, check=True)
    assert (planned["changed"], quick.changes) == (True, 0)
    done = quick.run(module, older_than=1, delete=delete)
    left = quick.client.list(command, ask)
    assert done["count"] == planned["count"] == len(before) - len(left) > 0
    assert left
    assert (done["action"], quick.changes) == ("deleted" if delete else "archived", 1)
    again = quick.run(module, older_than=1, delete=delete)
    assert (again["changed"], quick.changes) == (False, 0)


@pytest.mark.parametrize("module", ["event_archive", "alert_archive"])
def test_the_fuse_holds(quick, module):
    for row in (*quick.sim.db.events, *quick.sim.db.alerts):
        row.created -= 3600
    for check in (True, False):
        with pytest.raises(InvalidInput, match="more than most allows") as caught:
            quick.run(module, older_than=0, most=2, check=check)
        assert (caught.value.option, quick.changes) == ("most", 0)


def test_events_and_alerts_are_read_like_everything_else(quick):
    quick.client.run("generateAlert", {"type": 299, "name": "MINE", "description": "seen"})
    (mine,) = quick.run("info", kind="alert", filters={"name": "MINE"})["resources"]
    assert mine["description"] == "seen"
    made = quick.run("info", kind="event", filters={"type": "ZONE.CREATE", "level": "INFO"})["resources"]
    assert {event["type"] for event in made} == {"ZONE.CREATE"}


def test_alert_mail_is_refused_until_settings_would_send_it(cloud):
    with pytest.raises(InvalidInput, match=r"alert\.smtp\.host") as caught:
        cloud.run("alert_mail_test")
    assert cloud.changes == 0
    assert "setting" in caught.value.remedy
    values = {"addresses": ("email", "ops@example.com, night@example.com"), "sender": ("email", "cloud@example.com")}
    for name, (kind, value) in values.items():
        cloud.client.run("updateConfiguration", {"name": f"alert.{kind}.{name}", "value": value})
    cloud.client.run("updateConfiguration", {"name": "alert.smtp.host", "value": "mail.example.com"})
    assert cloud.run("alert_mail_test", check=True)["recipients"] == ["ops@example.com", "night@example.com"]
    assert cloud.changes == 0
    sent = cloud.run("alert_mail_test", description="from the test")
    assert any("mailbox" in warning for warning in sent["warnings"])
    assert sent["description"] in {row["description"] for row in cloud.client.list("listAlerts")}


def test_jobs_that_hang_are_listed_and_one_is_waited_for(quick):
    place = {"zoneid": quick.client.list("listZones")[0]["id"]}
    offering = quick.client.list("listDiskOfferings")[0]["id"]
    rule = {"do": "hang-job", "command": "createVolume", "seconds": 1800}
    quick.sim.faults.add(rule)
    job = quick.client.start("createVolume", {**place, "name": "late", "diskofferingid": offering})
    quick.client.clock.sleep(600)
    (seen,) = quick.run("job")["jobs"]
    assert (seen["id"], seen["command"].startswith("CreateVolume")) == (job.id, True)
    assert quick.run("job", older_than=1)["jobs"] == []
    assert quick.run("job", command="deploy")["jobs"] == []
    failed = quick.run("job", fail=True)
    assert failed["failed"] and job.id in failed["msg"]
    with pytest.raises(JobTimeout) as caught:
        quick.run("job", id=job.id, timeout=60)
    assert caught.value.job_id == job.id
    assert quick.run("job", id=job.id, timeout=20000)["result"]["volume"]["name"] == "late"
    assert quick.changes == 0


def test_a_usage_server_that_does_not_run_is_a_failure_that_orders_nothing(cloud):
    seen = cloud.run("usage_job")
    assert seen["failed"] and seen["settings"]["usage.stats.job.aggregation.range"] == "1440"
    assert "the usage server is Down" in seen["msg"] and "no usage records of" in seen["msg"]
    for check in (True, False):
        refused = cloud.run("usage_job", generate=True, check=check)
        assert refused["failed"] and (refused["changed"], cloud.changes) == (False, 0)
    with pytest.raises(InvalidInput) as caught:
        cloud.run("usage_job", day="yesterday")
    assert (caught.value.option, cloud.changes) == ("day", 0)
