"""Public addresses of VPCs."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter


def serve(call: Call, ip: Any, network: Any) -> None:
    """The first rule on a VPC's address ties it to the tier that the rule is for."""
    if ip.vpc_id is None or ip.network_id is not None:
        return
    if network is None:
        raise InvalidParameter("Unable to retrieve network id to validate the rule")
    if network.vpc_id == ip.vpc_id:
        ip.network_id = network.id
