"""Image stores that would be of no use are refused, and the removal of one that a zone cannot do without."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import PLACE, StorageCloud

GONE = {"name": "ss1", "state": "absent", **PLACE}


@pytest.fixture
def cloud() -> StorageCloud:
    """Its one store ss1 has the system VM template, and nothing of users: the server would remove it."""
    found = StorageCloud()
    for row in found.rows("listTemplates", templatefilter="all"):
        if row["templatetype"] != "SYSTEM":
            found.do("deleteTemplate", id=row["id"])
    return found


def test_the_only_store_with_the_system_template_stays(cloud):
    for check in (True, False):
        with pytest.raises(InvalidInput, match=r"SystemVM Template.*is ready on no other store") as caught:
            cloud.run("image_store", check=check, **GONE)
        assert (caught.value.option, cloud.changes) == ("state", 0)
        assert "secondary_storage_migration" in str(caught.value)
    assert cloud.run("image_store", force=True, **GONE)["changed"]
    assert not cloud.run("image_store", **GONE)["changed"]


def test_the_store_of_a_zone_that_is_given_up_goes(cloud):
    cloud.do("updateZone", id=cloud.zone, allocationstate="Disabled")
    assert cloud.run("image_store", **GONE)["changed"]


@pytest.mark.parametrize("url", ["http://10.0.0.6/images", "nfs:10.0.0.6/images", "nfs://10.0.0.6", "10.0.0.6:/images"])
def test_an_address_that_no_nfs_store_has_is_refused(cloud, url):
    for check in (True, False):
        with pytest.raises(InvalidInput, match="is no address of an NFS store") as caught:
            cloud.run("image_store", name="ss2", provider="NFS", url=url, check=check, **PLACE)
        assert (caught.value.option, cloud.changes) == ("url", 0)


def test_a_share_of_smb_has_the_same_provider(cloud):
    """Zones of Hyper-V have their secondary storage there."""
    url = "cifs://10.0.0.6/images?user=u&password=p"
    assert cloud.run("image_store", name="ss2", provider="NFS", url=url, check=True, **PLACE)["changed"]
