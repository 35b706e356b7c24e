"""Where a deployment or a start may put an instance: the pod, cluster or host that the call names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...call import Call
from ...errors import InvalidParameter, PermissionDenied
from ...model.hosts import Host

if TYPE_CHECKING:
    from ...simulator import Simulator


class Destination(NamedTuple):
    host: Host | None = None
    cluster_id: int | None = None
    pod_id: int | None = None
    last: bool = True
    """Whether its last host comes before others."""

    def allows(self, host: Host) -> bool:
        return self.cluster_id in (None, host.cluster_id) and self.pod_id in (None, host.pod_id)


ANYWHERE = Destination()


def of_call(call: Call, vm: Any = None) -> Destination:
    """The destination that root admins name; each part of it must be there, a host must be up and enabled.

    `vm`: the instance that goes there, as soon as there is one; the host must have the tags that it cannot do without.
    """
    p = call.params
    for name in ("podid", "clusterid", "hostid"):
        if p[name] is not None and not call.caller.is_root_admin:
            raise PermissionDenied(f"Parameter {name} can only be specified by a Root Admin, permission denied")
    pod = _living(p.podid, "Unable to find the pod to deploy the VM, pod id={id}")
    cluster = _living(p.clusterid, "Unable to find the cluster to deploy the VM, cluster id={id}")
    host = _living(p.hostid, "Unable to find the host to deploy the VM, host id={id}")
    if host is not None and (host.resource_state != "Enabled" or host.state != "Up"):
        raise InvalidParameter(f"Unable to deploy the VM as the host: {host.name} is not in the right state")
    if host is not None and vm is not None and lacks_strict_tags(call.sim, vm, host):
        raise InvalidParameter(f"Cannot deploy VM, destination host: {host.name} is not compatible for the VM")
    last = p.get("considerlasthost") is not False
    return Destination(host, cluster.id if cluster else None, pod.id if pod else None, last)


def lacks_strict_tags(sim: Simulator, vm: Any, host: Host, *, offering: Any = None) -> bool:
    """Whether a host that somebody names lacks tags which even then are needed; `offering`: the one that shall be."""
    offering = offering or sim.db.service_offerings.get(vm.service_offering_id)
    template = sim.db.templates.get(vm.template_id)
    wanted = {*getattr(offering, "host_tags", ()), getattr(template, "tag", None)}
    return not wanted & _strict_tags(sim) <= set(host.tags)


def _strict_tags(sim: Simulator) -> set[str]:
    """Those of `vm.strict.host.tags`, and unless it is told otherwise those by which resources are limited."""
    names = ["vm.strict.host.tags"]
    if sim.settings.value("vm.strict.resource.limit.host.tag.check"):
        names.append("resource.limit.host.tags")
    found = {tag.strip() for name in names for tag in str(sim.settings.value(name) or "").split(",")}
    return found - {""}


def _living(row: Any, text: str) -> Any:
    if row is not None and row.removed is not None:
        raise InvalidParameter(text.format(id=row.id))
    return row
