"""Adding storage pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ...call import Call, live
from ...errors import ApiError, CloudRuntime, IllegalArgument, InvalidParameter, PermissionDenied, ServerApiError
from ...model.pools import StoragePool
from ...parameters import flat_map
from ...registry import command
from ..urls import parts_of
from ..zones.hypervisors import hypervisor_type
from ..zones.zone_life import java_named_uuid
from . import nfs_options
from .local import TIB
from .providers import PRIMARY
from .view import pool_view, reaches

if TYPE_CHECKING:
    from ...simulator import Simulator

SCOPES = ("CLUSTER", "ZONE", "HOST", "REGION", "GLOBAL")
ZONE_WIDE = ("KVM", "VMware", "Hyperv", "LXC", "XenServer", "Any", "Simulator", "External")
TYPES = {
    "nfs": "NetworkFilesystem",
    "sharedmountpoint": "SharedMountPoint",
    "clvm": "CLVM",
    "rbd": "RBD",
    "presetup": "PreSetup",
    "iscsi": "IscsiLUN",
    "vmfs": "VMFS",
    "cifs": "SMB",
    "smb": "SMB",
    "gluster": "Gluster",
    "iso": "ISO",
    "file": "Filesystem",
    "linstor": "Linstor",
}
RANDOM_IDS = ("SharedMountPoint", "CLVM", "PreSetup", "VMFS")
"""Types whose pools have an id by chance; the others' comes from host and path."""


@dataclass(frozen=True)
class Place:
    """What a pool's url says."""

    scheme: str
    host: str
    path: str
    port: int
    user_info: str | None


@command("createStoragePool")
def create_pool(call: Call) -> dict[str, Any]:
    try:
        return {"storagepool": pool_view(call, _create(call))}
    except PermissionDenied:
        raise
    except ApiError as error:
        raise ServerApiError(530, error.text) from None


def _create(call: Call) -> StoragePool:
    p = call.params
    if p.istagarule:
        raise InvalidParameter("The parameter istagarule cannot be set to true as JS interpretation is disabled")
    place = parse_url(p.url)
    scope = _scope(call, place)
    cluster = pod = None
    hypervisor = None
    if scope == "CLUSTER":
        if not p.clusterid:
            raise InvalidParameter("cluster id can't be null, if scope is cluster")
        cluster = live(p.clusterid, "can't find cluster by id {id}")
        pod, hypervisor = call.db.pods[cluster.pod_id], cluster.hypervisor
    elif scope == "ZONE":
        hypervisor = _zone_hypervisor(call)
    nfs_options.check_new(call, hypervisor, place.scheme)
    zone = live(p.zoneid, "unable to find zone by id {id}")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone is currently disabled: {zone}")
    try:
        kind = _type(place)
        _check_free(call, place)
        _check_hosts(call.sim, zone, cluster, hypervisor)
    except ApiError as error:
        raise CloudRuntime(f"Failed to add data store: {error.text}") from None
    details = _details(call)
    size = size_on_hosts(hypervisor)
    uuid = call.sim.ids.uuid() if kind in RANDOM_IDS else java_named_uuid(place.host + place.path)
    made: StoragePool = call.db.storage_pools.add(
        StoragePool(
            name=p.name,
            zone_id=zone.id,
            pod_id=pod.id if pod else None,
            cluster_id=cluster.id if cluster else None,
            pool_type=kind,
            address=place.host,
            path=place.path,
            port=place.port,
            user_info=place.user_info,
            scope=scope,
            hypervisor=hypervisor,
            provider=PRIMARY.get((p.provider or "").lower(), "DefaultPrimary"),
            managed=bool(p.managed),
            capacity=size or p.capacitybytes or 10 * TIB,
            capacity_iops=p.capacityiops,
            tags=[t for t in (p.tags or "").split(",") if t],
            details=details,
            storage_access_groups=[g for g in (p.storageaccessgroups or "").split(",") if g],
        ),
        uuid=uuid,
    )
    mount(call.sim, made)
    return made


def mount(sim: Simulator, pool: StoragePool) -> None:
    """The hosts of its scope that are up mount a new pool. One that cannot is only logged, unless none can."""
    up = [host for host in sim.db.hosts.where(zone_id=pool.zone_id, kind="Routing", state="Up") if reaches(pool, host)]
    pool.unmounted = [host.id for host in up if sim.faults.strikes("pool-unmounted", host.name)]
    if up and len(pool.unmounted) == len(up):
        sim.db.storage_pools.delete(pool)
        raise CloudRuntime("Failed to add data store: Failed to access storage pool")


def parse_url(text: str) -> Place:
    """Scheme, host and path of a pool's url; 431 when they are not there."""
    parts = parts_of(text)
    authority = parts.netloc.rpartition("@")
    host, _colon, port_text = authority[2].partition(":")
    port = int(port_text) if port_text.isdigit() else 0
    scheme = parts.scheme.lower()
    if not scheme:
        raise InvalidParameter(f"scheme is null {text}, add nfs:// (or cifs://) as a prefix")
    path = unquote(parts.path)
    if scheme == "sharedmountpoint":
        host = host or "localhost"
    if scheme in ("nfs", "sharedmountpoint", "rbd", "gluster", "cifs") and (not host or path in ("", "/")):
        words = {"nfs": "hostname/path", "sharedmountpoint": "localhost/path", "rbd": "hostname/pool",
                 "gluster": "hostname/volume", "cifs": "hostname/path"}  # fmt: skip
        raise InvalidParameter(f"host or path is null, should be {scheme}://{words[scheme]}")
    if scheme == "rbd":
        path = path.lstrip("/")
    return Place(scheme, host, path.rstrip("/") if len(path) > 1 else path, port, authority[0] or None)


def _scope(call: Call, place: Place) -> str:
    if place.scheme == "file":
        return "HOST"
    text = call.params.scope
    if text is None:
        return "CLUSTER"
    if text.upper() not in SCOPES:
        raise InvalidParameter(f"invalid scope for pool {text}")
    return str(text.upper())


def _zone_hypervisor(call: Call) -> str:
    text = call.params.hypervisor
    if text is None:
        raise InvalidParameter(
            "Missing parameter hypervisor. Hypervisor type is required to create zone wide primary storage."
        )
    hypervisor = hypervisor_type(text)
    if hypervisor == "None":
        raise InvalidParameter(f"invalid hypervisor type {text}")
    if hypervisor not in ZONE_WIDE:
        raise InvalidParameter(f"Zone wide storage pool is not supported for hypervisor type {text}")
    return hypervisor


def _type(place: Place) -> str:
    if place.scheme not in TYPES:
        raise IllegalArgument(f"No enum constant com.cloud.storage.Storage.StoragePoolType.{place.scheme}")
    return TYPES[place.scheme]


def _check_free(call: Call, place: Place) -> None:
    for pool in call.db.storage_pools:
        if (pool.address, pool.path) == (place.host, place.path) and pool.scope != "HOST":
            pod = pool.pod_id if pool.pod_id is not None else "null"
            raise CloudRuntime(f"Storage pool {place.path} already in use by another pod (id={pod})")


def _check_hosts(sim: Simulator, zone: Any, cluster: Any, hypervisor: str | None) -> None:
    """Refuse a pool that no host can mount."""
    up = [h for h in sim.db.hosts.where(zone_id=zone.id, kind="Routing") if h.state == "Up"]
    if cluster is not None and not any(h.cluster_id == cluster.id for h in up):
        raise CloudRuntime(f"No host up to associate a storage pool with in cluster {cluster.id}")
    if cluster is None and hypervisor not in (None, "Any") and not any(h.hypervisor == hypervisor for h in up):
        raise CloudRuntime(f"No host up to associate a storage pool with in zone {zone.id}")


def _details(call: Call) -> dict[str, str]:
    p = call.params
    details = flat_map(p.details)
    if p.capacitybytes is not None:
        details["capacityBytes"] = str(p.capacitybytes)
    if p.capacityiops is not None:
        details["capacityIops"] = str(p.capacityiops)
    return details


def size_on_hosts(hypervisor: str | None) -> int | None:
    """The size in bytes that hosts report for a pool they mount; None: they believe what they are told."""
    return TIB if hypervisor == "Simulator" else None
