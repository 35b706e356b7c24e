"""Webhooks. Nothing is delivered: the simulator talks to nobody."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from ...call import Call, live
from ...clock import timestamp
from ...errors import ParameterError, ServerApiError
from ...listing import equal
from ...model.features import Webhook
from ...registry import SUCCESS, command, on_account_removal
from ..common import owner_fields

SCOPES = ("Local", "Domain", "Global")
STATES = ("Enabled", "Disabled")


def _word(word: str, words: tuple[str, ...], what: str) -> str:
    for known in words:
        if known.lower() == word.lower():
            return known
    raise ServerApiError(530, f"Invalid {what} specified")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ParameterError(f"Unable to resolve {url}.")
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        if parts.hostname == "localhost":
            raise ParameterError("Illegal host specified in URL.") from None
        return
    if address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast:
        raise ParameterError("Illegal host specified in URL.")


def webhook_view(call: Call, hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.uuid,
        "name": hook.name,
        "description": hook.description,
        "state": hook.state,
        **owner_fields(call, hook.account_id),
        "payloadurl": hook.payload_url,
        "secretkey": hook.secret_key,
        "sslverification": hook.ssl_verification,
        "scope": hook.scope,
        "created": timestamp(hook.created),
    }


@command("createWebhook")
def create_webhook(call: Call) -> dict[str, Any]:
    p = call.params
    owner = call.owner()
    scope = _word(p.scope, SCOPES, "scope") if p.scope else "Local"
    state = _word(p.state, STATES, "state") if p.state else "Enabled"
    _check_url(p.payloadurl)
    hook = call.db.webhooks.add(
        Webhook(
            name=p.name,
            account_id=owner.id,
            payload_url=p.payloadurl,
            description=p.description,
            state=state,
            scope=scope,
            secret_key=p.secretkey,
            ssl_verification=p.get("sslverification", True),
        )
    )
    return {"webhook": webhook_view(call, hook)}


@command("listWebhooks")
def list_webhooks(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [equal("id", p.id), equal("name", p.name), equal("state", p.state), equal("scope", p.scope)]
    return call.listing("webhook", call.db.webhooks, webhook_view, where=filters, keyword=("name",), owned=True)


def _webhook(call: Call) -> Webhook:
    hook: Webhook = live(call.params.id, "Unable to find the webhook with ID {id}")
    call.check_access(hook)
    return hook


@command("updateWebhook")
def update_webhook(call: Call) -> dict[str, Any]:
    p, hook = call.params, _webhook(call)
    if p.payloadurl:
        _check_url(p.payloadurl)
        hook.payload_url = p.payloadurl
    hook.state = _word(p.state, STATES, "state") if p.state else hook.state
    hook.scope = _word(p.scope, SCOPES, "scope") if p.scope else hook.scope
    hook.name = p.get("name", hook.name)
    hook.description = p.get("description", hook.description)
    hook.secret_key = p.get("secretkey", hook.secret_key)
    hook.ssl_verification = p.get("sslverification", hook.ssl_verification)
    return {"webhook": webhook_view(call, hook)}


@command("deleteWebhook")
def delete_webhook(call: Call) -> dict[str, Any]:
    call.db.webhooks.delete(_webhook(call))
    return SUCCESS


@command("listWebhookDeliveries")
def list_deliveries(_call: Call) -> dict[str, Any]:
    return {}


@on_account_removal()
def forget_webhooks(sim: Any, account: Any) -> None:
    for hook in sim.db.webhooks.where(account_id=account.id):
        sim.db.webhooks.delete(hook)
