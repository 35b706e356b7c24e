"""Network access lists and their items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...access import visible_accounts
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...listing import equal, matching, tagged
from ...model.vpcs import NetworkAcl, NetworkAclItem
from ...registry import SUCCESS, allocate, at_install, command
from ...tags import taggable
from ..common import done, entity_created

if TYPE_CHECKING:
    from ...simulator import Simulator

taggable("NetworkACL", "network_acl_items")
STEP = 0.05


@at_install(order=20)
def add_built_in_lists(sim: Simulator) -> None:
    for name, words, action in (
        ("default_deny", "Default Network ACL Deny All", "Deny"),
        ("default_allow", "Default Network ACL Allow All", "Allow"),
    ):
        acl = sim.db.network_acls.add(NetworkAcl(name=name, description=words))
        for number, traffic in enumerate(("Ingress", "Egress"), 1):
            sim.db.network_acl_items.add(
                NetworkAclItem(
                    acl_id=acl.id,
                    number=number,
                    protocol="all",
                    action=action,
                    traffic_type=traffic,
                    cidrs=["0.0.0.0/0"],
                )
            )


def list_view(call: Call, acl: NetworkAcl) -> dict[str, Any]:
    vpc = call.db.vpcs.get(acl.vpc_id)
    return {
        "id": acl.uuid,
        "name": acl.name,
        "description": acl.description,
        "vpcid": vpc.uuid if vpc else None,
        "vpcname": vpc.name if vpc else None,
        "fordisplay": acl.display,
    }


def check_access(call: Call, acl: NetworkAcl, only_root: str) -> None:
    """Lists of a VPC belong to its owner, global ones to root admins: `only_root` tells the others."""
    vpc = call.db.vpcs.get(acl.vpc_id)
    if vpc is not None:
        call.check_access(vpc)
    elif not call.caller.is_root_admin:
        raise PermissionDenied(only_root)


def is_default(acl: NetworkAcl) -> bool:
    return acl.vpc_id is None and acl.name in ("default_allow", "default_deny")


@allocate("createNetworkACLList")
def allocate_list(call: Call) -> NetworkAcl:
    p, vpc = call.params, call.params.vpcid
    if vpc is not None and (not vpc or vpc.removed is not None):
        raise InvalidParameter(f"Unable to find VPC with ID [{vpc.id}].")
    if vpc is not None:
        call.check_access(vpc)
    acl: NetworkAcl = call.db.network_acls.add(
        NetworkAcl(
            name=p.name, description=p.description, vpc_id=vpc.id if vpc else None, display=p.get("fordisplay", True)
        )
    )
    entity_created(call, "NETWORK.ACL.CREATE", f"creating network acl list. ACL Id: {acl.id}", acl)
    return acl


@command("createNetworkACLList")
def create_list(call: Call) -> dict[str, Any]:
    return {"networkacllist": list_view(call, call.created)}


@command("listNetworkACLLists")
def list_lists(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    if p.vpcid is not None:
        if p.vpcid.removed is not None:
            raise InvalidParameter("Unable to find VPC")
        call.check_access(p.vpcid)
    shown = vpcs_shown(call) if p.vpcid is None else None
    of_network = p.networkid.acl_id if p.networkid is not None else None
    return call.listing(
        "networkacllist",
        db.network_acls,
        list_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            matching(lambda a: a.id == of_network) if p.networkid is not None else None,
            matching(lambda a: a.vpc_id in (None, p.vpcid.id)) if p.vpcid is not None else None,
            equal("display", p.fordisplay),
            matching(lambda a: a.vpc_id is None or a.vpc_id in shown) if shown is not None else None,
        ],
        keyword=("name", "description"),
        newest_first=True,
    )


def vpcs_shown(call: Call) -> set[int] | None:
    """Numbers of the VPCs that this call lists, None for all: their lists, and the built-in ones, are seen."""
    accounts = visible_accounts(call)
    if accounts is None:
        return None
    return {vpc.id for vpc in call.db.vpcs.all() if vpc.account_id in accounts}


@command("updateNetworkACLList")
def update_list(call: Call) -> Any:
    p, acl = call.params, live(call.params.id, "Unable to find specified ACL")
    check_access(call, acl, "Must be Root Admin to update a global ACL.")
    yield STEP
    for parameter, field in (("name", "name"), ("description", "description"), ("fordisplay", "display")):
        # A blank text changes nothing.
        if p[parameter] is not None and str(p[parameter]).strip():
            setattr(acl, field, p[parameter])
    if p.customid is not None:
        call.db.network_acls.change_uuid(acl, p.customid)
    done(call, "NETWORK.ACL.UPDATE", "Updating Network ACL", acl)
    return {"networkacllist": list_view(call, acl)}


@command("deleteNetworkACLList")
def delete_list(call: Call) -> Any:
    db, acl = call.db, live(call.params.id, "Unable to find specified ACL")
    if is_default(acl):
        raise InvalidParameter("Default ACL cannot be removed")
    check_access(call, acl, "Only Root Admin can delete global ACLs.")
    tiers = [n for n in db.networks if n.acl_id == acl.id]
    if tiers:
        raise CloudRuntime(f"ACL is still associated with {len(tiers)} tier(s). Cannot delete network ACL: {acl.uuid}")
    gateways = [g for g in db.private_gateways if g.acl_id == acl.id]
    if gateways:
        raise CloudRuntime(
            f"ACL is still associated with {len(gateways)} private gateway(s). Cannot delete network ACL: {acl.uuid}"
        )
    yield STEP
    for item in db.network_acl_items.where(acl_id=acl.id):
        db.network_acl_items.delete(item)
    db.network_acls.delete(acl)
    done(call, "NETWORK.ACL.DELETE", "Deleting Network ACL List", acl)
    return SUCCESS


@command("replaceNetworkACLList", instance=lambda _call: None)
def replace_list(call: Call) -> Any:
    p = call.params
    if p.networkid is None and p.gatewayid is None:
        raise CloudRuntime("Network ID and private gateway can't be null at the same time")
    if p.networkid is not None and p.gatewayid is not None:
        raise InvalidParameter("Network ID and private gateway can't be passed at the same time")
    target = _gateway_of(call) if p.gatewayid is not None else _tier_of(call)
    call.check_access(target)
    target.acl_id = p.aclid.id
    yield STEP
    return SUCCESS


def _gateway_of(call: Call) -> Any:
    """The gateway that shall get the list; global lists are for tiers only."""
    gateway, acl = live(call.params.gatewayid, "Unable to find specified private gateway"), call.params.aclid
    if gateway.state != "Ready":
        raise InvalidParameter("Gateway is not in Ready state")
    live(acl, "Unable to find specified NetworkACL")
    if is_default(acl):
        return gateway
    vpc = call.db.vpcs.get(acl.vpc_id)
    if vpc is None:
        raise InvalidParameter("Unable to find Vpc associated with the NetworkACL")
    call.check_access(vpc)
    if vpc.id != gateway.vpc_id:
        raise InvalidParameter(f"private gateway: {gateway} and ACL: {acl} do not belong to the same VPC")
    return gateway


def _tier_of(call: Call) -> Any:
    """The tier that shall get the list."""
    network, acl = live(call.params.networkid, "Unable to find specified Network"), call.params.aclid
    live(acl, "Unable to find specified NetworkACL")
    if network.vpc_id is None:
        raise InvalidParameter(f"Network is not part of a VPC: {network.uuid}")
    vpc = call.db.vpcs.get(acl.vpc_id)
    if vpc is not None:
        call.check_access(vpc)
        if vpc.id != network.vpc_id:
            raise InvalidParameter(f"Network: {network} and ACL: {acl} do not belong to the same VPC")
    if "NetworkACL" not in call.db.network_offerings[network.offering_id].services:
        raise InvalidParameter("Cannot apply NetworkACL. Network Offering does not support NetworkACL service")
    return network


def tagged_items(call: Call) -> Any:
    return tagged(call, "NetworkACL")
