# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What network and VPC offerings have in common: services, who provides them, and what these can do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..client import InvalidInput
from ..client.maps import indexed_list
from ..model import Option, Row, State
from .defaults import same_as_name
from .offering_parts import carry_over, open_to_all, retired_name

NAMES = (
    Option(
        "name",
        help="Name of the offering; unique in the cloud. Case counts. With O(id) it is the new name.",
        required=True,
        updatable=True,
    ),
    Option("display_text", help="What users see.", api="displaytext", updatable=True, server_default=same_as_name),
)

STATES = (
    State("enabled", {"offering_state": "Enabled"}, "Present, and networks can be made from it."),
    State(
        "disabled",
        {"offering_state": "Disabled"},
        "Present, but nothing new can be made from it. What there is runs on.",
    ),
)

STATE = Option(
    "offering_state",
    help="State of the offering as the server calls it.",
    api="state",
    on_create=False,
    updatable=True,
    hidden=True,
    export=False,
)


def _providers(row: Row) -> dict[str, set[str]]:
    return {s["name"]: {p["name"] for p in s.get("provider") or ()} for s in row.get("service") or ()}


SERVICE_PROVIDERS = Option(
    "service_providers",
    "records",
    help=(
        "Who provides a service. Services left out get the server's choice and are not compared.",
        "A service can have more than one provider; give one entry for each.",
    ),
    api="serviceproviderlist",
    field="service",
    aliases=("service_provider",),
    suboptions=(
        Option("service", help="Name of the service, V(Dhcp) for example.", required=True),
        Option("provider", help="Name of the provider, V(VirtualRouter) for example.", required=True),
    ),
    encode=lambda value, _ctx: indexed_list("serviceproviderlist", value),
    decode=lambda row: [{"service": s, "provider": p} for s, found in _providers(row).items() for p in sorted(found)],
    equal=lambda want, have: _same_providers(want, have or ()),
)

NEWER = (
    Option(
        "internet_protocol",
        help="Protocols of the networks. The server's default is V(IPv4).",
        choices=("IPv4", "DualStack"),
        since="4.17.0",
        server_default="IPv4",
    ),
    Option(
        "network_mode",
        help="V(ROUTED) networks have addresses that are reachable from outside; others are behind a source NAT.",
        choices=("NATTED", "ROUTED"),
        since="4.20.0",
    ),
    Option(
        "routing_mode",
        help="How routed networks are made known: by fixed routes or by BGP.",
        choices=("Static", "Dynamic"),
        since="4.20.0",
    ),
    Option("specify_as_number", "bool", help="The number of the autonomous system is chosen by users.", since="4.20.0"),
    Option("for_nsx", "bool", help="The networks are NSX segments.", since="4.20.0"),
    Option("nsx_support_lb", "bool", help="NSX provides load balancing.", field="", since="4.20.0"),
    Option(
        "provider",
        help="External network provider that the offering is for, V(NSX) or V(Netris) for example.",
        field="",
        since="4.21.0",
    ),
)


def capabilities(*, listed: bool, since: str = "") -> Option:
    """What providers shall be able to do. ``listed``: the server tells them back."""
    return Option(
        "service_capabilities",
        "records",
        help=(
            "What the providers shall be able to do, V(RedundantRouter) of V(SourceNat) for example.",
            "The server tells only some capabilities back, and only these are compared."
            if listed
            else "The server does not tell them back, so a difference is not seen.",
        ),
        api="servicecapabilitylist",
        field="",
        aliases=("service_capability",),
        suboptions=(
            Option("service", help="Name of the service, V(SourceNat) for example.", required=True),
            Option("capability_type", help="Name of the capability.", required=True, aliases=("capabilitytype",)),
            Option("capability_value", help="Its value.", required=True, aliases=("capabilityvalue",)),
        ),
        since=since,
        encode=_encode_capabilities,
        decode=_capabilities if listed else None,
        equal=_same_capabilities if listed else None,
        told=_unusual_capabilities if listed else None,
    )


def services(help_: tuple[str, ...], *, needed: bool, implied: frozenset[str] = frozenset()) -> Option:
    """The services of an offering. ``implied``: those that the server adds by itself."""
    return Option(
        "supported_services",
        "set",
        help=help_,
        field="service",
        aliases=("supported_service",),
        needed=needed,
        decode=lambda row: [service["name"] for service in row.get("service") or ()],
        equal=lambda want, have: (
            set(want) - implied == set(have or ()) - implied if implied else set(want) == set(have)
        ),
    )


def _encode_capabilities(value: Iterable[Mapping[str, Any]], _ctx: Any) -> Mapping[str, Any]:
    rows = [
        {"service": v["service"], "capabilitytype": v["capability_type"], "capabilityvalue": v["capability_value"]}
        for v in value
    ]
    return indexed_list("servicecapabilitylist", rows)


def _same_providers(want: Iterable[Mapping[str, Any]], have: Iterable[Mapping[str, Any]]) -> bool:
    wanted: dict[str, set[str]] = defaultdict(set)
    there: dict[str, set[str]] = defaultdict(set)
    for pairs, found in ((want, wanted), (have, there)):
        for pair in pairs:
            found[pair["service"]].add(pair["provider"])
    return all(there.get(service) == providers for service, providers in wanted.items())


def _capabilities(row: Row) -> list[dict[str, str]]:
    return [
        {"service": s["name"], "capability_type": c["name"], "capability_value": str(c.get("value", ""))}
        for s in row.get("service") or ()
        for c in s.get("capability") or ()
    ]


def _unusual_capabilities(row: Row) -> list[dict[str, str]]:
    """What an offering has that a new one would not have by itself."""
    return [entry for entry in _capabilities(row) if entry["capability_value"].lower() not in _USUAL]


_USUAL = frozenset(("", "false", "shared", "peraccount"))
"""Values that every capability has where nothing is asked for [network_offerings recording]."""


def _same_capabilities(want: Iterable[Mapping[str, Any]], have: Iterable[Mapping[str, Any]]) -> bool:
    there = {(c["service"], c["capability_type"]): c["capability_value"].lower() for c in have or ()}
    return all(
        there.get((c["service"], c["capability_type"]), _text(c["capability_value"])) == _text(c["capability_value"])
        for c in want
    )


def _text(value: Any) -> str:
    return str(value).lower()


def validate(given: Mapping[str, Any]) -> None:
    supported = given.get("supported_services")
    for name in ("service_providers", "service_capabilities"):
        for entry in given.get(name) or ():
            if supported is not None and entry["service"] not in supported:
                raise InvalidInput(
                    f"{name} has the service {entry['service']}, which is not in supported_services",
                    option=name,
                    remedy="add it to supported_services, or remove the entry; case counts",
                )


def before_create(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    if ctx.given.get("offering_state") == "Enabled":
        params["enable"] = True
    return open_to_all(params)


def retire_by(command: str) -> Callable[[Any, Row], None]:
    """The old offering gives its name away and takes nothing new; networks made from it run on."""

    def retire(ctx: Any, row: Row) -> None:
        told = "service_capabilities" in ctx.given
        carry_over(ctx, row)
        if not told and "service_capabilities" in ctx.given:
            # What a provider can't do is listed as false, but need not be asked for.
            listed = ctx.given["service_capabilities"]
            ctx.given["service_capabilities"] = [c for c in listed if _text(c["capability_value"]) != "false"]
        ctx.change(command, {"id": row["id"], "name": retired_name(ctx, row), "state": "Disabled"})

    return retire
