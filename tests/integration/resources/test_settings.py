"""Settings in their scopes: inherited values, secrets, names that are not there."""

from __future__ import annotations

import json

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput

ZONE = {"zone": "Sandbox-simulator"}
# The server's default is 0.85, the value set globally 0.95.
THRESHOLD = "pool.storage.allocated.capacity.disablethreshold"
SECRET = "alert.smtp.password"


def test_a_scope_is_reset_to_what_holds_around_it(cloud):
    assert cloud.run("setting", name=THRESHOLD, **ZONE, value="0.5")["changed"] is True
    planned = cloud.run("setting", name=THRESHOLD, **ZONE, state="default", check=True)
    assert (planned["changed"], cloud.changes) == (True, 0)
    assert cloud.run("setting", name=THRESHOLD, **ZONE, state="default")["resource"]["value"] == "0.95"
    assert cloud.run("setting", name=THRESHOLD, **ZONE, state="default")["changed"] is False


def test_a_pool_is_reset_to_the_value_of_its_zone(cloud):
    pool = {**ZONE, "storage_pool": "PS0"}
    cloud.run("setting", name=THRESHOLD, **ZONE, value="0.7")
    cloud.run("setting", name=THRESHOLD, **pool, value="0.6")
    assert cloud.run("setting", name=THRESHOLD, **pool, state="default")["resource"]["value"] == "0.7"
    assert cloud.run("setting", name=THRESHOLD, **pool, state="default")["changed"] is False
    cloud.run("setting", name=THRESHOLD, **ZONE, state="default")


def test_numbers_are_equal_as_numbers_but_texts_as_texts(cloud):
    cloud.run("setting", name="network.throttling.rate", value="300")
    assert cloud.run("setting", name="network.throttling.rate", value="300.0")["changed"] is False
    cloud.run("setting", name="guest.domain.suffix", value="1.10")
    assert cloud.run("setting", name="guest.domain.suffix", value="1.1", check=True)["changed"] is True


def test_a_secret_is_set_with_force_only_and_is_in_no_result(cloud):
    kept = cloud.run("setting", name=SECRET, value="hush-hush")
    assert (kept["changed"], cloud.changes) == (False, 0)
    assert "force" in kept["warnings"][0]
    planned = cloud.run("setting", name=SECRET, value="hush-hush", force=True, check=True)
    done = cloud.run("setting", name=SECRET, value="hush-hush", force=True)
    assert (planned["changed"], done["changed"], planned["plan"]) == (True, True, done["plan"])
    again = cloud.run("setting", name=SECRET, value="hush-hush")
    assert again["changed"] is False, "this server stores it readable, so it can be compared"
    assert "hush-hush" not in json.dumps([kept, planned, done, again])


def test_a_secret_that_comes_back_encrypted_is_taken_as_written(cloud, monkeypatch):
    listed = cloud.client.list

    def encrypted(command, params=None):
        rows = listed(command, params)
        return [{**row, "value": "gAAAA="} if row.get("name") == SECRET else row for row in rows]

    monkeypatch.setattr(cloud.client, "list", encrypted)
    assert cloud.run("setting", name=SECRET, value="new-secret", force=True)["changed"] is True


def test_check_mode_tells_of_the_restart_too(cloud):
    planned = cloud.run("setting", name="expunge.delay", value="78", check=True)
    assert planned["warnings"] == cloud.run("setting", name="expunge.delay", value="78")["warnings"]
    assert "warnings" not in cloud.run("setting", name="expunge.delay", value="78")


def test_the_setting_of_a_zone_still_to_be_made_can_be_planned(cloud):
    planned = cloud.run("setting", name="network.throttling.rate", zone="not yet", value="77", check=True)
    assert planned["plan"]["changes"][0]["after"] == "77"


@pytest.mark.parametrize(("options", "remedy"), [
    ({"name": "expunge.dely", "value": "1"}, "did you mean expunge.delay"),
    ({"name": "expunge.delay", "value": "1", **ZONE}, "no such scope"),
    ({"name": "expunge.delay"}, "give value"),
])  # fmt: skip
def test_what_cannot_be_meant_is_an_error_with_a_remedy(cloud, options, remedy):
    with pytest.raises(InvalidInput) as caught:
        cloud.run("setting", **options)
    assert remedy in caught.value.remedy
    assert cloud.changes == 0


def test_settings_of_one_name_in_different_places_are_different_objects(cloud):
    pools = [{"name": THRESHOLD, "value": "0.7", **ZONE, "storage_pool": pool} for pool in ("PS0", "PS1")]
    wide = {"settings": [{"name": THRESHOLD, "value": "0.5"}, {"name": THRESHOLD, "value": "0.6", **ZONE}, *pools]}
    assert cloud.run("apply", cloud=wide)["counts"]["update"] == 4
    again = cloud.run("apply", cloud=wide)
    assert (again["changed"], cloud.changes) == (False, 0)
    twice = {"settings": [pools[0], {**pools[0], "zone": None, "value": "0.8"}]}
    with pytest.raises(InvalidInput, match="the same object as"):
        cloud.run("apply", cloud=twice)
    (entry,) = [one for one in exported(cloud) if one.get("zone") and one["name"] == THRESHOLD and len(one) == 3]
    assert entry["value"] == "0.6"


def test_export_leaves_out_what_was_never_set(cloud):
    # Without a value globally; its default is what every cluster tells as its own.
    unset = "cluster.storage.operations.exclude"
    assert [one for one in exported(cloud) if one["name"] == unset or one.get("value") is None] == []
    cloud.run("setting", name=unset, cluster="C0", value="true")
    assert [one for one in exported(cloud) if one["name"] == unset] == [
        {"name": unset, "value": "true", "cluster": "C0"}
    ]
    document = cloud.run("export", kinds=["setting"])["document"]
    assert cloud.run("apply", cloud=document)["changed"] is False


def exported(cloud):
    return cloud.run("export", kinds=["setting"])["document"]["settings"]


def test_what_the_api_never_changes_is_refused_in_the_plan_and_not_exported(cloud):
    """The recorded zone has another value than an empty server: a document with it could not be applied there."""
    name = "dynamic.apichecker.enabled"
    assert cloud.run("setting", name=name, value="true")["changed"] is False
    with pytest.raises(InvalidInput, match="Leave it out, and set it in the database"):
        cloud.run("setting", name=name, value="false", check=True)
    exported = cloud.run("export", kinds=["setting"])["document"]["settings"]
    assert exported
    assert name not in {entry["name"] for entry in exported}
