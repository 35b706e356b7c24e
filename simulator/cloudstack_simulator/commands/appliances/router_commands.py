"""listRouters and the commands that change a router."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ... import contract
from ...access import active_account
from ...call import Call, live
from ...errors import InvalidParameter, ResourceUnavailable
from ...listing import contains, equal, like, matching
from ...model.appliances import ROUTER, Router
from ...parameters import Parameters
from ...registry import COMMANDS, check, command
from ..common import completed
from ..instances.journal import journaled
from . import router_life
from .router_view import health_checks_failed, requires_upgrade, router_view


@command("listRouters")
def list_routers(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    if p.networkid is not None:
        rows = router_life.of_network(call.sim, p.networkid) if p.networkid else []
    else:
        rows = db.vms.where(vm_type=ROUTER)
    return call.listing(
        "router",
        rows,
        router_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("state", p.state),
            equal("zone_id", p.zoneid),
            equal("pod_id", p.podid),
            equal("host_id", p.hostid),
            equal(lambda r: getattr(db.hosts.get(r.host_id), "cluster_id", None), p.clusterid),
            equal("vpc_id", p.vpcid),
            matching(lambda r: (r.vpc_id is not None) is p.forvpc) if p.forvpc is not None else None,
            like("template_version", f"Cloudstack Release {p.version}%" if p.version is not None else None),
            _with_keyword(call),
            matching(lambda r: health_checks_failed(r) is p.healthchecksfailed)
            if p.healthchecksfailed is not None
            else None,
            equal("arch", p.arch),
        ],
        owned=True,
    )


def _with_keyword(call: Call) -> Any:
    """Routers with the keyword in their name or state, or in the name of their VPC or of a network they are in."""
    word, db = call.params.keyword, call.db
    if not word:
        return None
    named = [f.test for f in (contains(field, word) for field in ("name", "state", _vpc_name(call))) if f is not None]
    networks = {n.id for n in db.networks if word.lower() in (n.name or "").lower()}
    plugged = {nic.vm_id for nic in db.nics if nic.network_id in networks}
    return matching(lambda router: router.id in plugged or any(test(router) for test in named))


def _vpc_name(call: Call) -> Any:
    return lambda router: getattr(call.db.vpcs.get(router.vpc_id), "name", None)


@check("startRouter", "stopRouter", "rebootRouter", "destroyRouter")
def router_exists(call: Call) -> None:
    row = call.params.id
    if row and row.removed is not None:
        raise InvalidParameter(f"Unable to find UUID for id [{row.id}] of type [VirtualMachine]")


def _chosen(call: Call, text: str) -> Router:
    row = call.params.id
    if not row or row.removed is not None or row.vm_type != ROUTER:
        raise InvalidParameter(text.format(id=row.id))
    call.check_access(row)
    return row


def _answer(call: Call, router: Router) -> dict[str, Any]:
    return {"router": router_view(call, router)}


def _key(call: Call) -> Any:
    return ("vm", call.params.id)


def _journaled(kind: str, doing: str) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    return journaled(kind, doing, lambda call: call.params.id, resource_type="DomainRouter", scheduled=doing)


@command("startRouter", sync=_key)
@_journaled("ROUTER.START", "starting router Vm")
def start(call: Call) -> Generator[float, None, Any]:
    router = _chosen(call, "Unable to find router by id {id}.")
    if router.state == "Stopped":
        yield from router_life.start(call.sim, router)
    return _answer(call, router)


@command("stopRouter", sync=_key)
@_journaled("ROUTER.STOP", "stopping router Vm")
def stop(call: Call) -> Generator[float, None, Any]:
    router = _chosen(call, "Unable to find router by id {id}.")
    if router.state == "Running":
        yield from router_life.stop(call.sim, router, forced=bool(call.params.forced))
    return _answer(call, router)


@command("rebootRouter", sync=_key)
@_journaled("ROUTER.REBOOT", "rebooting router Vm")
def reboot(call: Call) -> Generator[float, None, Any]:
    router = _chosen(call, "Unable to find domain router with id {id}.")
    if router.state != "Running":
        raise ResourceUnavailable(
            f"Resource [DataCenter:{router.zone_id}] is unreachable: "
            f"Unable to reboot domR, it is not in right state {router.state}"
        )
    yield from router_life.reboot(call.sim, router)
    return _answer(call, router)


@command("destroyRouter", sync=_key)
@_journaled("ROUTER.DESTROY", "destroying router")
def destroy(call: Call) -> Generator[float, None, Any]:
    router = _chosen(call, "Unable to find router by id {id}.")
    yield 0.2
    router_life.remove(call.sim, router)
    return _answer(call, router)


@command("changeServiceForRouter")
def change_offering(call: Call) -> dict[str, Any]:
    router, offering = _chosen(call, "Unable to find router with id {id}"), call.params.serviceofferingid
    if router.service_offering_id == offering.id:
        return _answer(call, router)
    live(offering, "Unable to find service offering with id {id}")
    if not offering.is_system:
        raise InvalidParameter(f"Cannot upgrade router vm to a non system service offering {offering}")
    if router.state != "Stopped":
        raise InvalidParameter(
            f"Unable to upgrade router {router} in state {router.state}; make sure the router is stopped and not in an "
            "error state before upgrading."
        )
    _check_storage(call, router, offering)
    router.service_offering_id = offering.id
    completed(call, "ROUTER.UPGRADE", "upgrading router Vm. Vm Id", router, "DomainRouter")
    return _answer(call, router)


def _check_storage(call: Call, router: Router, offering: Any) -> None:
    """Disks stay where they are: on local storage, or on shared."""
    db = call.db
    old, new = (
        db.disk_offerings[one.disk_offering_id].use_local_storage
        for one in (db.service_offerings[router.service_offering_id], offering)
    )
    if old is not new:
        raise InvalidParameter(
            f"Can't upgrade, due to new local storage status : {str(new).lower()} is different from current local "
            f"storage status of router {router}"
        )


SCOPES = ("id", "domainid", "podid", "clusterid", "zoneid")


@command("upgradeRouterTemplate")
def upgrade_template(call: Call) -> dict[str, Any]:
    """Reboot the running routers of one scope that are too old, all at once."""
    p = call.params
    given = [name for name in SCOPES if p[name] is not None]
    if len(given) > 1:
        raise InvalidParameter(
            "Multiple parameters not supported. "
            "Specify only one among routerId/zoneId/podId/clusterId/accountId/domainId"
        )
    account = None
    if p.account and p.domainid is not None:
        account = active_account(call.db, p.account, p.domainid.id)
        if account is None:
            raise InvalidParameter(f"Account :{p.account} does not exist in domain: {p.domainid.uuid}")
    jobs = [
        _submit_reboot(call, router)
        for router in call.db.vms.where(vm_type=ROUTER, state="Running")
        if given and _in_scope(call, router, given[0], account) and requires_upgrade(call, router)
    ]
    return {"count": len(jobs), "asyncjobs": jobs} if jobs else {}


def _in_scope(call: Call, router: Router, scope: str, account: Any) -> bool:
    wanted = call.params[scope]
    if scope == "id":
        return bool(router is wanted)
    if scope == "domainid":
        owner = call.db.accounts[router.account_id]
        return bool(owner is account if account is not None else owner.domain_id == wanted.id)
    if scope == "clusterid":
        return getattr(call.db.hosts.get(router.host_id), "cluster_id", None) == wanted.id
    return bool(getattr(router, scope.removesuffix("id") + "_id") == wanted.id)


def _submit_reboot(call: Call, router: Router) -> dict[str, Any]:
    fact = contract.commands()["rebootRouter"]
    inner = Call(call.sim, fact, call.caller, Parameters({"id": router}, {}))
    return {"jobid": call.sim.jobs.submit(inner, COMMANDS["rebootRouter"]).uuid}
