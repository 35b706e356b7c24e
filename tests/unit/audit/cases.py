"""Rows that break the rules of the audit, and rows that do not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ansible_collections.cloudstack.ops.tests.unit.certificates.authority import NOW

GIB = 2**30


def ago(**length: float) -> str:
    return (NOW - timedelta(**length)).strftime("%Y-%m-%dT%H:%M:%S%z")


def host(name: str = "h1", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "zoneid": "z",
        "zonename": "zone",
        "clusterid": "c",
        "state": "Up",
        "hypervisor": "KVM",
        "resourcestate": "Enabled",
        "memoryallocatedbytes": 10 * GIB,
        "memorywithoverprovisioning": str(64 * GIB),
        "cpuallocatedvalue": 1000,
        "cpuwithoverprovisioning": "20000",
        "hosttags": "ssd",
        **more,
    }


def cluster() -> dict[str, Any]:
    return {"id": "c", "name": "c1", "zoneid": "z", "zonename": "zone"}


def capacity(kind: int, used: int, total: int = 100, **more: Any) -> dict[str, Any]:
    return {"type": kind, "capacityused": used, "capacitytotal": total, "zoneid": "z", "zonename": "zone", **more}


def pool(**more: Any) -> dict[str, Any]:
    return {
        "id": "p",
        "name": "ps1",
        "zonename": "zone",
        "state": "Up",
        "disksizetotal": 100 * GIB,
        "disksizeused": GIB,
        "disksizeallocated": 100 * GIB,
        "overprovisionfactor": "2.0",
        "tags": "ssd,fast",
        **more,
    }


def vm(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "state": "Running",
        "hostid": "h1",
        "hostname": "h1",
        "account": "a",
        "domainid": "d",
        "zonename": "zone",
        "created": ago(days=9),
        "affinitygroup": [{"id": "g"}],
        **more,
    }


def group(kind: str = "host anti-affinity") -> dict[str, Any]:
    return {"id": "g", "name": "apart", "type": kind}


def volume(**more: Any) -> dict[str, Any]:
    return {
        "id": "v",
        "name": "data",
        "type": "DATADISK",
        "state": "Ready",
        "size": 5 * GIB,
        "created": ago(days=40),
        "account": "a",
        "domainid": "d",
        "zonename": "zone",
        **more,
    }


def router(**more: Any) -> dict[str, Any]:
    return {
        "id": "r",
        "name": "r-1-VM",
        "state": "Running",
        "version": "4.22.0",
        "softwareversion": "4.22.0.0",
        "guestnetworkid": "n",
        "zonename": "zone",
        **more,
    }


def settings(**values: str) -> list[dict[str, Any]]:
    return [{"name": name.replace("_", "."), "value": value} for name, value in values.items()]


def template(**more: Any) -> dict[str, Any]:
    copies = [{"datastore": "ss1", "datastoreRole": "Image", "downloadState": "DOWNLOADED"}]
    return {
        "id": "t",
        "name": "system",
        "templatetype": "SYSTEM",
        "isready": True,
        "zoneid": "z",
        "zonename": "zone",
        "downloaddetails": copies,
        **more,
    }


SERVERS = [{"id": "m", "name": "mgmt", "state": "Up", "version": "4.22.0.0-SNAPSHOT"}]
STORES = [{"id": "s1", "zoneid": "z", "disksizetotal": 10}, {"id": "s2", "zoneid": "z", "disksizetotal": 10}]
BOTH = [{"datastore": name, "datastoreRole": "Image", "downloadState": "DOWNLOADED"} for name in ("ss1", "ss2")]
PAIR = {"isredundantrouter": True, "redundantstate": "BACKUP"}
TWO_PODS = [{"id": "p1", "name": "one", "zoneid": "z"}, {"id": "p2", "name": "two", "zoneid": "z"}]
SYSTEM_VMS = [
    {
        "id": "v",
        "name": "v-1-VM",
        "systemvmtype": "consoleproxy",
        "zoneid": "z",
        "state": "Running",
        "agentstate": "Up",
    },
    {
        "id": "s",
        "name": "s-2-VM",
        "systemvmtype": "secondarystoragevm",
        "zoneid": "z",
        "state": "Running",
        "agentstate": "Up",
    },
]
ZONE = {"id": "z", "name": "zone", "allocationstate": "Enabled"}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "capacity-n-1",
        {"clusters": [cluster()], "hosts": [host(), host("h2", memoryallocatedbytes=60 * GIB)]},
        {"clusters": [cluster()], "hosts": [host(), host("h2", memoryallocatedbytes=50 * GIB)]},
        "109 %",
    ),
    (
        "capacity-n-1",
        {"clusters": [cluster()], "hosts": [host(), host("h2", resourcestate="Maintenance")]},
        {"clusters": [cluster()], "hosts": [host(memoryallocatedbytes=0, cpuallocatedvalue=0)]},
        "0 of 1 hosts",
    ),
    (
        "reserved-addresses",
        {"capacity": [capacity(5, 80)], "pods": TWO_PODS[:1]},
        {"capacity": [capacity(5, 79)], "pods": TWO_PODS[:1]},
        "80 of 100 reserved addresses",
    ),
    (
        "reserved-addresses",
        {
            "capacity": [capacity(5, 55)],
            "pods": TWO_PODS,
            "capacity of pods": [capacity(5, 10, podid="p1"), capacity(5, 100, podid="p2")],
        },
        {
            "capacity": [capacity(5, 95)],
            "pods": TWO_PODS,
            "capacity of pods": [capacity(5, 10, podid="p1"), capacity(5, 10, podid="p2")],
        },
        "100 of 100",
    ),
    (
        "public-addresses",
        {"capacity": [capacity(4, 90)]},
        {"capacity": [capacity(4, 10), capacity(7, 99)]},
        "90 of 100",
    ),
    ("guest-vlans", {"capacity": [capacity(7, 90)]}, {"capacity": [capacity(7, 0, 0)]}, "90 of 100 VLANs"),
    ("pool-space", {"storage_pools": [pool(disksizeused=81 * GIB)]}, {"storage_pools": [pool()]}, "81 % are used"),
    (
        "pool-space",
        {"storage_pools": [pool(disksizeallocated=181 * GIB)]},
        {"storage_pools": [pool()]},
        "may be promised",
    ),
    (
        "image-store-space",
        {"image_stores": [{"id": "s", "name": "ss", "disksizetotal": 10, "disksizeused": 9}]},
        {"image_stores": STORES},
        "90 %",
    ),
    (
        "host-down",
        {"hosts": [host(state="Alert")]},
        {"hosts": [host(), host(state="Down", resourcestate="Maintenance")]},
        "its agent is Alert",
    ),
    ("host-down", {"hosts": [host(resourcestate="ErrorInMaintenance")]}, {"hosts": [host()]}, "ErrorInMaintenance"),
    (
        "management-server-down",
        {"management_servers": [{"id": "m", "name": "m2", "state": "Down"}]},
        {"management_servers": SERVERS},
        "Down",
    ),
    (
        "pool-state",
        {"storage_pools": [pool(state="ErrorInMaintenance")]},
        {"storage_pools": [pool(state="Disabled")]},
        "ErrorInMaintenance",
    ),
    (
        "system-vm-down",
        {"zones": [ZONE], "hosts": [host()], "system_vms": SYSTEM_VMS[:1]},
        {
            "zones": [ZONE, {**ZONE, "id": "e", "type": "Edge"}],
            "hosts": [host(), host(zoneid="e")],
            "system_vms": SYSTEM_VMS,
        },
        "no secondary storage VM serves",
    ),
    (
        "ha-tag",
        {"settings": settings(ha_tag="spare"), "hosts": [host()]},
        {"settings": settings(ha_tag="ssd"), "hosts": [host()]},
        "no host has this tag",
    ),
    (
        "host-unsecured",
        {"hosts": [host(details={"secured": "false"})]},
        {"hosts": [host(details={"secured": "true"})]},
        "no certificate",
    ),
    (
        "router-behind",
        {"routers": [router(softwareversion="4.20.1.0")], "management_servers": SERVERS},
        {"routers": [router()], "management_servers": SERVERS},
        "4.20.1.0 instead of 4.22.0.0",
    ),
    (
        "router-behind",
        {
            "routers of projects": [router(version="4.19.0")],
            "management_servers": SERVERS,
            "settings": settings(minreq_sysvmtemplate_version="4.20.0"),
        },
        {"balancers": [router()], "management_servers": SERVERS},
        "template 4.19.0 is below 4.20.0",
    ),
    ("router-unhealthy", {"routers": [router(healthchecksfailed=True)]}, {"routers": [router()]}, "health checks fail"),
    (
        "router-unhealthy",
        {"routers": [router(**PAIR), router(id="r2", name="r-2-VM", **PAIR)]},
        {"routers": [router(**PAIR), router(id="r2", **{**PAIR, "redundantstate": "PRIMARY"})]},
        "not settled",
    ),
    (
        "stuck-job",
        {"jobs": [{"jobid": "j", "cmd": "a.b.DeployVMCmd", "jobstatus": 0, "created": ago(hours=13)}]},
        {
            "jobs": [
                {"jobid": "j", "cmd": "a.b.DeployVMCmd", "jobstatus": 0, "created": ago(hours=11)},
                {"jobid": "k", "cmd": "a.b.DeployVMCmd", "jobstatus": 1, "created": ago(hours=99)},
            ]
        },
        "13 hours",
    ),
    (
        "stuck-instance",
        {"instances": [vm("web", state="Migrating", lastupdated=ago(hours=20))]},
        {"instances": [vm("web", state="Migrating", lastupdated=ago(hours=1)), vm("db")]},
        "Migrating for 20 hours",
    ),
    (
        "anti-affinity",
        {"instances": [vm("a"), vm("b"), vm("c", hostid="h2")], "affinity_groups": [group()]},
        {"instances": [vm("a"), vm("b", hostid="h2")], "affinity_groups": [group()]},
        "a, b run on one host",
    ),
    (
        "orphaned-volume",
        {"volumes": [volume()]},
        {"volumes": [volume(virtualmachineid="x"), volume(created=ago(days=3)), volume(type="ROOT")]},
        "5 GiB of a",
    ),
    (
        "stuck-volume",
        {"volumes": [volume(state="Migrating")]},
        {
            "volumes": [volume(state="Migrating")],
            "jobs": [{"jobstatus": 0, "jobinstanceid": "v", "created": ago(hours=1)}],
        },
        "Migrating",
    ),
    (
        "old-snapshot",
        {"snapshots": [{"id": "s", "name": "s1", "created": ago(days=91), "volumename": "ROOT-3"}]},
        {"snapshots": [{"id": "s", "name": "s1", "created": ago(days=89)}]},
        "91 days old, of volume ROOT-3",
    ),
    ("template-not-ready", {"templates": [template(isready=False, status="404")]}, {"templates": [template()]}, "404"),
    (
        "system-template-one-store",
        {"templates": [template()], "image_stores": STORES},
        {"templates": [template(downloaddetails=BOTH)], "image_stores": STORES},
        "ss1 only",
    ),
    (
        "compute-offering-without-pool",
        {"compute_offerings": [{"id": "o", "name": "x", "storagetags": "ssd,slow"}], "storage_pools": [pool()]},
        {
            "compute_offerings": [
                {"id": "o", "name": "x", "storagetags": "fast,ssd"},
                {"id": "p", "name": "y"},
                {"id": "q", "name": "z", "storagetags": "no", "state": "Inactive"},
            ],
            "storage_pools": [pool()],
        },
        "no storage pool has slow, ssd",
    ),
    (
        "compute-offering-without-host",
        {"compute_offerings": [{"id": "o", "name": "x", "hosttags": "gpu"}], "hosts": [host()]},
        {"compute_offerings": [{"id": "o", "name": "x", "hosttags": "ssd"}], "hosts": [host()]},
        "no host has gpu",
    ),
    (
        "system-offering-without-host",
        {"system_offerings": [{"id": "o", "name": "x", "hosttags": "gpu"}], "hosts": [host()]},
        {"system_offerings": [{"id": "o", "name": "x"}], "hosts": [host()]},
        "no host has gpu",
    ),
    (
        "disk-offering-without-pool",
        {"disk_offerings": [{"id": "o", "name": "x", "tags": "tape"}], "storage_pools": [pool()]},
        {"disk_offerings": [{"id": "o", "name": "x", "tags": "ssd"}], "storage_pools": [pool()]},
        "no storage pool has tape",
    ),
    (
        "resource-count",
        {
            "accounts": [
                {"id": "a", "name": "a", "domainid": "d", "domainpath": "ROOT/t", "vmtotal": 3, "volumetotal": 0}
            ],
            "instances": [vm("one")],
        },
        {
            "accounts": [{"id": "a", "name": "a", "domainid": "d", "vmtotal": 1, "volumetotal": 1}],
            "instances": [vm("one"), vm("gone", state="Expunging")],
            "volumes": [volume()],
        },
        "3 instances are counted, 1 are there",
    ),
    (
        "resource-count",
        {
            "accounts": [{"id": "a", "name": "a", "domainid": "d", "vmtotal": 2, "volumetotal": 0}],
            "instances": [vm("one"), vm("two", state="Stopped")],
            "settings": settings(resource_count_running_vms_only="true"),
        },
        {
            "accounts": [{"id": "a", "name": "a", "domainid": "d", "vmtotal": 2, "volumetotal": 0}],
            "instances": [vm("one"), vm("two", state="Stopped")],
        },
        "2 instances are counted, 1 are there",
    ),
    (
        "integration-port",
        {"settings": settings(integration_api_port="8096")},
        {"settings": settings(integration_api_port="0")},
        "port 8096",
    ),
    (
        "dangerous-setting",
        {"settings": settings(expunge_delay="60")},
        {"settings": settings(expunge_delay="86400")},
        "less than an hour",
    ),
]
