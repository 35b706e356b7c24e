"""Supported versions: which Kubernetes may be deployed, from which ISO."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...listing import equal, matching
from ...model.kubernetes import KubernetesVersion
from ...registry import SUCCESS, command
from . import service


def view(call: Call, version: KubernetesVersion) -> dict[str, Any]:
    iso = call.db.templates.get(version.iso_id)
    zone = call.db.zones.get(version.zone_id)
    number = service.numbers(version.semantic_version)
    return {
        "id": version.uuid,
        "name": version.name,
        "semanticversion": version.semantic_version,
        "state": version.state,
        "mincpunumber": version.min_cpu,
        "minmemory": version.min_memory,
        "zoneid": zone.uuid if zone else None,
        "zonename": zone.name if zone else None,
        "supportsha": number >= service.numbers(service.OLDEST_HA),
        "supportsautoscaling": number >= service.numbers(service.OLDEST_AUTOSCALING),
        "isoid": iso.uuid if iso else None,
        "isoname": iso.name if iso else None,
        "isostate": "Active" if iso else None,
        "arch": iso.arch if iso else None,
        "directdownload": iso.direct_download if iso else None,
        "created": timestamp(version.created),
    }


def _check(call: Call) -> None:
    p = call.params
    if p.mincpunumber < service.NODE_CPUS:
        raise InvalidParameter(f"Invalid value for mincpunumber parameter. Minimum {service.NODE_CPUS} vCPUs required.")
    if p.minmemory < service.NODE_MEMORY:
        raise InvalidParameter(
            f"Invalid value for minmemory parameter. Minimum {service.NODE_MEMORY}MB memory required"
        )
    if service.numbers(p.semanticversion) < service.numbers(service.OLDEST):
        raise InvalidParameter(
            f"New supported Kubernetes version cannot be added as {service.OLDEST} is minimum version supported by "
            "Kubernetes Service"
        )
    if p.zoneid is not None and (not p.zoneid or p.zoneid.removed is not None):
        raise InvalidParameter("Invalid zone specified")
    if p.zoneid is not None and p.zoneid.is_edge and not p.directdownload:
        raise InvalidParameter(f"Zone: {p.zoneid.name} supports only direct download Kubernetes versions")


def _iso(call: Call, command_name: str, name: str, **more: Any) -> dict[str, Any]:
    """Let the system register the ISO with the binaries: the answer."""
    p, sim = call.params, call.sim
    iso = f"{name}-Kubernetes-Binaries-ISO"
    given = {"checksum": p.checksum, **more}
    status, body = sim.act(
        command_name, sim.system_for(sim.db.accounts.first(name="system")),
        name=iso, displaytext=iso, ispublic="true", bootable="false",
        zoneid=p.zoneid.uuid if p.zoneid is not None else "-1",
        **{k: v for k, v in given.items() if v is not None},
    )  # fmt: skip
    content: dict[str, Any] = next(iter(body.values()))
    if status != 200:
        told = content.get("errortext") if content.get("cserrorcode") == InvalidParameter.cs or not p.url else None
        known = f"Unable to register binaries ISO for supported kubernetes version, {name}, with url: {p.url}"
        raise ServerApiError(530, told or known)
    return content


def _add(call: Call, name: str, iso: str) -> KubernetesVersion:
    p = call.params
    version: KubernetesVersion = call.db.kubernetes_versions.add(
        KubernetesVersion(
            name=name,
            semantic_version=p.semanticversion,
            iso_id=call.db.templates.known(iso).id,
            min_cpu=p.mincpunumber,
            min_memory=p.minmemory,
            zone_id=p.zoneid.id if p.zoneid is not None else None,
        )
    )
    call.event("KUBERNETES.VERSION.ADD", "Successfully completed Adding Kubernetes supported version", version)
    return version


@command("addKubernetesSupportedVersion")
@service.internal
def add(call: Call) -> dict[str, Any]:
    p = call.params
    _check(call)
    if not p.url:
        raise InvalidParameter(f"Invalid URL for ISO specified, {'null' if p.url is None else p.url}")
    name = p.name or f"v{p.semanticversion}" + (f"-{p.zoneid.name}" if p.zoneid is not None else "")
    answer = _iso(call, "registerIso", name, url=p.url, directdownload=p.directdownload, arch=p.arch)
    return {"kubernetessupportedversion": view(call, _add(call, name, answer["iso"][0]["id"]))}


@command("getUploadParamsForKubernetesSupportedVersion")
@service.internal
def upload(call: Call) -> dict[str, Any]:
    _check(call)
    answer = _iso(call, "getUploadParamsForIso", call.params.name, format=call.params.format)
    _add(call, call.params.name, answer["getuploadparams"]["id"])
    return answer


@command("listKubernetesSupportedVersions")
@service.internal
def list_versions(call: Call) -> dict[str, Any]:
    p = call.params
    least = p.minimumsemanticversion or None
    if least and p.minimumkubernetesversionid is not None:
        raise CloudRuntime(
            "Both parameters minimumsemanticversion and minimumkubernetesversionid can not be passed together"
        )
    if p.minimumkubernetesversionid is not None:
        if not p.minimumkubernetesversionid or p.minimumkubernetesversionid.removed is not None:
            raise InvalidParameter("Invalid minimumkubernetesversionid passed")
        least = p.minimumkubernetesversionid.semantic_version
    zone = p.zoneid.id if p.zoneid is not None else None
    filters = [
        equal("id", p.id),
        matching(lambda v: v.zone_id in (None, zone)) if zone is not None else None,
        matching(lambda v: service.numbers(v.semantic_version) >= service.numbers(least)) if least else None,
        matching(lambda v: call.db.templates[v.iso_id].arch == p.arch) if p.arch else None,
    ]
    return call.listing(
        "kubernetessupportedversion", call.db.kubernetes_versions, view, where=filters, keyword=("name",)
    )


def _version(call: Call) -> KubernetesVersion:
    version = call.params.id
    if not version or version.removed is not None:
        raise InvalidParameter("Invalid Kubernetes version id specified")
    return version


@command("updateKubernetesSupportedVersion")
@service.internal
def update(call: Call) -> dict[str, Any]:
    version = _version(call)
    if call.params.state not in ("Enabled", "Disabled"):
        raise InvalidParameter("Invalid value for state parameter")
    version.state = call.params.state
    call.event("KUBERNETES.VERSION.UPDATE", "Successfully completed Updating Kubernetes supported version", version)
    return {"kubernetessupportedversion": view(call, version)}


@command("deleteKubernetesSupportedVersion")
@service.internal
def delete(call: Call) -> Generator[float, None, dict[str, Any]]:
    version = _version(call)
    if any(cluster.version_id == version.id for cluster in call.db.kubernetes_clusters):
        raise CloudRuntime(
            f"Unable to delete Kubernetes version ID: {version.uuid}. Existing clusters currently using the version."
        )
    iso = call.db.templates.get(version.iso_id)
    if iso is not None and iso.removed is None:
        call.sim.act("deleteIso", id=iso.uuid)
        yield 0.5
    call.db.kubernetes_versions.remove(version)
    call.event("KUBERNETES.VERSION.DELETE", "Successfully completed Deleting Kubernetes supported version", version)
    return SUCCESS
