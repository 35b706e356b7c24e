"""The Kubernetes service: versions, clusters with their nodes and rules, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.state import StateFile

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cloud, Operator


class Kubernetes:
    """A zone whose servers have a real address, with a version of Kubernetes and an offering for nodes."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.op = cloud, cloud.op
        self.op.do("updateConfiguration", name="endpoint.url", value="https://cloud.example.com/client/api")
        self.version = self.add_version("1.30.1")
        self.offering = self.op.do(
            "createServiceOffering", name="node", displaytext="node", cpunumber=2, cpuspeed=500, memory=2048
        )["serviceoffering"]["id"]

    def add_version(self, number: str, **more: Any) -> str:
        made = self.op.do(
            "addKubernetesSupportedVersion", semanticversion=number, mincpunumber=2, minmemory=2048,
            zoneid=self.cloud.zone, url=f"http://images.example.com/{number}.iso", **more,
        )["kubernetessupportedversion"]  # fmt: skip
        self.cloud.sim.advance(60)
        return str(made["id"])

    def order(self, **more: Any) -> dict[str, Any]:
        return {
            "name": "Prod", "zoneid": self.cloud.zone, "kubernetesversionid": self.version, "size": 2,
            "serviceofferingid": self.offering, "description": "for all", **more,
        }  # fmt: skip

    def create(self, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.op.do("createKubernetesCluster", **self.order(**more))["kubernetescluster"]
        return made

    def look(self, cluster: dict[str, Any]) -> dict[str, Any]:
        return self.op.only("listKubernetesClusters", id=cluster["id"])


@pytest.fixture
def kube(running: Cloud) -> Kubernetes:
    return Kubernetes(running)


def test_a_version_is_listed_disabled_and_deleted_with_its_iso(kube: Kubernetes) -> None:
    op, version = kube.op, kube.op.only("listKubernetesSupportedVersions", minimumsemanticversion="1.30.0")
    assert (version["name"], version["state"], version["supportsha"]) == ("v1.30.1-north", "Enabled", True)
    assert op.rows("listKubernetesSupportedVersions", minimumsemanticversion="1.31.0") == []
    assert op.do("updateKubernetesSupportedVersion", id=version["id"], state="Disabled")[
        "kubernetessupportedversion"]["state"] == "Disabled"  # fmt: skip
    assert op.refused("createKubernetesCluster", **kube.order()) == (
        530, f"Kubernetes version ID: {version['id']} is in Disabled state",
    )  # fmt: skip
    op.do("deleteKubernetesSupportedVersion", id=version["id"])
    assert op.rows("listKubernetesSupportedVersions") == []
    kube.cloud.sim.settle()
    assert op.rows("listIsos", isofilter="all", id=version["isoid"]) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mincpunumber": 1}, "Minimum 2 vCPUs required."),
        ({"minmemory": 512}, "Minimum 2048MB memory required"),
        ({"semanticversion": "1.10.0"}, "1.11.0 is minimum version supported by Kubernetes Service"),
        ({"semanticversion": "1.30"}, "Semantic version should be specified in MAJOR.MINOR.PATCH format"),
        ({"url": ""}, "Invalid URL for ISO specified"),
    ],
)
def test_versions_that_are_refused(op: Operator, more: dict[str, Any], said: str) -> None:
    wanted = {"semanticversion": "1.30.1", "mincpunumber": 2, "minmemory": 2048, "url": "http://a.example.com/a.iso"}
    assert said in op.refused("addKubernetesSupportedVersion", **{**wanted, **more})[1]


def test_a_cluster_lives_with_its_nodes_network_and_rules(kube: Kubernetes) -> None:
    op = kube.op
    before = kube.cloud.sim.limits.count(kube.cloud.sim.admin.account, "cpu")
    cluster = kube.create(controlnodes=2)
    assert (cluster["state"], cluster["size"], cluster["cpunumber"], cluster["memory"]) == ("Running", 2, "8", "8192")
    assert {vm["state"] for vm in cluster["virtualmachines"]} == {"Running"}
    assert cluster["endpoint"] == f"https://{cluster['ipaddress']}:6443/"
    assert kube.cloud.sim.limits.count(kube.cloud.sim.admin.account, "cpu") == before + 8
    forwarded = op.rows("listPortForwardingRules", networkid=cluster["networkid"])
    assert sorted(int(rule["publicport"]) for rule in forwarded) == [2222, 2223, 2224, 2225]
    balancer = op.only("listLoadBalancerRules", networkid=cluster["networkid"])
    assert len(op.rows("listLoadBalancerRuleInstances", id=balancer["id"])) == 2
    config = op.do("getKubernetesClusterConfig", id=cluster["id"])["clusterconfig"]["configdata"]
    assert f"server: {cluster['endpoint'].rstrip('/')}" in config
    op.do("stopKubernetesCluster", id=cluster["id"])
    stopped = kube.look(cluster)
    assert (stopped["state"], {vm["state"] for vm in stopped["virtualmachines"]}) == ("Stopped", {"Stopped"})
    assert op.do("startKubernetesCluster", id=cluster["id"])["kubernetescluster"]["state"] == "Running"
    op.do("deleteKubernetesCluster", id=cluster["id"])
    assert op.rows("listKubernetesClusters") == []
    assert op.rows("listNetworks", id=cluster["networkid"]) == []
    assert kube.cloud.sim.limits.count(kube.cloud.sim.admin.account, "cpu") == before


def test_a_cluster_grows_shrinks_and_gets_larger_nodes(kube: Kubernetes) -> None:
    cluster = kube.create()
    larger = kube.op.do(
        "createServiceOffering", name="large", displaytext="large", cpunumber=4, cpuspeed=500, memory=4096
    )["serviceoffering"]["id"]
    for size in (3, 1):
        scaled = kube.op.do("scaleKubernetesCluster", id=cluster["id"], size=size)["kubernetescluster"]
        assert (scaled["size"], scaled["state"], len(scaled["virtualmachines"])) == (size, "Running", size + 1)
        assert len(kube.op.rows("listPortForwardingRules", networkid=cluster["networkid"])) == size + 1
    wide = kube.op.do("scaleKubernetesCluster", id=cluster["id"], serviceofferingid=larger)["kubernetescluster"]
    assert (wide["cpunumber"], wide["serviceofferingid"]) == ("8", larger)
    code, text = kube.op.refused("scaleKubernetesCluster", id=cluster["id"], serviceofferingid=kube.offering)
    assert (code, "cannot be scaled down for service offering" in text) == (530, True)
    auto = kube.op.do("scaleKubernetesCluster", id=cluster["id"], autoscalingenabled="true", minsize=1, maxsize=4)
    assert (auto["kubernetescluster"]["autoscalingenabled"], auto["kubernetescluster"]["maxsize"]) == (True, 4)


def test_a_cluster_is_upgraded_step_by_step(kube: Kubernetes) -> None:
    cluster, next_one, far = kube.create(), kube.add_version("1.31.0"), kube.add_version("1.33.0")
    refused = kube.op.refused("upgradeKubernetesCluster", id=cluster["id"], kubernetesversionid=far)
    assert "can be upgraded between next minor or patch version releases" in refused[1]
    done = kube.op.do("upgradeKubernetesCluster", id=cluster["id"], kubernetesversionid=next_one)["kubernetescluster"]
    assert (done["kubernetesversionid"], done["state"]) == (next_one, "Running")
    assert {vm["kubernetesnodeversion"] for vm in done["virtualmachines"]} == {"1.31.0"}
    back = kube.op.refused("upgradeKubernetesCluster", id=cluster["id"], kubernetesversionid=kube.version)
    assert "can not be downgraded" in back[1]
    assert kube.op.refused("deleteKubernetesSupportedVersion", id=next_one)[0] == 530


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"size": 0}, "Invalid cluster size: 0"),
        ({"size": 20}, "Maximum cluster size can not exceed 10. Please contact your administrator"),
        ({"controlnodes": 0}, "Invalid cluster control nodes count: 0"),
        ({"keypair": "nobody's"}, "Given SSH key pair with name: nobody's was not found for the account admin"),
        ({"noderootdisksize": 0}, "Invalid value for noderootdisksize"),
        ({"dockerregistryurl": "https://r"}, "All the docker private registry parameters"),
        ({"nodeofferings[0].node": "worker", "nodeofferings[0].offering": "x"}, "Cannot find a service offering"),
        ({"serviceofferingid": "small"}, "Kubernetes cluster template needs minimum 2 vCPUs and 2048 MB RAM"),
    ],
)
def test_clusters_that_are_refused(kube: Kubernetes, more: dict[str, Any], said: str) -> None:
    if more.get("serviceofferingid") == "small":
        more = {"serviceofferingid": kube.op.only("listServiceOfferings", name="Small Instance")["id"]}
    code, text = kube.op.refused("createKubernetesCluster", **kube.order(**more))
    assert (code, said in text) == (530, True), text
    assert kube.op.rows("listKubernetesClusters") == []


def test_nodes_need_the_servers_address_and_hosts_with_room(kube: Kubernetes) -> None:
    huge = kube.op.do(
        "createServiceOffering", name="huge", displaytext="huge", cpunumber=64, cpuspeed=4000, memory=999999
    )["serviceoffering"]["id"]
    assert (
        "failed due to insufficient capacity for 2 nodes cluster"
        in kube.op.refused("createKubernetesCluster", **kube.order(serviceofferingid=huge))[1]
    )
    kube.op.do("updateConfiguration", name="endpoint.url", value="http://localhost:8080/client/api")
    assert kube.op.refused("createKubernetesCluster", **kube.order()) == (
        530, "Global setting endpoint.url has to be set to the Management Server's API end point",
    )  # fmt: skip


def test_a_cluster_that_others_run_only_has_members(kube: Kubernetes) -> None:
    op, vm = kube.op, kube.cloud.deploy("web")
    cluster = op.do(
        "createKubernetesCluster", name="theirs", zoneid=kube.cloud.zone, clustertype="ExternalManaged"
    )["kubernetescluster"]  # fmt: skip
    assert (cluster["state"], cluster["clustertype"]) == ("Running", "ExternalManaged")
    op.do("addVirtualMachinesToKubernetesCluster", id=cluster["id"], virtualmachineids=vm["id"])
    assert kube.look(cluster)["size"] == 1
    assert (
        "is not supported for an externally managed cluster (theirs)"
        in op.refused("stopKubernetesCluster", id=cluster["id"])[1]
    )
    rows = [
        op.rows("removeVirtualMachinesFromKubernetesCluster", id=cluster["id"], virtualmachineids=vm["id"])[0]
        for _ in range(2)
    ]
    assert [row["success"] for row in rows] == [True, False]
    assert rows[1]["displaytext"] == "VM is not part of the cluster"
    op.do("deleteKubernetesCluster", id=cluster["id"])
    assert op.only("listVirtualMachines", id=vm["id"])["state"] == "Running"


def test_nothing_goes_while_the_service_is_turned_off_and_state_is_kept(kube: Kubernetes, tmp_path: Path) -> None:
    cluster = kube.create(size=1)
    file = StateFile(tmp_path / "cloud.state")
    file.save(kube.cloud.sim)
    again = Simulator(seed=9)
    file.load(again)
    assert again.call("listKubernetesClusters") == kube.cloud.sim.call("listKubernetesClusters")
    kube.op.do("updateConfiguration", name="cloud.kubernetes.service.enabled", value="false")
    for command in ("stopKubernetesCluster", "listKubernetesClusters", "getKubernetesClusterConfig"):
        assert kube.op.refused(command, id=cluster["id"]) == (530, "Kubernetes Service plugin is disabled")


def test_the_test_hypervisor_brings_up_no_guests() -> None:
    sim = Simulator(zone="sandbox", seed=1)
    sim.call("updateConfiguration", name="endpoint.url", value="https://cloud.example.com/client/api")
    zone = sim.db.zones.first(name="Sandbox-simulator").uuid
    added = sim.call(
        "addKubernetesSupportedVersion", semanticversion="1.30.1", mincpunumber=2, minmemory=2048, zoneid=zone,
        url="http://images.example.com/a.iso",
    )[1]  # fmt: skip
    version = added["addkubernetessupportedversionresponse"]["kubernetessupportedversion"]["id"]
    sim.advance(60)
    offering = sim.call("createServiceOffering", name="n", displaytext="n", cpunumber=2, cpuspeed=500, memory=2048)[1]
    _status, body = sim.call(
        "createKubernetesCluster", name="c", zoneid=zone, kubernetesversionid=version, size=1,
        serviceofferingid=offering["createserviceofferingresponse"]["serviceoffering"]["id"],
    )  # fmt: skip
    answer = body["createkubernetesclusterresponse"]
    sim.settle(limit=10000)
    job = sim.db.jobs.find(answer["jobid"])
    assert (job.status, "unable to access control node VMs" in job.result["errortext"]) == (2, True), job.result
    assert sim.db.kubernetes_clusters.find(answer["id"]).state == "Error"
