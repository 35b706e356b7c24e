"""Global load balancer rules: names that lead to load balancers of several zones."""

from __future__ import annotations

from ..tables import Row, entity


@entity("global_rules", "GlobalLoadBalancerRule", indexes=("account_id", "domain_name"))
class GlobalRule(Row):
    name: str
    account_id: int
    domain_name: str
    service_type: str
    region_id: int
    method: str
    persistence: str
    description: str | None = None
    state: str = "Staged"
