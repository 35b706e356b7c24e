"""listUsageRecords."""

from __future__ import annotations

from typing import Any

from ...access import active_account, domains_below, in_domain
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter, PermissionDenied
from ...limits import human_size
from ...listing import equal, matching
from ...model.usage import UsageRecord
from ...registry import command
from ...tags import domain_path
from ...usage import spans
from ...wording import java_date
from ..instances import sizes

VM_TYPES = (spans.RUNNING_VM, spans.ALLOCATED_VM)
TABLES = {
    spans.RUNNING_VM: "vms", spans.ALLOCATED_VM: "vms", spans.IP_ADDRESS: "ip_addresses", spans.VOLUME: "volumes",
    spans.TEMPLATE: "templates", spans.ISO: "templates", spans.SNAPSHOT: "snapshots",
    spans.LOAD_BALANCER_POLICY: "firewall_rules", spans.PORT_FORWARDING_RULE: "firewall_rules",
}  # fmt: skip
"""The tables in which the objects of a usage type are."""


@command("listUsageRecords")
def list_usage_records(call: Call) -> dict[str, Any]:
    p = call.params
    account, wide = _account(call)
    domain = _domain(call)
    _check_user(call, account)
    if p.startdate > p.enddate:
        raise InvalidParameter(
            f"Incorrect Date Range. Start date: {java_date(p.startdate)} is after end date:{java_date(p.enddate)}"
        )
    if p.usageid is not None and p.type is None:
        raise InvalidParameter("Usageid must be specified together with usageType")
    if p.startdate == p.enddate:
        return {}
    one = wide or (p.isrecursive and p.accountid is None and p.projectid is None)
    filters = [
        None if one else equal("account_id", account),
        _within(call, domain) if domain is not None else None,
        equal("kind", p.type),
        matching(lambda r: r.resource_id == _used(call)) if p.usageid is not None else None,
        matching(lambda r: p.startdate <= r.start <= p.enddate and r.end - 1 <= p.enddate),
    ]
    return call.listing("usagerecord", call.db.usage_records, record_view, where=filters)


def _account(call: Call) -> tuple[Any, bool]:
    """The account whose records are asked for, and whether that is nobody in particular."""
    p, db, caller = call.params, call.db, call.caller
    if p.projectid is not None:
        if p.accountid is not None:
            raise InvalidParameter("Projectid and accountId can't be specified together")
        if p.projectid.removed is not None:
            raise InvalidParameter(f"Unable to find project by id {p.projectid.id}")
        return db.accounts[p.projectid.project_account_id], False
    if p.accountid is not None:
        return p.accountid, False
    if (p.account or "").strip() and p.domainid is not None:
        if not in_domain(db, p.domainid.id, caller.domain.id):
            raise PermissionDenied("Invalid Domain Id or Account")
        found = active_account(db, p.account, p.domainid.id)
        if found is None:
            raise InvalidParameter(f"Unable to find account {p.account} in domain {p.domainid.id}")
        return found, False
    return caller.account, caller.is_root_admin


def _domain(call: Call) -> Any:
    """The domain whose records are asked for; a domain admin never gets beyond his own."""
    p, caller = call.params, call.caller
    if not caller.is_domain_admin:
        return p.domainid
    if p.domainid is not None:
        call.check_domain(p.domainid)
    domain = p.domainid or caller.domain
    if p.accountid is not None and not in_domain(call.db, p.accountid.domain_id, domain.id):
        raise PermissionDenied(
            "Domain admins may only retrieve usage records for accounts in their own domain and child domains."
        )
    return domain


def _check_user(call: Call, account: Any) -> None:
    p, caller = call.params, call.caller
    if caller.account.account_type != 0:
        return
    if account.id != caller.account.id:
        raise PermissionDenied("Users are only allowed to list usage records for their own account.")
    if p.isrecursive:
        raise PermissionDenied("Users are not allowed to list usage records recursively.")
    if p.domainid is not None:
        raise PermissionDenied("Users are not allowed to list usage records for a domain")


def _within(call: Call, domain: Any) -> Any:
    reach = domains_below(call.db, domain.id) if call.params.isrecursive else {domain.id}
    accounts = call.db.accounts
    return matching(lambda r: accounts[r.account_id].domain_id in reach)


def _used(call: Call) -> int | None:
    """The number of the object that a usage type's id names."""
    table = TABLES.get(call.params.type)
    row = call.db.tables[table].find(call.params.usageid) if table else None
    return row.id if row is not None else None


def hours_text(hours: float) -> str:
    return f"{hours:.6f}".rstrip("0").rstrip(".")


def record_view(call: Call, record: UsageRecord) -> dict[str, Any]:
    db = call.db
    account = db.accounts[record.account_id]
    domain = db.domains[account.domain_id]
    project = db.projects.first(project_account_id=account.id) if account.account_type == 5 else None
    owner = (
        {"projectid": project.uuid, "project": project.name}
        if project is not None
        else {"accountid": account.uuid, "account": account.name}
    )
    zone, row = db.zones.get(record.zone_id), db.tables[TABLES[record.kind]].get(record.resource_id)
    view = {
        **owner,
        "domainid": domain.uuid,
        "domain": domain.name,
        "domainpath": domain_path(domain),
        "zoneid": zone.uuid if zone else None,
        "usage": f"{hours_text(record.hours)} Hrs",
        "usagetype": record.kind,
        "rawusage": hours_text(record.hours),
        "startdate": timestamp(record.start),
        "enddate": timestamp(record.end - 1),
        "usageid": row.uuid if row is not None else None,
        **_KINDS[record.kind](call, record, row),
    }
    if call.params.includetags and row is not None:
        view["tags"] = call.sim.tags.views(row)
    return view


def _named(row: Any) -> str:
    return f"{row.name} ({row.uuid})"


def _vm(call: Call, record: UsageRecord, vm: Any) -> dict[str, Any]:
    db = call.db
    offering = db.service_offerings[vm.service_offering_id]
    template, system = db.templates.get(vm.template_id), db.guest_os.get(vm.guest_os_id)
    running = record.kind == spans.RUNNING_VM
    if call.params.oldformat:
        text = f"{vm.name} {'running time' if running else 'allocated'} (ServiceOffering: {offering.id}) "
        text += f"(Template: {vm.template_id})"
    else:
        text = f"{'Running' if running else 'Allocated'} VM usage for {vm.name} ({vm.instance_name}) ({vm.uuid}) "
        text += f"using service offering {_named(offering)} "
        text += f"and template {_named(template)}" if template else ""
    category = db.os_categories.get(system.category_id) if system else None
    cpu, speed, memory = sizes.size_of(db, vm)
    return {
        "name": vm.name,
        "virtualmachineid": vm.uuid,
        "description": text,
        "offeringid": offering.uuid,
        "templateid": template.uuid if template else None,
        "type": vm.hypervisor,
        "cpunumber": cpu,
        "cpuspeed": speed,
        "memory": memory,
        "ostypeid": system.uuid if system else None,
        "osdisplayname": system.display_name if system else None,
        "oscategoryid": category.uuid if category else None,
        "oscategoryname": category.name if category else None,
    }


def _address(_call: Call, record: UsageRecord, ip: Any) -> dict[str, Any]:
    return {"description": f"IPAddress: {ip.address}", "issourcenat": record.source_nat, "issystem": False}


def _volume(call: Call, record: UsageRecord, volume: Any) -> dict[str, Any]:
    offering = call.db.disk_offerings.get(volume.disk_offering_id)
    template = call.db.templates.get(volume.template_id)
    vm = call.db.vms.get(volume.vm_id)
    if call.params.oldformat:
        text = f"Volume Id: {volume.id} usage time"
        text += f" (Template: {template.id})" if template else f" (DiskOffering: {offering.id})" if offering else ""
    else:
        text = f"Volume usage for {_named(volume)}"
        text += f" attached to VM {_named(vm)}" if vm else ""
        text += f" with disk offering {_named(offering)}" if offering else ""
        text += f" and template {_named(template)}" if template else ""
        text += f" and size {human_size(record.size or 0)}"
    return {
        "description": text,
        "virtualmachineid": vm.uuid if vm else None,
        "offeringid": offering.uuid if offering else None,
        "templateid": template.uuid if template else None,
        "size": record.size,
    }


def _image(call: Call, record: UsageRecord, image: Any) -> dict[str, Any]:
    word, size = "ISO" if record.kind == spans.ISO else "Template", human_size(record.size or 0)
    text = f"{word} usage for {_named(image)} with size {size} and virtual size {size}"
    if call.params.oldformat:
        text = f"{word} Id:{image.id} Size:{size} VirtualSize: {size}"
    return {"description": text, "size": record.size, "virtualsize": record.size}


def _snapshot(call: Call, record: UsageRecord, snapshot: Any) -> dict[str, Any]:
    size = human_size(record.size or 0)
    text = f"Snapshot usage for {_named(snapshot)} with size {size}"
    if call.params.oldformat:
        text = f"Snapshot Id:{snapshot.id} Size:{size}"
    return {"description": text, "size": record.size}


def _balancer(_call: Call, _record: UsageRecord, rule: Any) -> dict[str, Any]:
    return {"description": f"Loadbalancer policy usage {_named(rule)}"}


def _forwarding(_call: Call, _record: UsageRecord, rule: Any) -> dict[str, Any]:
    return {"description": f"Port forwarding rule usage ({rule.uuid})"}


_KINDS = {
    spans.RUNNING_VM: _vm,
    spans.ALLOCATED_VM: _vm,
    spans.IP_ADDRESS: _address,
    spans.VOLUME: _volume,
    spans.TEMPLATE: _image,
    spans.ISO: _image,
    spans.SNAPSHOT: _snapshot,
    spans.LOAD_BALANCER_POLICY: _balancer,
    spans.PORT_FORWARDING_RULE: _forwarding,
}
