"""Elements of virtual routers, internal load balancers and Open vSwitch, which their providers need."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter, JavaError, ServerApiError
from ...listing import equal
from ...model.physical import InternalLbElement, OvsElement, RouterElement
from ...registry import allocate, command
from ...tables import Table
from .providers import ROUTERS


def _element_view(call: Call, element: RouterElement | InternalLbElement | OvsElement) -> dict[str, Any]:
    provider = call.db.service_providers[element.provider_id]
    return {"id": element.uuid, "nspid": provider.uuid, "enabled": element.enabled}


def _elements(call: Call, name: str, table: Table[Any]) -> dict[str, Any]:
    p = call.params
    where = [equal("id", p.id), equal("provider_id", p.nspid), equal("enabled", p.enabled)]
    return call.listing(name, table, _element_view, where=where)


@command("listVirtualRouterElements")
def list_router_elements(call: Call) -> dict[str, Any]:
    return _elements(call, "virtualrouterelement", call.db.router_elements)


@command("configureVirtualRouterElement")
def configure_router_element(call: Call) -> dict[str, Any]:
    element = live(call.params.id, "Can't find Virtual Router element with network service provider id {id}")
    element.enabled = call.params.enabled
    call.event(
        "NETWORK.ELEMENT.CONFIGURE",
        f"Successfully completed configuring VirtualRouter. Id: {element.id}",
        element,
    )
    return {"virtualrouterelement": _element_view(call, element)}


@allocate("createVirtualRouterElement")
def allocate_router_element(call: Call) -> RouterElement:
    provider = live(call.params.nspid, "Network Service Provider id={id}doesn't exist in the system")
    kind = ROUTERS.get(provider.name)
    if kind is None:
        raise InvalidParameter("invalid provider type Virtual Router")
    if call.db.router_elements.first(provider_id=provider.id):
        raise InvalidParameter("there is already a virtual router element with this service provider id")
    made: RouterElement = call.db.router_elements.add(RouterElement(provider_id=provider.id, kind=kind))
    return made


@command("createVirtualRouterElement")
def create_router_element(call: Call) -> dict[str, Any]:
    if call.db.router_elements.get(call.created.id) is None:
        raise JavaError('Cannot invoke "com.cloud.network.VirtualRouterProvider.getType()" because "provider" is null')
    return {"virtualrouterelement": _element_view(call, call.created)}


@command("listInternalLoadBalancerElements")
def list_internal_lb_elements(call: Call) -> dict[str, Any]:
    return _elements(call, "internalloadbalancerelement", call.db.internal_lb_elements)


@command("configureInternalLoadBalancerElement")
def configure_internal_lb_element(call: Call) -> dict[str, Any]:
    element = live(
        call.params.id, "Can't find InternalLoadBalancerElement element with network service provider id {id}"
    )
    element.enabled = call.params.enabled
    call.event(
        "NETWORK.ELEMENT.CONFIGURE",
        f"Successfully completed configuring internal load balancer element. Id: {element.id}",
        element,
    )
    return {"internalloadbalancerelement": _element_view(call, element)}


@allocate("createInternalLoadBalancerElement")
def allocate_internal_lb_element(call: Call) -> InternalLbElement:
    provider = live(call.params.nspid, "Can't find network service provider by id {id}")
    if provider.name != "InternalLbVm":
        raise InvalidParameter("Invalid network service provider is specified")
    if call.db.internal_lb_elements.first(provider_id=provider.id):
        raise InvalidParameter("There is already an internal load balancer element with this service provider id")
    made: InternalLbElement = call.db.internal_lb_elements.add(InternalLbElement(provider_id=provider.id))
    return made


@command("createInternalLoadBalancerElement")
def create_internal_lb_element(call: Call) -> dict[str, Any]:
    """Its provider may have been deleted since the job was queued."""
    if call.db.internal_lb_elements.get(call.created.id) is None:
        raise InvalidParameter("Unable to find InternalLbVm by id")
    return {"internalloadbalancerelement": _element_view(call, call.created)}


@command("listOvsElements")
def list_ovs_elements(call: Call) -> dict[str, Any]:
    return _elements(call, "ovselement", call.db.ovs_elements)


@command("configureOvsElement")
def configure_ovs_element(call: Call) -> dict[str, Any]:
    element = call.params.id
    if not element or element.removed is not None:
        raise ServerApiError(530, "Failed to configure the ovs provider")
    element.enabled = call.params.enabled
    call.event(
        "NETWORK.ELEMENT.CONFIGURE", f"Successfully completed configuring ovs provider. Id: {element.id}", element
    )
    return {"ovselement": _element_view(call, element)}
