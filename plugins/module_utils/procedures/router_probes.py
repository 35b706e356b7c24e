# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public addresses behind virtual routers, reached from outside before and after a router is renewed (F3).

The server's word, and the router's own, say nothing of the rules inside: what answered before must answer afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..campaign import Target
from ..certificates.fleet import split_address
from ..client import ApiError, InvalidInput, of_all_owners
from ..model import Option, Row
from .outside import AUTO, NEVER, PROBE_ADDRESSES, REQUIRED, Places, reaches
from .routers import BALANCERS

MOST = 5
"""Addresses of one network that are looked at."""
AGAIN = 60.0
"""Seconds in which they have to answer again once the routers run."""
LISTS = ("listPublicIpAddresses", "listPortForwardingRules", "listLoadBalancerRules", "listFirewallRules")
Endpoint = tuple[str, int]
"""Address and TCP port."""

PROBE_RULES = Option(
    "probe_rules", choices=(AUTO, REQUIRED, NEVER), default=AUTO, behaviour=True,
    help=(
        "Whether public addresses of a network are connected to from where the task runs, over TCP.",
        "These are up to five that port forwarding, load balancer or static NAT rules open, or O(probe_targets).",
        "V(auto): what answered right before the step must answer afterwards, else the step has failed.",
        "V(required): where there are such addresses, one of them must answer before, or nothing is done.",
        "V(never): no address is connected to.",
    ),
)  # fmt: skip
PROBE_TARGETS = Option(
    "probe_targets", "map", behaviour=True,
    help="What is connected to instead of what the rules of a network open: a list of V(address:port), by name or id "
    "of the network or VPC.",
)  # fmt: skip
OPTIONS = (PROBE_RULES, PROBE_TARGETS, PROBE_ADDRESSES)


def begin(run: Any, due: Sequence[Target]) -> None:
    """Reads what can be connected to. Raises InvalidInput for what is no address."""
    run.memory.update(answered={}, endpoints={}, places=Places(run.option("probe_addresses")))
    own = {name: _told(texts) for name, texts in (run.option("probe_targets") or {}).items()}
    served = [target for target in due if "serves" in target.facts and target.facts["sources"][0] not in BALANCERS]
    if not served or run.option("probe_rules") == NEVER:
        return
    known = {} if own and all(_own(own, target) is not None for target in served) else _from_rules(run)
    for target in served:
        mine = _own(own, target)
        found = mine if mine is not None else known.get(target.facts["serves"][1], [])
        run.memory["endpoints"][target.id] = list(dict.fromkeys(found))[:MOST]


def details(run: Any, target: Target) -> Sequence[str]:
    """A line of the plan: what is connected to."""
    found = _of(run, target)
    return [f"connects to {_named(found)} before and after"] if found else []


def remember(run: Any, target: Target) -> None:
    """Looks right before the step who answers. Raises ApiError where one has to and none does.

    Only the first look counts: at a second try the step may have done its harm already.
    """
    found = _of(run, target)
    if not found or target.id in run.memory["answered"]:
        return
    answering = _answering(run, found)
    if run.option("probe_rules") == REQUIRED and not answering:
        raise ApiError(
            f"none of {_named(found)} answers from here, so nothing was done",
            obj=target.title,
            remedy="open the way there, name other addresses in probe_targets, or set probe_rules to auto",
        )
    run.memory["answered"][target.id] = answering


def prove(run: Any, target: Target) -> None:
    """Waits until all that answered before answer again."""
    before = run.memory.get("answered", {}).get(target.id)
    if before:
        run.wait_for(target, "what answered before", lambda: _silent(run, before), AGAIN)


def _silent(run: Any, before: Sequence[Endpoint]) -> bool | str:
    answering = _answering(run, before)
    missing = [one for one in before if one not in answering]
    return f"an answer of {_named(missing)}" if missing else True


def _answering(run: Any, endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    asked = list(endpoints)
    places = run.memory["places"]
    answers = run.client.parallel([partial(reaches, host, port, places) for host, port in asked])
    return [one for one, answer in zip(asked, answers, strict=True) if answer]


def _of(run: Any, target: Target) -> list[Endpoint]:
    found: list[Endpoint] = run.memory.get("endpoints", {}).get(target.id, [])
    return found


def _told(texts: Any) -> list[Endpoint]:
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidInput(
            "probe_targets: there is no list of addresses",
            option="probe_targets",
            remedy="give for example {web: ['203.0.113.7:443']}",
        )
    return [split_address(text, "probe_targets") for text in texts]


def _own(own: Mapping[str, list[Endpoint]], target: Target) -> list[Endpoint] | None:
    _kind, own_id, name = target.facts["serves"]
    return own.get(own_id, own.get(name))


def _from_rules(run: Any) -> dict[str, list[Endpoint]]:
    """By id of the network or VPC: what its rules open over TCP, each with its first port."""
    asked = [partial(of_all_owners, run.client, command) for command in LISTS]
    addresses, forwarding, balancing, firewall = run.client.parallel(asked)
    served = {row["id"]: str(row.get("vpcid") or row.get("associatednetworkid") or "") for row in addresses}
    static = {row["id"] for row in addresses if row.get("isstaticnat")}
    found: dict[str, list[Endpoint]] = {}
    for row, address, place, port in (
        *((row, row.get("ipaddress"), row.get("ipaddressid"), row.get("publicport")) for row in forwarding),
        *((row, row.get("publicip"), row.get("publicipid"), row.get("publicport")) for row in balancing),
        *((row, row.get("ipaddress"), row.get("ipaddressid"), row.get("startport")) for row in firewall
          if row.get("ipaddressid") in static),
    ):  # fmt: skip
        if address and port and served.get(str(place)) and _is_tcp(row):
            found.setdefault(served[str(place)], []).append((str(address), int(port)))
    return found


def _is_tcp(row: Row) -> bool:
    """Load balancer rules that tell no protocol of their own are TCP; some speak a protocol above it."""
    return str(row.get("protocol") or "tcp").lower() not in ("udp", "icmp") and row.get("state", "Active") == "Active"


def _named(endpoints: Iterable[Endpoint]) -> str:
    return ", ".join(f"{host}:{port}" for host, port in endpoints)
