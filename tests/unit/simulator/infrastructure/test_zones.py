"""Building and taking down zones of ordinary hypervisors."""

from __future__ import annotations

from typing import Any

import pytest


def test_an_enabled_zone_gets_system_vms_with_agents(cloud: Any) -> None:
    assert cloud.op.rows("listSystemVms") == []
    cloud.enable()
    system_vms = cloud.op.rows("listSystemVms", zoneid=cloud.zone)
    assert {(vm["systemvmtype"], vm["state"]) for vm in system_vms} == {
        ("consoleproxy", "Running"), ("secondarystoragevm", "Running"),
    }  # fmt: skip
    assert {vm["hostid"] for vm in system_vms} <= set(cloud.hosts)
    agents = cloud.op.rows("listHosts", zoneid=cloud.zone)
    assert {(a["type"], a["state"]) for a in agents} == {
        ("Routing", "Up"), ("ConsoleProxy", "Up"), ("SecondaryStorageVM", "Up"),
    }  # fmt: skip


@pytest.mark.parametrize("missing", ["cluster", "image store"])
def test_without_all_that_they_need_no_system_vms_appear(bare: Any, missing: str) -> None:
    if missing == "cluster":
        bare.op.do("addImageStore", zoneid=bare.zone, name="s", provider="NFS", url="nfs://10.0.0.5/s")
    else:
        place = {"zoneid": bare.zone, "podid": bare.pod}
        bare.cluster = bare.op.do(
            "addCluster", **place, clustername="kvm", hypervisor="KVM", clustertype="CloudManaged"
        )["cluster"][0]["id"]
        bare.add_host(11)
    bare.enable()
    assert bare.op.rows("listSystemVms") == []


@pytest.mark.parametrize(("traffic", "named"), [("Management", "Management"), ("Public", "Public")])
def test_a_zone_without_a_traffic_type_is_not_enabled(bare: Any, traffic: str, named: str) -> None:
    (found,) = [
        t
        for t in bare.op.rows("listTrafficTypes", physicalnetworkid=bare.management_network)
        if t["traffictype"] == traffic
    ]
    bare.op.do("deleteTrafficType", id=found["id"])
    code, text = bare.op.refused("updateZone", id=bare.zone, allocationstate="Enabled")
    assert code == 431
    assert f"traffic={named}" in text
    assert bare.op.only("listZones", id=bare.zone)["allocationstate"] == "Disabled"


def test_hosts_come_only_into_clusters_of_their_hypervisor(bare: Any) -> None:
    place = {"zoneid": bare.zone, "podid": bare.pod}
    clusters = {
        hypervisor: bare.op.do(
            "addCluster", **place, clustername=f"c-{hypervisor}", hypervisor=hypervisor, clustertype="CloudManaged"
        )["cluster"][0]["id"]
        for hypervisor in ("KVM", "XenServer", "LXC", "Simulator")
    }
    secret = {"username": "root", "password": "of-the-host"}
    for number, (hypervisor, cluster) in enumerate(clusters.items(), 11):
        url = f"http://sim/{number}" if hypervisor == "Simulator" else f"http://10.0.0.{number}"
        bare.op.do("addHost", **place, **secret, clusterid=cluster, hypervisor=hypervisor, url=url)
    code, text = bare.op.refused(
        "addHost", **place, **secret, clusterid=clusters["LXC"], hypervisor="KVM", url="http://10.0.0.20"
    )
    assert code == 431
    assert "hypervisor type is: LXC" in text
    assert len(bare.op.rows("listHosts", type="Routing")) == 4


def test_zones_pods_and_clusters_in_use_stay(running: Any) -> None:
    op = running.op
    running.deploy("one")
    for command, uuid in (
        ("deleteZone", running.zone), ("deletePod", running.pod), ("deleteCluster", running.cluster),
        ("deletePhysicalNetwork", running.guest_network),
    ):  # fmt: skip
        op.refused(command, id=uuid)
    assert op.only("listZones", id=running.zone)["allocationstate"] == "Enabled"
    assert op.only("listClusters", id=running.cluster)["name"] == "kvm"


def test_a_zone_is_taken_down_in_order(running: Any) -> None:
    op, sim = running.op, running.sim
    op.do("updateZone", id=running.zone, allocationstate="Disabled")
    for vm in op.rows("listSystemVms"):
        op.do("destroySystemVm", id=vm["id"])
    sim.advance(60)
    assert op.rows("listSystemVms") == [], "in a disabled zone they don't come back"
    op.do("enableStorageMaintenance", id=running.pool)
    op.do("deleteStoragePool", id=running.pool)
    golden = op.only("listTemplates", templatefilter="all", name="golden")["id"]
    for host in running.hosts:
        op.do("prepareHostForMaintenance", id=host)
        sim.advance(15)
        op.do("deleteHost", id=host)
    op.do("deleteCluster", id=running.cluster)
    assert op.rows("listTemplates", templatefilter="all", name="golden") == [], "without hosts no template is shown"
    op.do("deleteTemplate", id=golden)
    sim.advance(5)
    op.do("deleteImageStore", id=running.store)
    op.do("deletePod", id=running.pod)
    for network in (running.guest_network, running.management_network):
        op.do("deletePhysicalNetwork", id=network)
    op.do("deleteZone", id=running.zone)
    assert op.rows("listZones") == []
    assert op.rows("listHosts") == []


def test_templates_leave_with_the_zone(running: Any) -> None:
    op = running.op
    before = [row["zonename"] for row in op.rows("listTemplates", templatefilter="all")]
    given = {"networktype": "Advanced", "dns1": "192.0.2.53", "internaldns1": "10.9.0.53"}
    zone = op.do("createZone", name="short", **given)["zone"]
    store = op.do("addImageStore", provider="NFS", name="brief", zoneid=zone["id"], url="nfs://10.9.0.5/secondary")
    assert "short" in {row["zonename"] for row in op.rows("listTemplates", templatefilter="all")}
    op.do("deleteImageStore", id=store["imagestore"]["id"])
    op.do("deleteZone", id=zone["id"])
    assert [row["zonename"] for row in op.rows("listTemplates", templatefilter="all")] == before


def test_a_zone_made_for_a_domain_is_seen_by_it_alone(op: Any, people: dict[str, Any]) -> None:
    domain = people["ann"].domain.uuid
    op.do("createZone", name="theirs", networktype="Advanced", dns1="192.0.2.53", internaldns1="10.0.0.53",
          domainid=domain, allocationstate="Enabled")  # fmt: skip
    assert op.only("listDedicatedZones")["domainid"] == domain
    other = op.do("createDomain", name="other")["domain"]["id"]
    op.do(
        "createAccount", username="zed", accounttype=0, domainid=other, email="z@example.com", firstname="Z",
        lastname="Z", password="password-of-zed",
    )  # fmt: skip
    zed = op.sim.auth.caller_of(op.sim.db.users.first(username="zed"))
    assert type(op)(op.sim, people["ann"]).only("listZones")["name"] == "theirs"
    assert type(op)(op.sim, zed).rows("listZones") == []


def test_capacity_counts_what_runs_and_what_is_overprovisioned(running: Any) -> None:
    op = running.op

    def cpu() -> tuple[int, int]:
        (row,) = [c for c in op.rows("listCapacity", zoneid=running.zone) if c["name"] == "CPU"]
        return row["capacityused"], row["capacitytotal"]

    used, total = cpu()
    running.deploy("one")
    assert cpu()[0] >= used + 500, "the instance, and its network's router"
    op.do("updateConfiguration", name="cpu.overprovisioning.factor", value="2", clusterid=running.cluster)
    assert cpu()[1] == 2 * total


def test_a_second_management_range_serves_and_goes_only_when_free(running: Any) -> None:
    op = running.op
    op.do(
        "createManagementNetworkIpRange", podid=running.pod, gateway="10.0.0.1", netmask="255.255.255.0",
        startip="10.0.0.200", endip="10.0.0.210", vlan="70",
    )  # fmt: skip
    assert op.only("listPods", id=running.pod)["startip"] == ["10.0.0.50", "10.0.0.200"]
    code, text = op.refused(
        "createManagementNetworkIpRange", podid=running.pod, gateway="10.0.0.1", netmask="255.255.255.0",
        startip="10.0.0.205", endip="10.0.0.220",
    )  # fmt: skip
    assert code in (431, 530), text
    holder = op.rows("listSystemVms")[0]["privateip"]
    code, text = op.refused(
        "deleteManagementNetworkIpRange", podid=running.pod, startip=holder, endip=holder, vlan="untagged"
    )
    assert (code, "has been allocated" in text) == (530, True)
    op.do(
        "deleteManagementNetworkIpRange", podid=running.pod, startip="10.0.0.200", endip="10.0.0.210", vlan="vlan://70"
    )
    assert op.only("listPods", id=running.pod)["startip"] == ["10.0.0.50"]


def test_a_pod_without_an_end_takes_addresses_up_to_the_end_of_its_subnet(bare: Any) -> None:
    pod = bare.op.do(
        "createPod", zoneid=bare.zone, name="open", gateway="10.77.0.1", netmask="255.255.254.0", startip="10.77.0.9"
    )["pod"]
    assert pod["ipranges"][0]["endip"] == "10.77.1.254"


def test_a_pod_keeps_off_public_addresses_and_the_guest_network(bare: Any) -> None:
    public = bare.op.rows("listPublicIpAddresses", zoneid=bare.zone, allocatedonly="false")[0]["ipaddress"]
    gateway, start = public.rpartition(".")[0] + ".254", public.rpartition(".")[0] + ".1"
    pod = {"zoneid": bare.zone, "name": "odd", "netmask": "255.255.255.0"}
    code, text = bare.op.refused("createPod", **pod, gateway=gateway, startip=start, endip=public)
    assert (code, "overlap with Public IP" in text) == (431, True)
    guest = {"gateway": "10.1.1.1", "startip": "10.1.1.10", "endip": "10.1.1.20"}
    assert "Guest IP Network" in bare.op.refused("createPod", **pod, **guest)[1]
    bare.op.do("updateConfiguration", name="check.pod.cidrs", value="false")
    bare.op.do("createPod", **pod, **guest)


def test_pods_change_their_network_but_no_ranges(bare: Any) -> None:
    op, pod = bare.op, bare.op.only("listPods", id=bare.pod)
    changed = op.do("updatePod", id=bare.pod, startip="10.0.0.100", endip="10.0.0.101")["pod"]
    assert changed["ipranges"] == pod["ipranges"]
    assert op.refused("updatePod", id=bare.pod, allocationstate="disabled") == (
        431, "Unable to resolve Allocation State 'disabled' to a supported state",
    )  # fmt: skip
    inside = pod["ipranges"][0]["startip"]
    assert op.refused("updatePod", id=bare.pod, gateway=inside)[1] == (
        "The gateway shouldn't overlap some start/end ip addresses"
    )
    assert op.refused("updatePod", id=bare.pod, gateway="10.200.0.1")[1] == (
        "The start address of the some IP range is not in the CIDR subnet."
    )
