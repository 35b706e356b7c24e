# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another system offering for virtual routers (F2, A7): by setting, by network offering, or router by router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..campaign import ACT, CHECK, DUE, LEFT, VERIFY, Procedure, Stage, Standing, Target, given, when
from ..client import InvalidInput
from ..model import Option, Row
from . import default_settings, offerings, remarks, router_network_offering, router_probes, routers, system_templates
from .default_settings import Wish
from .facts import scope_of
from .router_precedence import SETTING, accounts, decided_before
from .router_rights import RESTARTS, any_router
from .router_room import check_room
from .router_stops import ROUTER_COMMANDS, Stops

KIND = "domainrouter"
BY_SETTING, BY_NETWORK, BY_ROUTER = "setting", "network_offering", "router"


def _targets(run: Any) -> Sequence[Target]:
    scope, method = scope_of(run), run.option("method")
    offering = offerings.chosen(run, KIND)
    zones = offerings.enabled_zones(run, scope.get("zoneid", ""))
    offerings.check_fits(run, offering, zones)
    rows = routers.in_scope(run, routers.all_routers(run, scope, routers.ROUTERS))
    run.memory.update(offering=offering, step="", own={}, networks={})
    if method == BY_SETTING:
        _prepare_setting(run, offering, rows)
    elif method == BY_NETWORK:
        router_network_offering.prepare(run, offering, rows)
    else:
        run.memory["stops"] = Stops(run)
    return routers.by_router(run, rows) if method == BY_ROUTER else routers.by_network(run, rows)


def _prepare_setting(run: Any, offering: Row, rows: Sequence[Row]) -> None:
    """The setting of the account, or the global one and what hides it: accounts and network offerings of their own."""
    names = offerings.names_by_id(run, offering)
    wish = Wish(SETTING, str(offering["id"]), names=names)
    if run.option("account"):
        account = _account_of(rows, accounts(run), run.option("account"))
        place = f"for account {run.option('account')}"
        wish = Wish(SETTING, str(offering["id"]), {"accountid": account}, place, names)
    elif any(run.option(name) for name in ("zone", "domain", "network", "vpc", "names")):
        run.task.warn(f"{SETTING} is set for the whole cloud; routers outside the scope get it when they are made anew")
    run.memory.update(wish=wish, step=wish.step(run))
    run.memory["own"] = decided_before(run, wish, rows, otherwise="choose another method", by_account="give account")


def _account_of(rows: Sequence[Row], known: Mapping[tuple[str, str], str], name: str) -> str:
    keys = {(row["account"], row["domainid"]) for row in rows if row.get("account") == name}
    if len(keys) != 1:
        raise InvalidInput(
            f"{len(keys)} accounts called {name} have routers in scope",
            option="account",
            remedy="give domain to tell them apart, or another account",
        )
    return known[keys.pop()]


def _why(run: Any, row: Row) -> str:
    """Why a router has to be renewed; empty where it has the offering, by the way that was asked for."""
    wanted, network = run.memory["offering"], str(row.get("guestnetworkid"))
    if row.get("serviceofferingid") != wanted["id"]:
        return f"system offering {row.get('serviceofferingname')} instead of {wanted.get('name')}"
    current = run.memory["networks"].get(network)
    if current and current != run.memory["network_offering"]:
        return f"its network has not yet network offering {run.option('network_offering')}"
    return ""


def _judged(run: Any, seen: routers.Seen) -> Standing:
    standing = routers.judged(seen, partial(_why, run))
    own = [run.memory["own"][row["id"]] for row in seen.rows if row["id"] in run.memory["own"]]
    if standing.state == DUE and own:
        return Standing(LEFT, f"{standing.reason}; {own[0]}")
    if standing.state == DUE and run.option("method") == BY_NETWORK and any(row.get("vpcid") for row in seen.rows):
        return Standing(LEFT, f"{standing.reason}; routers of VPCs don't take it from a network offering")
    if run.option("method") != BY_ROUTER:
        return standing
    if run.option("start_stopped") and seen.rows and all(row.get("state") == "Stopped" for row in seen.rows):
        return Standing(DUE, "it is stopped and has to be started")
    stops: Stops = run.memory["stops"]
    return stops.judged(seen.rows, standing)


def _standings(run: Any, targets: Sequence[Target]) -> list[Standing]:
    return [_judged(run, target.facts["seen"]) for target in targets]


def _standing(run: Any, target: Target) -> Standing:
    return _judged(run, routers.look(run, target))


def _preflight(run: Any, due: Sequence[Target]) -> None:
    router_probes.begin(run, due)
    if run.option("method") != BY_ROUTER:
        system_templates.check_ready(run, [row for target in due for row in target.facts["seen"].rows], "method")
        check_room(run, due, "method", run.memory["offering"])


def _prepare(run: Any, _due: Sequence[Target]) -> Mapping[str, Any]:
    run.memory["wish"].apply(run)
    return {}


def _act(run: Any, target: Target) -> None:
    router_probes.remember(run, target)
    if run.option("method") == BY_ROUTER:
        _change_router(run, target)
        return
    _kind, network, _name = target.facts["serves"]
    if run.memory["networks"].get(network, "") not in ("", run.memory.get("network_offering")):
        params = {"id": network, "networkofferingid": run.memory["network_offering"], "updateinsequence": True}
        run.change("updateNetwork", params, target.title)
        run.memory["networks"][network] = run.memory["network_offering"]
    # Whether the change of offering made new routers is the server's secret; those that are left over show here.
    if any(_why(run, row) for row in routers.look(run, target).rows):
        routers.restart(run, target, cleanup=True)


def _change_router(run: Any, target: Target) -> None:
    """Cut off at any call, the next run goes on from here: a remark at the router tells that it was stopped by us."""
    row = routers.look(run, target).rows[0]
    if row.get("state") == "Running" and not _why(run, row):
        run.memory["stops"].forget(row)
        return

    def change() -> None:
        if _why(run, row):
            params = {"id": target.id, "serviceofferingid": run.memory["offering"]["id"]}
            run.change("changeServiceForRouter", params, target.title)

    run.memory["stops"].cycle(target, row, change)


def _verify(run: Any, target: Target) -> None:
    routers.prove(run, target, partial(_why, run))
    router_probes.prove(run, target)


VIRTUAL_ROUTER_OFFERING = Procedure(
    name="virtual_router_offering",
    noun="router",
    summary="Change the system offering of virtual routers",
    description=(
        "Gives virtual routers another size, by the way that you choose, in an order and within limits that you set.",
        "A router counts as done when it runs with the wanted offering, and a redundant pair has its roles again.",
    ),
    notes=(
        "A network offering with a system offering of its own comes before the setting of the account.",
        "That comes before the global setting, and that before the built-in offering.",
        "Routers for which something in front decides are left alone and named.",
        "With method V(router) a router has a remark that admins see while it is stopped.",
        "By that the next run starts it if this one is cut off.",
        "The server skips an unfit offering without a word: it is checked first, and each router afterwards.",
    ),
    options=(
        *routers.SCOPE,
        Option("offering", required=True, help="System offering that they shall have, by name or id.", behaviour=True),
        Option(
            "method", default=BY_SETTING, choices=(BY_SETTING, BY_NETWORK, BY_ROUTER), behaviour=True,
            help=(
                "V(setting): V(router.service.offering), of O(account) or global; networks are restarted with cleanup.",
                "V(network_offering): networks get O(network_offering), then new routers.",
                "V(router): each router is stopped, changed and started; the next new one has the default again.",
            ),
        ),
        Option("network_offering", help="Network offering that names the system offering.", behaviour=True),
        Option(
            "start_stopped", "bool", default=False, behaviour=True,
            help="With method V(router), routers that somebody stopped get the offering and are started too. What a "
            "run that was cut off has stopped is started in any case.",
        ),
        *router_probes.OPTIONS,
    ),
    constraints={"required_if": [("method", BY_NETWORK, ["network_offering"])]},
    sequence=(
        Stage(CHECK, "Check the offering: its kind, state, size, storage and tags in each zone", each=False),
        Stage(CHECK, "Find what comes before the setting: network offerings, and settings of accounts", each=False),
        Stage(ACT, "Set the setting, of an account or the whole cloud", each=False),
        Stage(ACT, "Restart the network with cleanup; or change its offering; or stop, change and start the router"),
        Stage(VERIFY, "Wait until every router runs with the wanted offering"),
        Stage(VERIFY, "Wait until a pair has one primary and one backup again"),
        Stage(VERIFY, "Connect to public addresses: what answered before must answer again"),
    ),
    targets=_targets,
    standing=_standing,
    standings=_standings,
    preflight=_preflight,
    prepare=_prepare,
    prepare_plan=default_settings.plan,
    plan_details=router_probes.details,
    sends=(
        *when(given("method", BY_SETTING), *when(default_settings.changes_it, "updateConfiguration"), *RESTARTS),
        *when(given("method", BY_NETWORK), *when(any_router, "updateNetwork"), *RESTARTS),
        *when(given("method", BY_ROUTER), *ROUTER_COMMANDS, "changeServiceForRouter", *remarks.COMMANDS),
    ),
    commands=("updateNetwork", "restartNetwork", "restartVPC", *ROUTER_COMMANDS),
    act=_act,
    verify=_verify,
)  # fmt: skip
