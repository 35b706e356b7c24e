"""Rows of scaling: counters, conditions on them, policies, profiles of instances, groups."""

from __future__ import annotations

from ..tables import Row, entity, fresh
from ..wording import printed


@entity("counters", "Counter")
class Counter(Row):
    """What a condition may watch."""

    name: str
    source: str
    value: str
    provider: str


@entity("scaling_conditions", "Condition", indexes=("counter_id", "account_id"))
class Condition(Row):
    counter_id: int
    operator: str
    threshold: int
    account_id: int

    def __str__(self) -> str:
        return printed("Condition", id=self.id, uuid=self.uuid)


@entity("scaling_policies", "AutoScalePolicy", indexes=("account_id",))
class ScalingPolicy(Row):
    name: str | None
    action: str
    """SCALEUP or SCALEDOWN."""
    duration: int
    """Seconds that the conditions have to hold."""
    quiet_time: int
    account_id: int
    condition_ids: list[int] = fresh(list)

    def __str__(self) -> str:
        return printed("AutoScalePolicy", id=self.id, name=self.name, uuid=self.uuid)


@entity("scaling_profiles", "AutoScaleVmProfile", indexes=("account_id",))
class ScalingProfile(Row):
    """What the instances of a group are made like."""

    zone_id: int
    account_id: int
    service_offering_id: int
    template_id: int
    deploy_params: dict[str, str] = fresh(dict)
    counter_params: dict[str, str] = fresh(dict)
    grace_period: int = 120
    user_data: str | None = None
    user_data_id: int | None = None
    user_data_details: str | None = None
    user_id: int | None = None
    display: bool = True

    def __str__(self) -> str:
        return printed("AutoScaleVMProfile", id=self.id, templateId=self.template_id, uuid=self.uuid)


@entity("scaling_groups", "AutoScaleVmGroup", indexes=("account_id", "rule_id", "profile_id"))
class ScalingGroup(Row):
    name: str | None
    rule_id: int
    profile_id: int
    account_id: int
    zone_id: int
    smallest: int
    largest: int
    interval: int
    up_ids: list[int] = fresh(list)
    down_ids: list[int] = fresh(list)
    state: str = "NEW"
    next_member: int = 1
    display: bool = True
