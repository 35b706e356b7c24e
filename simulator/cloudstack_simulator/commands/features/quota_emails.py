"""Mails about quota: their texts, and which of them an account gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import contract
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter
from ...model.features import QuotaEmail, QuotaEmailChoice
from ...registry import at_install, command
from .quota import quota_account

if TYPE_CHECKING:
    from ...simulator import Simulator


@at_install(order=60)
def install(sim: Simulator) -> None:
    for row in contract.facts("catalogue.json")["quota_emails"]:
        sim.db.quota_emails.add(
            QuotaEmail(
                type=row["templatetype"],
                subject=row["templatesubject"],
                body=row["templatebody"],
                locale=row["locale"],
                updated=sim.clock.now(),
            )
        )


def email_view(_call: Call, email: QuotaEmail) -> dict[str, Any]:
    return {
        "templatetype": email.type,
        "templatesubject": email.subject,
        "templatebody": email.body,
        "locale": email.locale,
        "last_updated": timestamp(email.updated),
    }


def _of_type(call: Call, wanted: str | None) -> list[QuotaEmail]:
    return [email for email in call.db.quota_emails if wanted in (None, email.type)]


@command("quotaEmailTemplateList")
def list_email_templates(call: Call) -> dict[str, Any]:
    shown = [email_view(call, email) for email in _of_type(call, call.params.templatetype)]
    return {"count": len(shown), "quotaemailtemplate": shown} if shown else {}


@command("quotaEmailTemplateUpdate")
def update_email_template(call: Call) -> dict[str, Any]:
    p = call.params
    found = _of_type(call, p.templatetype)
    if len(found) != 1:
        return {"success": False}
    email = found[0]
    email.subject, email.body, email.updated = p.templatesubject, p.templatebody, call.now
    email.locale = p.get("locale", email.locale)
    return {"success": True}


def _has_quota(call: Call) -> bool:
    """Whether the account ever got credits: then the quota service knows it."""
    return bool(call.db.quota_accounts.where(account_id=call.params.accountid.id))


@command("quotaConfigureEmail")
def configure_email(call: Call) -> dict[str, Any]:
    p, account = call.params, call.params.accountid
    if not _has_quota(call):
        raise InvalidParameter("You must have the quota enabled for this account to configure quota emails.")
    if p.templatename is None and p.minbalance is None:
        raise InvalidParameter(
            "You should inform at least the 'minbalance' or both the 'templatename' and 'enable' parameters."
        )
    if (p.templatename is None) != (p.enable is None):
        raise InvalidParameter("Parameter 'enable' must be informed along with 'templatename'.")
    emails = _of_type(call, p.templatename) if p.templatename is not None else []
    if p.templatename is not None and not emails:
        raise InvalidParameter(f"Could not find template with name [{p.templatename}].")
    if p.minbalance is not None:
        quota_account(call, account).min_balance = p.minbalance
    shown: dict[str, Any] = {}
    if emails:
        choice = _choice(call, account, emails[0])
        choice.enabled = p.enable
        shown = {"account": account.uuid, "templatename": emails[0].type, "enabled": choice.enabled}
    return {"quotaconfigureemail": {**shown, "minbalance": p.minbalance}}


def _choice(call: Call, account: Any, email: QuotaEmail) -> QuotaEmailChoice:
    for choice in call.db.quota_email_choices.where(account_id=account.id):
        if choice.email_id == email.id:
            return choice
    return call.db.quota_email_choices.add(QuotaEmailChoice(account_id=account.id, email_id=email.id, enabled=True))


@command("quotaListEmailConfiguration")
def list_email_configuration(call: Call) -> dict[str, Any]:
    account = call.params.accountid
    rows = call.db.quota_email_choices.where(account_id=account.id)
    least = quota_account(call, account).min_balance if rows else None
    shown = [
        {
            "account": account.uuid,
            "templatename": call.db.quota_emails[row.email_id].type,
            "enabled": row.enabled,
            "minbalance": least,
        }
        for row in rows
    ]
    return {"count": len(shown), "quotaconfigureemail": shown} if shown else {}
