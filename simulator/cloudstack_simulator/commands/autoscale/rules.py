"""What a group needs to be one: a name, a network that balances by itself, counters that it knows, one owner."""

from __future__ import annotations

import json
import re
from typing import Any

from ... import contract
from ...call import Call
from ...errors import InvalidParameter
from ...model.autoscale import ScalingPolicy
from ...model.networks import Network
from ..networks import services

NAME = re.compile(r"[A-Za-z0-9-]{1,255}")


def check_name(name: str | None) -> None:
    if name is None or NAME.fullmatch(name) is None:
        raise InvalidParameter(
            "Invalid AutoScale VM group name. It can contain the ASCII letters 'a' through 'z', 'A' through 'Z', the "
            "digits '0' through '9' and the hyphen ('-'), must be between 1 and 255 characters long."
        )


def check_sizes(smallest: int, largest: int, interval: int) -> None:
    if smallest <= 0:
        raise InvalidParameter(f"minmembers is an invalid value: {smallest}")
    if largest <= 0:
        raise InvalidParameter(f"maxmembers is an invalid value: {largest}")
    if smallest > largest:
        raise InvalidParameter(f"minmembers ({smallest})cannot be greater than maxmembers ({largest})")
    if interval <= 0:
        raise InvalidParameter(f"interval is an invalid value: {interval}")


def check_policies(found: list[Any], interval: int, action: str, word: str) -> list[ScalingPolicy]:
    """The policies of one direction, checked against the group; removed ones are passed over."""
    if not found:
        raise InvalidParameter(f"AutoScale VM group must have at least one Scale{word} policy")
    policies: list[ScalingPolicy] = sorted((p for p in found if p and p.removed is None), key=lambda p: p.id)
    for policy in policies:
        if policy.duration < interval:
            raise InvalidParameter(
                f"duration : {policy.duration} specified in a policy cannot be less than vm group's interval : "
                f"{interval}"
            )
        if policy.action != action:
            lowered = f"scale{word.lower()}"
            raise InvalidParameter(f"Only {lowered} policies can be specified in {lowered}policyids")
    return policies


def check_network(call: Call, network: Network, policies: list[ScalingPolicy]) -> None:
    """The offering has to allow scaling, and the balancer to know each counter's source."""
    if not services.may_scale(call.db, network):
        raise InvalidParameter("Vm AutoScaling is not supported by this network.")
    known = _known_sources(call, network)
    if known is None:
        raise InvalidParameter("AutoScale is not supported in the network")
    conditions = [call.db.scaling_conditions[n] for policy in policies for n in policy.condition_ids]
    for counter in [call.db.counters[c.counter_id] for c in conditions]:
        if counter.source not in known:
            raise InvalidParameter(f"AutoScale counter with source='{counter.source}' is not supported in the network")


def _known_sources(call: Call, network: Network) -> set[str] | None:
    """Sources of counters that the network's balancer takes; None when it takes none at all."""
    facts = contract.facts("network_services.json")
    for provider in services.providers(call.db, network).get("Lb", []):
        for capability in facts.get(provider, {}).get("Lb", []):
            if capability["name"] == "AutoScaleCounters":
                return {counter["methodname"] for counter in json.loads(capability["value"])}
    return None
