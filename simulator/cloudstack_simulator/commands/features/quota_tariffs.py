"""Quota tariffs: what the usage of each type costs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ... import contract
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter, NotModelled, ParameterError
from ...model.features import QuotaTariff
from ...permissions import allowed_commands
from ...registry import SUCCESS, at_install, command
from ...wording import java_date

if TYPE_CHECKING:
    from ...simulator import Simulator

FIRST_DAY = datetime(2010, 5, 4, tzinfo=UTC).timestamp()
SEE_RULES = {"quotaTariffCreate", "quotaTariffUpdate"}
"""Who may call one of these is shown activation rules."""


def _types() -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in contract.facts("catalogue.json")["usage_types"]}


@at_install(order=60)
def install(sim: Simulator) -> None:
    for number, row in _types().items():
        if "unit" in row:
            sim.db.quota_tariffs.add(
                QuotaTariff(name=row["name"], usage_type=number, value=0.0, effective=FIRST_DAY, is_built_in=True)
            )


def tariff_view(call: Call, tariff: QuotaTariff) -> dict[str, Any]:
    row = _types()[tariff.usage_type]
    return {
        "usageType": tariff.usage_type,
        "usageName": row["name"],
        "usageUnit": row.get("unit"),
        "usageDiscriminator": row.get("discriminator") if tariff.is_built_in else "None",
        "tariffValue": tariff.value,
        "effectiveDate": timestamp(tariff.effective),
        "usageTypeDescription": row["description"],
        "currency": call.setting("quota.currency.symbol"),
        "name": tariff.name,
        "description": tariff.description,
        "activationRule": tariff.activation_rule if _sees_rules(call) else None,
        "endDate": timestamp(tariff.end),
        "id": tariff.uuid,
        "position": tariff.position,
        "removed": timestamp(tariff.removed),
    }


def _sees_rules(call: Call) -> bool:
    return call.caller.is_root_admin or bool(SEE_RULES & set(allowed_commands(call.sim, call.caller.role)))


@command("quotaTariffList")
def list_tariffs(call: Call) -> dict[str, Any]:
    """The latest in force first."""
    p, tariffs = call.params, call.db.quota_tariffs
    rows = tariffs.all() if p.listall or p.listonlyremoved else list(tariffs)
    found = [
        t
        for t in rows
        if (p.usagetype is None or t.usage_type == p.usagetype)
        and (p.name is None or t.name == p.name)
        and (p.id is None or t.uuid == p.id)
        and (not p.listonlyremoved or t.removed is not None)
        and (p.startdate is None or t.effective >= p.startdate)
        and (p.enddate is None or (t.end is not None and t.end <= p.enddate))
        and (not p.keyword or p.keyword.lower() in t.name.lower())
    ]
    return call.listing("quotatariff", found, tariff_view, sort=lambda t: (-int(t.effective), -t.usage_type, t.id))


def _check_end(call: Call, start: float) -> None:
    end = call.params.enddate
    if end is None:
        return
    for than, moment in (("the start date", start), ("now", call.now)):
        if end < moment:
            raise InvalidParameter(
                f"The quota tariff's end date [{java_date(end)}] cannot be less than {than} [{java_date(moment)}]."
            )


def _given(call: Call, name: str, old: str | None = None) -> str | None:
    """A text of the call: a blank one takes away what was there."""
    text: str | None = call.params[name]
    return old if text is None else text if text.strip() else None


@command("quotaTariffCreate")
def create_tariff(call: Call) -> dict[str, Any]:
    p = call.params
    start = p.get("startdate", call.now)
    if call.db.quota_tariffs.where(name=p.name):
        raise InvalidParameter(f"A quota tariff with name [{p.name}] already exist.")
    if start < call.now:
        raise InvalidParameter(
            f"The value passed as Quota tariff's start date is in the past: [{java_date(start)}]. Please, inform a "
            "date in the future or do not pass the parameter to use the current date and time."
        )
    if p.usagetype not in _types():
        raise InvalidParameter(f"There is no usage type with value [{p.usagetype}].")
    _check_end(call, start)
    tariff = call.db.quota_tariffs.add(
        QuotaTariff(
            name=p.name,
            usage_type=p.usagetype,
            value=p.value,
            effective=start,
            end=p.enddate,
            description=_given(call, "description"),
            activation_rule=_given(call, "activationrule"),
            position=p.get("position", 1),
        )
    )
    call.event("QUOTA.TARIFF.CREATE", "Successfully completed creating Quota Tariff")
    return {"quotatariff": tariff_view(call, tariff)}


@command("quotaTariffUpdate")
def update_tariff(call: Call) -> dict[str, Any]:
    """A changed tariff is a new row, in force since the old one was; the old one is removed, its id no longer known."""
    p, tariffs = call.params, call.db.quota_tariffs
    old = tariffs.first(name=p.name)
    if old is None:
        raise InvalidParameter(f"There is no quota tariffs with name [{p.name}].")
    _check_end(call, old.effective)
    tariffs.remove(old)
    new = tariffs.add(
        QuotaTariff(
            name=old.name,
            usage_type=old.usage_type,
            value=p.get("value", old.value),
            effective=old.effective,
            end=p.get("enddate", old.end),
            description=_given(call, "description", old.description),
            activation_rule=_given(call, "activationrule", old.activation_rule),
            position=p.get("position", old.position),
            is_built_in=old.is_built_in,
        )
    )
    call.event("QUOTA.TARIFF.UPDATE", "Successfully completed updating Quota Tariff")
    return {"quotatariff": tariff_view(call, new)}


@command("quotaTariffDelete")
def delete_tariff(call: Call) -> dict[str, Any]:
    tariff = call.db.quota_tariffs.find(call.params.id)
    if tariff is None or tariff.removed is not None:
        raise ParameterError("Quota tariff with the provided UUID does not exist.")
    call.db.quota_tariffs.remove(tariff)
    call.event("QUOTA.TARIFF.DELETE", "Successfully completed removing Quota Tariff")
    return SUCCESS


@command("quotaPresetVariablesList", "quotaValidateActivationRule")
def about_activation_rules(call: Call) -> dict[str, Any]:
    """Activation rules are kept, but not run: what they may use, and whether one is right, is not modelled."""
    if call.params.usagetype not in _types():
        raise InvalidParameter(f"Usage type not found for value [{call.params.usagetype}].")
    raise NotModelled(call.command)
