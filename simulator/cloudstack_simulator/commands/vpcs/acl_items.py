"""The items of network access lists."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter, JavaError
from ...listing import equal, matching
from ...model.vpcs import NetworkAcl, NetworkAclItem
from ...registry import SUCCESS, allocate, command
from ..common import done
from .acl_checks import check_item
from .acls import STEP, check_access, is_default, tagged_items, vpcs_shown

ANYWHERE = ["0.0.0.0/0", "::/0"]
ICMP = 1


def item_view(call: Call, item: NetworkAclItem) -> dict[str, Any]:
    acl = call.db.network_acls[item.acl_id]
    if item.cidrs is None:
        raise JavaError('Cannot invoke "java.util.List.toArray()" because "sourceCidrs" is null')
    return {
        "id": item.uuid,
        "protocol": item.protocol,
        "startport": str(item.start_port) if item.start_port is not None else None,
        "endport": str(item.end_port) if item.end_port is not None else None,
        "traffictype": item.traffic_type,
        "state": item.state,
        "cidrlist": ",".join(item.cidrs),
        "icmptype": item.icmp_type,
        "icmpcode": item.icmp_code,
        "tags": call.sim.tags.views(item),
        "aclid": acl.uuid,
        "aclname": acl.name,
        "number": item.number,
        "action": item.action,
        "fordisplay": item.display,
        "reason": item.reason,
    }


def _action(text: str | None) -> str:
    if text is not None and text.lower() not in ("allow", "deny"):
        raise InvalidParameter(f"Invalid action [{text}]. Permitted actions are Allow and Deny")
    return (text or "allow").capitalize()


def _traffic(text: str | None) -> str:
    if text is not None and text.lower() not in ("ingress", "egress"):
        raise InvalidParameter(f"Invalid traffic type {text}")
    return (text or "ingress").capitalize()


def _check_number(call: Call, acl: NetworkAcl, number: int | None, own: NetworkAclItem | None = None) -> None:
    if number is None:
        return
    # That numbers are positive is asked of new items only.
    if number < 1 and own is None:
        raise InvalidParameter(f"Invalid number [{number}]. Number cannot be < 1")
    for other in call.db.network_acl_items.where(acl_id=acl.id):
        if other.number == number and other is not own:
            raise InvalidParameter(f"ACL item with number {number} already exists in ACL: {acl.uuid}")


def _the_list(call: Call) -> NetworkAcl:
    """The list of a new item: the given one, else the one of the network."""
    p, db = call.params, call.db
    acl = p.aclid
    if acl is None:
        if p.networkid is None:
            raise InvalidParameter("Cannot create Network ACL Item. ACL Id or network Id is required")
        if not p.networkid:
            raise InvalidParameter("Unable to find specified Network")
        if p.networkid.vpc_id is None:
            raise InvalidParameter(f"Network: {p.networkid.uuid} does not belong to VPC")
        acl = db.network_acls.get(p.networkid.acl_id)
        if acl is None and "NetworkACL" not in db.network_offerings[p.networkid.offering_id].services:
            raise InvalidParameter("Network Offering does not support NetworkACL service")
        acl = acl or _own_list(call, p.networkid)
    if not acl or acl.removed is not None:
        raise InvalidParameter("Unable to find specified ACL.")
    if is_default(acl):
        raise InvalidParameter("Default ACL cannot be modified")
    check_access(call, acl, "Only Root Admins can create rules for a global ACL.")
    return acl


def _own_list(call: Call, network: Any) -> NetworkAcl:
    name = f"VPC_{call.db.vpcs[network.vpc_id].name}_Tier_{network.name}_ACL_{network.uuid}"
    acl: NetworkAcl = call.db.network_acls.add(
        NetworkAcl(name=name, description=f"ACL for {name}", vpc_id=network.vpc_id)
    )
    network.acl_id = acl.id
    return acl


@allocate("createNetworkACL")
def allocate_item(call: Call) -> NetworkAclItem:
    p = call.params
    acl = _the_list(call)
    traffic = _traffic(p.traffictype)
    protocol, kind, code = _protocol(call)
    _check_number(call, acl, p.number)
    action = _action(p.action)
    item = NetworkAclItem(
        acl_id=acl.id,
        number=0,
        protocol=protocol,
        action=action,
        traffic_type=traffic,
        start_port=p.startport,
        end_port=p.get("endport", p.startport),
        icmp_type=kind,
        icmp_code=code,
        cidrs=list(p.cidrlist or ANYWHERE),
        display=p.get("fordisplay", True),
        reason=p.reason,
        state="Add",
    )
    check_item(item)
    others = call.db.network_acl_items.where(acl_id=acl.id)
    item.number = p.number if p.number is not None else max((o.number for o in others), default=0) + 1
    made: NetworkAclItem = call.db.network_acl_items.add(item)
    return made


def _protocol(call: Call) -> tuple[str, int | None, int | None]:
    """(protocol, ICMP type, ICMP code) of a new item; number 1 is ICMP of all types, whatever else is given."""
    p = call.params
    protocol = (p.protocol or "all").strip().lower()
    if protocol.isdigit() and int(protocol) == ICMP:
        return "icmp", -1, -1
    default = -1 if protocol == "icmp" else None
    return protocol, p.get("icmptype", default), p.get("icmpcode", default)


@command("createNetworkACL")
def create(call: Call) -> Any:
    item = call.created
    yield STEP
    item.state = "Active"
    done(call, "NETWORK.ACL.ITEM.CREATE", "Applying Network ACL Item", item)
    return {"networkacl": item_view(call, item)}


@command("listNetworkACLs")
def list_items(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    acl = p.aclid if p.aclid is not None else db.network_acls.get(p.networkid.acl_id if p.networkid else None)
    if p.networkid is not None and acl is None:
        return {}
    vpc = db.vpcs.get(acl.vpc_id) if acl is not None else None
    if vpc is not None:
        call.check_access(vpc)
    shown = vpcs_shown(call) if acl is None else None
    return call.listing(
        "networkacl",
        db.network_acl_items,
        item_view,
        where=[
            equal("id", p.id),
            equal("acl_id", acl),
            equal("traffic_type", p.traffictype),
            equal("protocol", p.protocol),
            equal("action", p.action),
            equal("display", p.fordisplay),
            matching(lambda i: db.network_acls[i.acl_id].vpc_id in {None, *shown}) if shown is not None else None,
            tagged_items(call),
        ],
        keyword=("protocol", "reason"),
        newest_first=True,
    )


def _the_item(call: Call) -> NetworkAclItem:
    item = call.params.id
    if not item or item.removed is not None:
        raise InvalidParameter(f"Unable to find ACL rule with ID [{item.id}]")
    acl = call.db.network_acls[item.acl_id]
    if is_default(acl):
        raise InvalidParameter("Default ACL cannot be modified")
    check_access(call, acl, "Only Root Admins can update global ACLs.")
    return item


FIELDS = {
    "protocol": "protocol",
    "startport": "start_port",
    "endport": "end_port",
    "icmptype": "icmp_type",
    "icmpcode": "icmp_code",
    "cidrlist": "cidrs",
    "fordisplay": "display",
    "reason": "reason",
    "number": "number",
}


@command("updateNetworkACLItem")
def update(call: Call) -> Any:
    """With `partialupgrade=false` everything that is left out is cleared."""
    p, item = call.params, _the_item(call)
    acl = call.db.network_acls[item.acl_id]
    _check_number(call, acl, p.number, item)
    new = NetworkAclItem(
        **{
            f: getattr(item, f)
            for f in (
                "acl_id",
                "number",
                "protocol",
                "action",
                "traffic_type",
                "state",
                "start_port",
                "end_port",
                "icmp_type",
                "icmp_code",
                "cidrs",
                "display",
                "reason",
            )
        }
    )
    partial = p.get("partialupgrade", True)
    for parameter, field in FIELDS.items():
        if p[parameter] is not None:
            setattr(new, field, p[parameter])
        elif not partial and field not in ("number", "display"):
            setattr(new, field, None)
    if p.action is not None or not partial:
        new.action = _action(p.action)
    if p.traffictype is not None or not partial:
        new.traffic_type = _traffic(p.traffictype)
    if p.protocol is not None:
        new.protocol = p.protocol.strip().lower()
    # Whoever says nothing of it wants to see the item.
    new.display = p.get("fordisplay", True)
    check_item(new)
    yield STEP
    for field in (*FIELDS.values(), "action", "traffic_type"):
        setattr(item, field, getattr(new, field))
    if p.customid is not None:
        call.db.network_acl_items.change_uuid(item, p.customid)
    item.state = "Add"
    view = item_view(call, item)
    item.state = "Active"
    done(call, "NETWORK.ACL.ITEM.UPDATE", "Updating Network ACL Item", item)
    return {"networkacl": view}


@command("deleteNetworkACL")
def delete(call: Call) -> Any:
    item = call.params.id
    if not item or item.removed is not None:
        raise InvalidParameter(f"Unable to find ACL rule with ID [{item.id}]")
    acl = call.db.network_acls[item.acl_id]
    if is_default(acl):
        raise InvalidParameter("ACL Items in default ACL cannot be deleted")
    check_access(call, acl, "Only Root Admin can delete global ACL rules.")
    item.state = "Revoke"
    yield STEP
    call.sim.tags.drop(item)
    call.db.network_acl_items.delete(item)
    done(call, "NETWORK.ACL.ITEM.DELETE", "Deleting Network ACL Item", item)
    return SUCCESS
