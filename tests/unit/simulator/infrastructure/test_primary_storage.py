"""Storage pools: maintenance, scopes, local storage, what may be deleted."""

from __future__ import annotations

from typing import Any

import pytest


def add_pool(cloud: Any, name: str, **more: Any) -> str:
    place = {"zoneid": cloud.zone} | ({} if "scope" in more else {"podid": cloud.pod, "clusterid": cloud.cluster})
    url = more.pop("url", f"nfs://10.0.0.6/{name}")
    pool = cloud.op.do("createStoragePool", **place, name=name, url=url, **more)
    return str(pool["storagepool"]["id"])


def vm_state(cloud: Any, vm: dict[str, Any]) -> str:
    return str(cloud.op.only("listVirtualMachines", id=vm["id"], listall="true")["state"])


def test_maintenance_stops_the_instances_and_cancelling_starts_them_again(running: Any) -> None:
    vm = running.deploy("one")
    assert running.op.do("enableStorageMaintenance", id=running.pool)["storagepool"]["state"] == "Maintenance"
    assert vm_state(running, vm) == "Stopped"
    code, _text = running.op.refused("startVirtualMachine", id=vm["id"])
    assert code in (530, 533)
    assert running.op.do("cancelStorageMaintenance", id=running.pool)["storagepool"]["state"] == "Up"
    running.sim.advance(10)
    assert vm_state(running, vm) == "Running"


def test_maintenance_ends_in_an_error_where_an_instance_does_not_stop(running: Any) -> None:
    first, second = running.deploy("one"), running.deploy("two")
    running.op.do("configureSimulator", name="StopCommand", value="result:fail", zoneid=running.zone)
    code, text = running.op.refused("enableStorageMaintenance", id=running.pool)
    assert (code, "Unable to stop" in text) == (530, True)
    assert running.op.only("listStoragePools", id=running.pool)["state"] == "ErrorInMaintenance"
    assert (vm_state(running, first), vm_state(running, second)) == ("Running", "Running")
    running.op.do("cancelStorageMaintenance", id=running.pool)
    assert running.op.only("listStoragePools", id=running.pool)["state"] == "Up"


def test_maintenance_of_the_only_pool_takes_system_vms_and_routers_down_with_it(running: Any) -> None:
    running.deploy("one")

    def states() -> set[str]:
        rows = running.op.rows("listSystemVms") + running.op.rows("listRouters", listall="true")
        assert len(rows) == 3
        return {row["state"] for row in rows}

    running.op.do("enableStorageMaintenance", id=running.pool)
    running.sim.advance(120)
    assert states() == {"Stopped"}
    running.op.do("cancelStorageMaintenance", id=running.pool)
    running.sim.advance(120)
    assert states() == {"Running"}


def test_leaving_maintenance_starts_only_what_hosts_can_start(running: Any) -> None:
    vm = running.deploy("one")
    running.op.do("enableStorageMaintenance", id=running.pool)
    running.op.do("configureSimulator", name="StartCommand", value="result:fail", zoneid=running.zone)
    running.op.do("cancelStorageMaintenance", id=running.pool)
    running.sim.advance(10)
    assert vm_state(running, vm) == "Stopped"


def test_what_was_stopped_before_maintenance_stays_stopped_after_it(running: Any) -> None:
    vm = running.deploy("one")
    running.op.do("stopVirtualMachine", id=vm["id"])
    running.op.do("enableStorageMaintenance", id=running.pool)
    running.op.do("cancelStorageMaintenance", id=running.pool)
    running.sim.advance(10)
    assert vm_state(running, vm) == "Stopped"


def test_nothing_new_lands_on_a_pool_in_maintenance_or_disabled(running: Any) -> None:
    spare = add_pool(running, "spare")
    running.op.do("updateStoragePool", id=running.pool, enabled="false")
    for name in ("one", "two"):
        vm = running.deploy(name)
        (disk,) = running.op.rows("listVolumes", virtualmachineid=vm["id"], listall="true")
        assert disk["storageid"] == spare


def test_a_pool_is_deleted_only_in_maintenance_and_without_volumes(running: Any) -> None:
    vm = running.deploy("one")
    code, text = running.op.refused("deleteStoragePool", id=running.pool)
    assert (code, "not in Maintenance" in text) == (431, True)
    running.op.do("enableStorageMaintenance", id=running.pool)
    code, text = running.op.refused("deleteStoragePool", id=running.pool)
    assert (code, "non-destroyed vol" in text) == (530, True)
    running.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    assert running.op.only("listStoragePools", id=running.pool)["state"] == "Maintenance"


def test_a_pool_has_one_path_in_a_zone(cloud: Any) -> None:
    code, _text = cloud.op.refused(
        "createStoragePool", zoneid=cloud.zone, podid=cloud.pod, clusterid=cluster_of(cloud), name="again",
        url="nfs://10.0.0.5/primary",
    )  # fmt: skip
    assert code in (431, 530)
    assert [p["name"] for p in cloud.op.rows("listStoragePools")] == ["primary"]


def cluster_of(cloud: Any) -> str:
    return str(cloud.cluster)


@pytest.mark.parametrize("url", ["", "primary", "ftp://10.0.0.5/x", "nfs://", "nfs://10.0.0.5"])
def test_a_url_that_names_no_storage_is_refused(cloud: Any, url: str) -> None:
    before = len(cloud.op.rows("listStoragePools"))
    code, text = cloud.op.refused(
        "createStoragePool", zoneid=cloud.zone, podid=cloud.pod, clusterid=cloud.cluster, name="bad", url=url
    )
    assert code in (431, 530)
    assert text
    assert len(cloud.op.rows("listStoragePools")) == before


def test_a_host_that_could_not_mount_a_pool_does_when_its_agent_connects_again(cloud: Any) -> None:
    first, second = cloud.hosts[:2]
    name = cloud.sim.db.hosts.find(first).name
    rule = cloud.sim.faults.add({"do": "pool-unmounted", "object": name})
    pool = add_pool(cloud, "apart")
    assert cloud.op.rows("listStoragePools", id=pool, hostid=second)
    assert not cloud.op.rows("listStoragePools", id=pool, hostid=first)
    cloud.sim.faults.remove(rule)
    cloud.op.do("reconnectHost", id=first)
    cloud.sim.advance(10)
    assert cloud.op.rows("listStoragePools", id=pool, hostid=first)


def test_a_pool_that_no_host_can_mount_is_refused(cloud: Any) -> None:
    before = len(cloud.op.rows("listStoragePools"))
    cloud.sim.faults.add({"do": "pool-unmounted"})
    place = {"zoneid": cloud.zone, "podid": cloud.pod, "clusterid": cloud.cluster}
    code, text = cloud.op.refused("createStoragePool", **place, name="lost", url="nfs://10.0.0.9/lost")
    assert (code, "Failed to access storage pool" in text) == (530, True)
    assert len(cloud.op.rows("listStoragePools")) == before


def test_the_secret_of_a_ceph_pool_is_never_shown(cloud: Any) -> None:
    add_pool(cloud, "ceph", url="rbd://admin:c2VjcmV0LWtleQ==@10.0.0.7/pool")
    pool = cloud.op.only("listStoragePools", name="ceph")
    assert pool["type"] == "RBD"
    for command in ("listStoragePools", "listStoragePoolsMetrics", "listEvents"):
        assert "c2VjcmV0" not in str(cloud.op.do(command))


def test_a_pool_of_the_whole_zone_serves_every_cluster(running: Any) -> None:
    place = {"zoneid": running.zone, "podid": running.pod}
    second = running.op.do(
        "addCluster", **place, clustername="kvm-2", hypervisor="KVM", clustertype="CloudManaged"
    )["cluster"][0]["id"]  # fmt: skip
    first, running.cluster = running.cluster, second
    running.add_host(21)
    running.op.do("updateCluster", id=first, allocationstate="Disabled")
    vm_offering = running.op.rows("listServiceOfferings", name="Small Instance")
    assert vm_offering
    wide = add_pool(running, "wide", scope="zone", hypervisor="KVM")
    vm = running.deploy("one")
    (disk,) = running.op.rows("listVolumes", virtualmachineid=vm["id"], listall="true")
    assert disk["storageid"] == wide


def test_a_pools_scope_changes_only_while_it_is_disabled(running: Any) -> None:
    wide = add_pool(running, "wide", scope="zone", hypervisor="KVM")
    code, text = running.op.refused("changeStoragePoolScope", id=wide, scope="cluster", clusterid=running.cluster)
    assert (code, "not in the Disabled state" in text) == (431, True)
    running.op.do("updateStoragePool", id=wide, enabled="false")
    running.op.do("changeStoragePoolScope", id=wide, scope="cluster", clusterid=running.cluster)
    assert running.op.only("listStoragePools", id=wide)["clusterid"] == running.cluster


def test_vms_of_other_clusters_keep_a_pool_from_becoming_a_clusters_own(running: Any) -> None:
    place = {"zoneid": running.zone, "podid": running.pod}
    second = running.op.do(
        "addCluster", **place, clustername="kvm-2", hypervisor="KVM", clustertype="CloudManaged"
    )["cluster"][0]["id"]  # fmt: skip
    wide = add_pool(running, "wide", scope="zone", hypervisor="KVM")
    running.op.do("updateStoragePool", id=running.pool, enabled="false")
    vm = running.deploy("one")
    affected = running.op.rows("listAffectedVmsForStorageScopeChange", storageid=wide, clusterid=second)
    assert vm["id"] in {row["id"] for row in affected}
    running.op.do("updateStoragePool", id=wide, enabled="false")
    code, text = running.op.refused("changeStoragePoolScope", id=wide, scope="cluster", clusterid=second)
    assert (code, "running on other clusters" in text) == (530, True)


def test_hosts_of_a_zone_with_local_storage_bring_their_own_pool(cloud: Any) -> None:
    cloud.op.do("updateZone", id=cloud.zone, localstorageenabled="true")
    host = cloud.add_host(13)
    (pool,) = [p for p in cloud.op.rows("listStoragePools") if p["scope"] == "HOST"]
    assert pool["name"].startswith("10.0.0.13-local-")
    cloud.op.do("prepareHostForMaintenance", id=host)
    cloud.sim.advance(30)
    cloud.op.do("deleteHost", id=host)
    assert all(p["scope"] != "HOST" for p in cloud.op.rows("listStoragePools"))


def test_local_disks_are_lost_only_when_that_is_said(running: Any) -> None:
    running.op.do("updateZone", id=running.zone, localstorageenabled="true")
    first, second = running.add_host(13), running.add_host(14)
    vms = {}
    for host, name in ((first, "one"), (second, "two")):
        vms[name] = running.deploy(name)["id"]
        running.op.do("stopVirtualMachine", id=vms[name], forced="true")
        disk = running.sim.db.volumes.first(vm_id=running.sim.db.vms.find(vms[name]).id)
        disk.pool_id = running.sim.db.storage_pools.first(host_id=running.sim.db.hosts.find(host).id).id
    running.op.do("deleteHost", id=first, forced="true")
    running.op.do("deleteHost", id=second, forced="true", forcedestroylocalstorage="true")
    (pool,) = [p for p in running.op.rows("listStoragePools") if p["scope"] == "HOST"]
    assert pool["name"].startswith("10.0.0.13-local-")
    assert running.op.only("listVolumes", virtualmachineid=vms["one"])["storageid"] == pool["id"]
    assert running.op.rows("listVolumes", virtualmachineid=vms["two"]) == []
    assert running.op.refused("startVirtualMachine", id=vms["one"])[0] == 530


def test_allocated_bytes_are_counted_from_time_to_time_and_at_once_when_asked(running: Any) -> None:
    running.sim.advance(400)
    before = running.op.only("listStoragePools", id=running.pool)["disksizeallocated"]
    running.deploy("one")
    assert running.op.only("listStoragePools", id=running.pool)["disksizeallocated"] == before
    running.op.do("listCapacity", fetchlatest="true")
    after = running.op.only("listStoragePools", id=running.pool)["disksizeallocated"]
    assert after > before


def test_storage_access_groups_are_set_on_one_thing_at_a_time(cloud: Any) -> None:
    for bad in ({}, {"clusterid": cloud.cluster, "podid": cloud.pod}):
        code, text = cloud.op.refused("configureStorageAccess", storageaccessgroups="fast", **bad)
        assert (code, "Exactly one of" in text) == (530, True)
    cloud.op.do("configureStorageAccess", storageid=cloud.pool, storageaccessgroups="fast,mirrored")
    assert cloud.op.only("listStoragePools", id=cloud.pool)["storageaccessgroups"] == "fast,mirrored"
    assert [g["name"] for g in cloud.op.rows("listStorageAccessGroups")] == ["fast", "mirrored"]


def test_a_new_place_is_in_no_storage_access_group_of_the_places_around_it(cloud: Any) -> None:
    for place, group in (("zoneid", "far"), ("podid", "near")):
        cloud.op.do("configureStorageAccess", storageaccessgroups=group, **{place: getattr(cloud, place[:-2])})
    told = cloud.op.refused(
        "addCluster", zoneid=cloud.zone, podid=cloud.pod, clustername="c", clustertype="CloudManaged", hypervisor="KVM",
        storageaccessgroups="far,near,own",
    )  # fmt: skip
    assert told == (530, "access groups already exist on the pod: [near], on the zone: [far]")


def test_zones_with_security_groups_take_some_hypervisors_only(op: Any) -> None:
    zone = op.do(
        "createZone", name="guarded", networktype="Advanced", securitygroupenabled="true", dns1="192.0.2.53",
        internaldns1="10.1.0.53",
    )["zone"]["id"]  # fmt: skip
    pod = op.do("createPod", name="p", zoneid=zone, startip="10.9.0.2", gateway="10.9.0.1", netmask="255.255.255.0")
    given = {"zoneid": zone, "podid": pod["pod"]["id"], "clustertype": "CloudManaged", "clustername": "c"}
    assert op.refused("addCluster", hypervisor="VMware", **given) == (
        431, "Don't support hypervisor type VMware in advanced security enabled zone",
    )  # fmt: skip
