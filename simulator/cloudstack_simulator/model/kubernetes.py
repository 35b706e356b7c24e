"""Kubernetes: versions that may be deployed, clusters, and which instances are their nodes."""

from __future__ import annotations

from ..tables import Row, entity, fresh


@entity("kubernetes_versions", "KubernetesSupportedVersion", indexes=("name",))
class KubernetesVersion(Row):
    name: str
    semantic_version: str
    iso_id: int
    min_cpu: int
    min_memory: int
    zone_id: int | None = None
    state: str = "Enabled"


@entity("kubernetes_clusters", "KubernetesCluster", indexes=("account_id", "name", "network_id"))
class KubernetesCluster(Row):
    name: str
    account_id: int
    zone_id: int
    description: str | None = None
    type: str = "CloudManaged"
    """CloudManaged or ExternalManaged."""
    state: str = "Created"
    version_id: int | None = None
    offering_id: int | None = None
    offerings: dict[str, int] = fresh(dict)
    """Offerings of their own by kind of node: CONTROL, WORKER, ETCD."""
    template_id: int | None = None
    network_id: int | None = None
    cleans_network: bool = False
    """Whether the network was made for the cluster and goes with it."""
    control_nodes: int = 1
    size: int = 0
    etcd_nodes: int = 0
    key_pair: str | None = None
    cores: int = 0
    memory: int = 0
    root_disk_size: int | None = None
    """GB."""
    load_balancer: str | None = None
    endpoint: str = ""
    hypervisor: str | None = None
    autoscaling: bool = False
    min_size: int | None = None
    max_size: int | None = None
    csi: bool = False
    cni_id: int | None = None
    config: str | None = None


@entity("kubernetes_nodes", indexes=("cluster_id", "vm_id"))
class KubernetesNode(Row):
    cluster_id: int
    vm_id: int
    kind: str
    """CONTROL, WORKER or ETCD."""
    version: str | None = None
    external: bool = False
