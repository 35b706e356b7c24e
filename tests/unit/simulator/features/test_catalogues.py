"""Guest operating systems, what hypervisors can, and object stores: what is refused, and how lists find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Cloud, Operator

STORE = {"name": "os", "provider": "Simulator", "url": "http://objects.example.com/os"}


def test_categories_with_systems_stay(op: Operator) -> None:
    used = op.rows("listOsCategories", name="CentOS")[0]
    systems = len(op.rows("listOsTypes", oscategoryid=used["id"]))
    assert op.refused("deleteOsCategory", id=used["id"]) == (
        431, f"Unable to delete the OS category. {systems} guest OS exist for it.",
    )  # fmt: skip
    mine = op.do("addOsCategory", name="mine")["oscategory"]["id"]
    op.do("updateOsCategory", id=mine, name=" ", sortkey=-1)
    assert op.rows("listOsCategories", name="CentOS", keyword="mine")[0]["id"] == mine
    op.do("deleteOsCategory", id=mine)


def test_categories_are_found_by_the_images_of_their_systems(running: Cloud) -> None:
    found = running.op.rows("listOsCategories", zoneid=running.zone, isiso="false", arch="x86_64")
    assert "Debian" in {row["name"] for row in found} and len(found) < len(running.op.rows("listOsCategories"))
    assert running.op.rows("listOsCategories", isvnf="true") == []


def test_systems_of_the_server_change_their_category_only(op: Operator) -> None:
    system, mine = (
        op.rows("listOsTypes", keyword="CentOS 7")[0],
        op.do("addOsCategory", name="mine")["oscategory"]["id"],
    )
    assert op.refused("updateGuestOs", id=system["id"], osdisplayname="My own") == (
        431, "Unable to modify system defined guest OS",
    )  # fmt: skip
    assert op.do("updateGuestOs", id=system["id"], oscategoryid=mine)["ostype"]["oscategoryname"] == "mine"


def test_names_on_hypervisors_are_of_versions_that_are_known(op: Operator) -> None:
    system = op.rows("listOsTypes", keyword="CentOS 7")[0]["id"]
    given: dict[str, Any] = {"ostypeid": system, "hypervisor": "KVM", "hypervisorversion": "default"}
    for change, words in (
        ({"ostypeid": None}, "Please specify either a guest OS name or UUID"),
        ({"hypervisor": "Hyperv"}, "Please specify a valid hypervisor : XenServer, KVM or VMware"),
        ({"hypervisorversion": "99"}, "Please specify a valid hypervisor and supported version"),
    ):
        asked = {name: value for name, value in {**given, **change}.items() if value is not None}
        assert op.refused("addGuestOsMapping", osnameforhypervisor="c7", **asked)[1] == words
    assert "is not supported for hypervisor: KVM" in op.refused(
        "addGuestOsMapping", osnameforhypervisor="c7", osmappingcheckenabled="true", **given
    )[1]  # fmt: skip
    first = op.do("addGuestOsMapping", osnameforhypervisor="c7", **given)["guestosmapping"]
    again = op.do("addGuestOsMapping", osnameforhypervisor="cent7", forced="true", **given)["guestosmapping"]
    assert again["id"] == first["id"]
    assert op.only("listGuestOsMapping", osnameforhypervisor="ent", osdisplayname="entos 7")["id"] == first["id"]


def test_capabilities_are_of_one_hypervisor(op: Operator) -> None:
    row = op.rows("listHypervisorCapabilities", hypervisor="Simulator")[0]
    named = {"hypervisor": "Simulator", "hypervisorversion": row["hypervisorversion"]}
    for given, words in (
        ({}, "Either ID or hypervisor and hypervisor version must be specified"),
        ({"id": row["id"], **named}, "ID can not be specified together with hypervisor and hypervisor version"),
        ({"hypervisor": "KVM"}, "Hypervisor and hypervisor version must be specified together"),
        ({**named, "hypervisor": "Abacus"}, "Invalid hypervisor specified"),
    ):
        assert op.refused("updateHypervisorCapabilities", maxguestslimit=5, **given) == (431, words)
    done = op.do("updateHypervisorCapabilities", maxhostspercluster=7, **named)["hypervisorcapabilities"]
    assert done["maxhostspercluster"] == 7


def test_object_stores_have_urls_of_their_own(op: Operator) -> None:
    store = op.do("addObjectStoragePool", **STORE)["objectstore"]["id"]
    for change, words in (
        ({"provider": "Tape"}, "can't find object store provider: Tape"),
        ({"name": "second", "url": "gopher://x"}, "Unsupported scheme for url: gopher://x"),
        ({"name": "second"}, f"The object store with url {STORE['url']} already exists"),
    ):
        assert op.refused("addObjectStoragePool", **{**STORE, **change}) == (530, words)
    assert op.refused("updateObjectStoragePool", id=store, url="x") == (431, "x is not a valid URL")


def test_buckets_are_named_as_s3_wants(op: Operator) -> None:
    store = op.do("addObjectStoragePool", **STORE)["objectstore"]["id"]
    for name, words in (
        ("ab", "should be between 3 and 63 characters long"),
        ("10.1.1.1", "must not be formatted as an IP Address"),
        ("Pictures", "should not contain uppercase characters"),
        ("a..b", "should not contain two adjacent periods"),
        ("a.-b", "should not contain dashes next to periods"),
        ("a_b", "should not contain '_'"),
        ("abc-", "should not end with '-' or '.'"),
    ):
        told = op.refused("createBucket", name=name, objectstorageid=store, quota=1)
        assert told == (431, f"Invalid Bucket Name: Bucket name {words}")
    ids = [op.do("createBucket", name=name, objectstorageid=store, quota=1)["bucket"]["id"] for name in ("one", "two")]
    assert len(op.rows("listBuckets", ids=",".join(ids))) == 2


def test_pods_of_edge_zones_have_no_addresses(op: Operator) -> None:
    servers = {"dns1": "192.0.2.53", "internaldns1": "10.1.0.53"}
    zone = op.do("createZone", name="far", networktype="Advanced", isedge="true", **servers)["zone"]["id"]
    given = {"startip": "10.9.0.2", "gateway": "10.9.0.1", "netmask": "255.255.255.0"}
    assert op.refused("createPod", name="p", zoneid=zone, **given) == (
        431, "IP range parameters can not be specified for a pod in an edge zone",
    )  # fmt: skip
