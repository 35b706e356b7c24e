"""Quota: credits, balances, statements. Nothing is billed, so credits alone make a balance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ...access import active_account, domains_below, in_domain
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter, NotModelled, PermissionDenied
from ...model.features import QuotaAccount, QuotaCredit
from ...model.tenants import Account
from ...registry import command
from ...wording import java_date

DAY = timedelta(days=1)
NORMAL, DOMAIN_ADMIN = 0, 2


@command("quotaIsEnabled")
def is_enabled(call: Call) -> dict[str, Any]:
    return {"isenabled": {"isenabled": call.setting("quota.enable.service")}}


def quota_account(call: Call, account: Account) -> QuotaAccount:
    """What the quota service keeps of an account, from now on if not before."""
    found: QuotaAccount = call.db.quota_accounts.first(account_id=account.id) or call.db.quota_accounts.add(
        QuotaAccount(account_id=account.id)
    )
    return found


def _named(call: Call) -> Account:
    """The account of a balance or statement, in a domain that the caller's domain reaches."""
    p, db = call.params, call.db
    if p.accountid is not None:
        return p.accountid
    if not p.domainid or not in_domain(db, p.domainid.id, call.caller.account.domain_id):
        raise PermissionDenied("Invalid Domain Id or Account")
    found: Account | None = active_account(db, p.account, p.domainid.id)
    if found is None:
        raise InvalidParameter(f"Unable to find account {p.account} in domain {p.domainid.id}")
    return found


def _credits(call: Call, account: Account, before: float | None = None) -> list[QuotaCredit]:
    rows = call.db.quota_credits.where(account_id=account.id)
    return [credit for credit in rows if before is None or credit.created <= before]


def _balance(call: Call, account: Account, before: float | None = None) -> float:
    return float(sum(credit.credit for credit in _credits(call, account, before)))


def _next_day(moment: float) -> float:
    day = datetime.fromtimestamp(moment, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (day + DAY).timestamp()


@command("quotaCredits")
def add_credits(call: Call) -> dict[str, Any]:
    p = call.params
    account = active_account(call.db, p.account, p.domainid.id)
    if account is None:
        raise InvalidParameter("The account does not exists or has been removed/disabled")
    kept = quota_account(call, account)
    if p.min_balance is not None:
        kept.min_balance = p.min_balance
    credit = call.db.quota_credits.add(QuotaCredit(account_id=account.id, credit=p.value, user_id=call.caller.user.id))
    if call.setting("quota.enable.enforcement") == "true":
        _enforce(call, account)
    return {"quotacredits": _credit_view(call, credit)}


def _enforce(call: Call, account: Account) -> None:
    """Who owes is locked, unless the call says not to; who owes no more is let in again."""
    if _balance(call, account) >= 0:
        account.state = "enabled" if account.state == "locked" else account.state
    elif account.account_type in (NORMAL, DOMAIN_ADMIN) and account.state == "enabled":
        account.state = "locked" if call.params.get("quota_enforce", True) else account.state


def _credit_view(call: Call, credit: QuotaCredit) -> dict[str, Any]:
    user = call.db.users[credit.user_id]
    return {
        "credit": _number(credit.credit),
        "creditoruserid": user.uuid,
        "creditorusername": user.username,
        "creditedon": timestamp(credit.created),
        "currency": call.setting("quota.currency.symbol"),
    }


def _number(amount: float) -> float:
    return int(amount) if amount.is_integer() else amount


@command("quotaCreditsList")
def list_credits(call: Call) -> dict[str, Any]:
    """Those of this month, unless other days are asked for."""
    p, db = call.params, call.db
    month = datetime.fromtimestamp(call.now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start, end = p.get("startdate", month.timestamp()), p.get("enddate", call.now)
    domains = None
    if p.domainid is not None:
        domains = domains_below(db, p.domainid.id) if p.isrecursive else {p.domainid.id}
    rows = [
        credit
        for credit in db.quota_credits
        if (p.accountid is None or credit.account_id == p.accountid.id)
        and (domains is None or db.accounts[credit.account_id].domain_id in domains)
        and start <= credit.created <= end
    ]
    return call.listing("credit", rows, _credit_view)


@command("quotaBalance")
def balance(call: Call) -> dict[str, Any]:
    p = call.params
    account = _named(call)
    start = p.get("startdate", call.now)
    shown = {"startdate": timestamp(start), "currency": call.setting("quota.currency.symbol")}
    if p.enddate is None:
        return {"balance": {"startquota": _balance(call, account, _next_day(start)), "credits": [], **shown}}
    end = _next_day(p.enddate)
    if start >= end:
        raise _wrong_range(start, end)
    found = [credit for credit in _credits(call, account, end) if credit.created >= start]
    if not found:
        raise InvalidParameter("The request period does not contain balance entries.")
    entries = [{"credit": float(credit.credit), "creditedon": timestamp(credit.created)} for credit in found]
    total = float(sum(credit.credit for credit in found))
    return {"balance": {"startquota": 0, "endquota": total, "credits": entries, "enddate": timestamp(end), **shown}}


def _wrong_range(start: float, end: float) -> InvalidParameter:
    return InvalidParameter(f"Incorrect Date Range. Start date: {java_date(start)} is after end date:{java_date(end)}")


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
    p, account = call.params, _named(call)
    if p.startdate > p.enddate:
        raise _wrong_range(p.startdate, p.enddate)
    if any(r.start < p.enddate and r.end > p.startdate for r in call.db.usage_records.where(account_id=account.id)):
        raise NotModelled("quotaStatement (of what has been counted)")
    raise InvalidParameter("There is no usage data found for period mentioned.")


@command("quotaSummary")
def summary(call: Call) -> dict[str, Any]:
    """Admins see whom the quota service knows, or with `listall` everybody; others themselves."""
    p, db = call.params, call.db
    if not call.caller.is_root_admin:
        return call.listing("summary", [call.caller.account], _summary_view)
    if p.account and p.domainid is not None:
        one = active_account(db, p.account, p.domainid.id)
        return call.listing("summary", [one], _summary_view)
    if p.listall:
        return call.listing("summary", db.accounts, _summary_view, keyword=("name",), sort=lambda a: a.name.lower())
    known = (db.accounts[kept.account_id] for kept in db.quota_accounts)
    return call.listing("summary", [account for account in known if account.removed is None], _summary_view)


def _summary_view(call: Call, account: Account | None) -> dict[str, Any]:
    """Of an account that is not there, an empty summary."""
    if account is None:
        return {}
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
        "enddate": timestamp((today + DAY).timestamp()),
        "currency": call.setting("quota.currency.symbol"),
        "quotaenabled": call.setting("quota.account.enabled", account),
    }
