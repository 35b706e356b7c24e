"""Settings that do harm when they are wrong are looked at before they are set."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.playing import play
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import IN_CLUSTER, StorageCloud

PROFILES = sorted(path.stem for path in (ROOT / "playbooks/vars/settings").glob("*.yml"))


@pytest.fixture(scope="module")
def cloud() -> StorageCloud:
    found = StorageCloud()
    found.deploy("web")
    return found


@pytest.fixture(scope="module")
def coming(cloud) -> str:
    """A template for routers whose download has not ended: time passes only while somebody waits."""
    kind = cloud.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]["id"]
    cloud.do("registerTemplate", name="coming", displaytext="coming", zoneid=cloud.zone, format="QCOW2",
             hypervisor="KVM", ostypeid=kind, url="http://images.example.com/coming.qcow2", isrouting=True)  # fmt: skip
    return "coming"


@pytest.mark.usefixtures("coming")
@pytest.mark.parametrize(
    ("value", "why"),
    [("golden", "golden of KVM is of type USER"), ("coming", "template coming is not ready in north")],
)
@pytest.mark.parametrize("place", [{}, {"zone": "north"}], ids=["global", "zone"])
def test_a_template_that_no_router_could_be_made_from_is_refused(cloud, place, value, why):
    for check in (True, False):
        with pytest.raises(InvalidInput, match=f"{why}.*no new router") as caught:
            cloud.run("setting", name="router.template.kvm", value=value, check=check, **place)
        assert (caught.value.option, cloud.changes) == ("value", 0)
        assert "force" in str(caught.value)


def test_a_template_for_routers_that_is_not_there_may_be_made_by_an_earlier_task(cloud):
    wish = {"name": "router.template.kvm", "value": "nowhere"}
    assert any(
        "'nowhere' does not exist" in warning for warning in cloud.run("setting", check=True, **wish)["warnings"]
    )
    with pytest.raises(InvalidInput, match="a template nowhere of KVM is not there"):
        cloud.run("setting", **wish)
    assert cloud.changes == 0


def test_the_template_of_routers_may_be_named_again_and_by_force_anything(cloud):
    name = cloud.one("listConfigurations", name="router.template.kvm")["value"]
    assert cloud.run("setting", name="router.template.kvm", value="later", force=True)["changed"]
    assert cloud.run("setting", name="router.template.kvm", value=name)["changed"]


def test_a_check_that_is_none_is_told_before_routers_are_recreated_for_it(cloud):
    setting = "router.health.checks.failures.to.recreate.vr"
    told = cloud.run("setting", name=setting, value="dns_check.py,disk", check=True)["warnings"]
    assert any("disk is none of the checks" in warning for warning in told)


@pytest.mark.parametrize("zone", ["Europe/Zuerich", "europe/zurich", "GTM"])
def test_a_time_zone_that_is_none_is_refused(cloud, zone):
    with pytest.raises(InvalidInput, match="is not known") as caught:
        cloud.run("setting", name="usage.execution.timezone", value=zone)
    assert (caught.value.option, cloud.changes) == ("value", 0)
    assert caught.value.remedy


def test_a_time_zone_that_is_one_is_set_with_a_word_about_billing(cloud):
    told = cloud.run("setting", name="usage.execution.timezone", value="Europe/Zurich")
    assert told["changed"] is True
    assert any("twice" in warning for warning in told["warnings"])
    assert any("restarted" in warning for warning in told["warnings"])
    again = cloud.run("setting", name="usage.execution.timezone", value="Europe/Zurich")
    assert (again["changed"], again.get("warnings", [])) == (False, [])


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [("expunge.delay", "1 h", "a whole number"), ("enable.usage.server", "yes", "true or false")],
)
def test_a_value_of_the_wrong_type_is_refused_in_check_mode_too(cloud, name, value, wanted):
    with pytest.raises(InvalidInput, match=f"the setting takes {wanted}"):
        cloud.run("setting", check=True, name=name, value=value)
    assert cloud.changes == 0


def test_overprovisioning_is_not_lowered_below_what_is_allocated(cloud):
    factor = {"name": "mem.overprovisioning.factor", **IN_CLUSTER}
    cloud.run("setting", value="2", **factor)
    with pytest.raises(InvalidInput, match="of the capacity would be allocated") as caught:
        cloud.run("setting", value="0.001", **factor)
    assert (caught.value.option, cloud.changes) == ("value", 0)
    assert cloud.run("setting", value="1", **factor)["changed"] is True
    with pytest.raises(InvalidInput, match="is no factor"):
        cloud.run("setting", value="0", **factor)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("integration.api.port", "8096", "root admin without a key"),
        ("router.health.checks.failures.to.recreate.vr", "dns_check.py", "again and again"),
    ],
)
def test_dangerous_values_are_set_with_a_warning(cloud, name, value, word):
    told = cloud.run("setting", check=True, name=name, value=value)
    assert any(word in warning for warning in told["warnings"])


def test_the_playbook_makes_all_profiles_once(sandbox, tmp_path):
    book = ROOT / "playbooks/settings.yml"
    done = play(sandbox, tmp_path, book, variables={"settings_profiles": PROFILES}).succeeded()
    assert done.changes > 5
    assert "restarted" in done.stdout + done.stderr
    unknown = play(sandbox, tmp_path, book, variables={"settings_profiles": ["usge"]})
    assert "settings_profiles must be a list of alerts, capacity," in " ".join(unknown.stdout.split())
    again = play(sandbox, tmp_path, book, variables={"settings_profiles": PROFILES}).succeeded()
    assert (again.changes, [one for one in again.ours if one.changed]) == (0, [])
