"""Quota: tariffs, credits, balances."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ... import contract
from ...access import PROJECT
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter, NotModelled, ParameterError
from ...model.features import QuotaCredit, QuotaTariff
from ...model.tenants import Account
from ...registry import SUCCESS, at_install, command

if TYPE_CHECKING:
    from ...simulator import Simulator

FIRST_DAY = datetime(2010, 5, 4, tzinfo=UTC).timestamp()


def _types() -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in contract.facts("catalogue.json")["usage_types"]}


@at_install(order=60)
def install(sim: Simulator) -> None:
    for number, row in _types().items():
        if "unit" in row:
            sim.db.quota_tariffs.add(
                QuotaTariff(name=row["name"], usage_type=number, value=0.0, effective=FIRST_DAY, is_built_in=True)
            )


@command("quotaIsEnabled")
def is_enabled(call: Call) -> dict[str, Any]:
    return {"isenabled": {"isenabled": call.setting("quota.enable.service")}}


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
        "activationRule": tariff.activation_rule,
        "endDate": timestamp(tariff.end),
        "id": tariff.uuid,
        "position": tariff.position,
        "removed": timestamp(tariff.removed),
    }


@command("quotaTariffList")
def list_tariffs(call: Call) -> dict[str, Any]:
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
    return call.listing("quotatariff", found, tariff_view, sort=lambda t: (-t.usage_type, t.id))


@command("quotaTariffCreate")
def create_tariff(call: Call) -> dict[str, Any]:
    p = call.params
    if p.usagetype not in _types():
        raise InvalidParameter(f"There is no usage type with value [{p.usagetype}].")
    if call.db.quota_tariffs.where(name=p.name):
        raise InvalidParameter(f"A quota tariff with name [{p.name}] already exist.")
    tariff = call.db.quota_tariffs.add(
        QuotaTariff(
            name=p.name,
            usage_type=p.usagetype,
            value=p.value,
            effective=p.get("startdate", call.now),
            end=p.enddate,
            description=p.description,
            activation_rule=p.activationrule,
            position=p.get("position", 1),
        )
    )
    return {"quotatariff": tariff_view(call, tariff)}


@command("quotaTariffUpdate")
def update_tariff(call: Call) -> dict[str, Any]:
    """A changed tariff is a new row; the old one is removed and its id no longer known to the delete command."""
    p, tariffs = call.params, call.db.quota_tariffs
    old = tariffs.first(name=p.name)
    if old is None:
        raise InvalidParameter(f"There is no quota tariffs with name [{p.name}].")
    tariffs.remove(old)
    new = tariffs.add(
        QuotaTariff(
            name=old.name,
            usage_type=old.usage_type,
            value=p.get("value", old.value),
            effective=p.get("startdate", call.now),
            end=p.get("enddate", old.end),
            description=p.get("description", old.description),
            activation_rule=p.get("activationrule", old.activation_rule),
            position=p.get("position", old.position),
        )
    )
    return {"quotatariff": tariff_view(call, new)}


@command("quotaTariffDelete")
def delete_tariff(call: Call) -> dict[str, Any]:
    tariff = call.db.quota_tariffs.find(call.params.id)
    if tariff is None or tariff.removed is not None:
        raise ParameterError("Quota tariff with the provided UUID does not exist.")
    call.db.quota_tariffs.remove(tariff)
    return SUCCESS


def _account(call: Call) -> Account:
    p = call.params
    if p.accountid is not None:
        return p.accountid
    name, domain = p.account, p.domainid
    for account in call.db.accounts.where(domain_id=domain.id):
        if account.name == name:
            return account
    raise InvalidParameter(f"The account {name} does not exist in the domain {domain.name}.")


def _balance(call: Call, account: Account) -> float:
    return float(sum(c.credit for c in call.db.quota_credits.where(account_id=account.id)))


@command("quotaCredits")
def add_credits(call: Call) -> dict[str, Any]:
    p, account = call.params, _account(call)
    call.check_access(account)
    credit = call.db.quota_credits.add(QuotaCredit(account_id=account.id, credit=p.value, user_id=call.caller.user.id))
    return {"quotacredits": _credit_view(call, credit)}


def _credit_view(call: Call, credit: QuotaCredit) -> dict[str, Any]:
    user = call.db.users[credit.user_id]
    return {
        "credit": int(credit.credit) if credit.credit.is_integer() else credit.credit,
        "creditoruserid": user.uuid,
        "creditorusername": user.username,
        "creditedon": timestamp(credit.created),
        "currency": call.setting("quota.currency.symbol"),
    }


@command("quotaCreditsList")
def list_credits(call: Call) -> dict[str, Any]:
    p = call.params
    rows = [c for c in call.db.quota_credits if p.accountid is None or c.account_id == p.accountid.id]
    return call.listing("credit", rows, _credit_view)


@command("quotaBalance")
def balance(call: Call) -> dict[str, Any]:
    account = _account(call)
    call.check_access(account)
    return {
        "balance": {
            "startquota": _balance(call, account),
            "credits": [],
            "startdate": timestamp(call.now),
            "currency": call.setting("quota.currency.symbol"),
        }
    }


@command("quotaUpdate")
def update_quota(call: Call) -> dict[str, Any]:
    """Bills what the usage server has counted. As long as nothing costs anything, no balance changes."""
    costly = {t.usage_type for t in call.db.quota_tariffs if t.value}
    if any(record.kind in costly for record in call.db.usage_records):
        raise NotModelled("quotaUpdate (with tariffs that are not 0)")
    return {"quotacredits": {"updated_on": timestamp(call.now)}}


@command("quotaStatement")
def statement(call: Call) -> dict[str, Any]:
    """Nothing has been billed; what the statement says of bills is not modelled."""
    p, account = call.params, _account(call)
    call.check_access(account)
    if p.startdate > p.enddate:
        raise InvalidParameter(
            f"Incorrect Date Range. Start date: {timestamp(p.startdate)} is after end date:{timestamp(p.enddate)}"
        )
    if any(r.start < p.enddate and r.end > p.startdate for r in call.db.usage_records.where(account_id=account.id)):
        raise NotModelled("quotaStatement (of what has been counted)")
    raise InvalidParameter("There is no usage data found for period mentioned.")


@command("quotaSummary")
def summary(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    if p.account and p.domainid:
        accounts = [_account(call)]
    elif p.listall and call.caller.is_root_admin:
        accounts = [a for a in db.accounts if a.account_type != PROJECT and db.quota_credits.where(account_id=a.id)]
    else:
        accounts = [call.caller.account]
    return call.listing("summary", accounts, _summary_view)


def _summary_view(call: Call, account: Account) -> dict[str, Any]:
    domain = call.db.domains[account.domain_id]
    today = datetime.fromtimestamp(call.now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "accountid": account.uuid,
        "account": account.name,
        "domainid": domain.uuid,
        "domain": domain.name,
        "balance": _balance(call, account),
        "state": account.state.upper(),
        "quota": 0.0,
        "startdate": timestamp(today.replace(day=1).timestamp()),
        "enddate": timestamp((today + timedelta(days=1)).timestamp()),
        "currency": call.setting("quota.currency.symbol"),
        "quotaenabled": call.setting("quota.account.enabled", account),
    }
