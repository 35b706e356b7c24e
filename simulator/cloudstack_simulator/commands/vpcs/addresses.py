"""Public addresses of VPCs."""

from __future__ import annotations

from typing import Any


def tie(ip: Any, network: Any) -> None:
    """The first rule on a VPC's address ties it to the tier that the rule is for."""
    if ip.vpc_id is not None and ip.network_id is None and network.vpc_id == ip.vpc_id:
        ip.network_id = network.id
