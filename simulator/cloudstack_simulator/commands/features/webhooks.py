"""Webhooks: who wants to be told of events, and where."""

from __future__ import annotations

import ipaddress
from typing import Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter, ParameterError, ServerApiError
from ...listing import equal
from ...model.features import Webhook
from ...registry import SUCCESS, command, on_account_removal
from ..common import owner_fields
from ..urls import parts_of

SCOPES = ("Local", "Domain", "Global")
STATES = ("Enabled", "Disabled")
ADMIN, DOMAIN_ADMIN = 1, 2


class WebhookError(ServerApiError):
    """What these commands refuse: they turn the inner error into one of their own."""

    def __init__(self, text: str | None) -> None:
        super().__init__(530, text)


def word(given: str, words: tuple[str, ...], what: str) -> str:
    """The word itself; its case counts."""
    if given not in words:
        raise WebhookError(f"Invalid {what} specified")
    return given


def with_scheme(url: str | None) -> str | None:
    return url if not url or url.startswith(("http://", "https://")) else f"http://{url}"


def check_url(call: Call, url: str) -> None:
    """Refuse an address that cannot be, one that is nowhere, and the server's own host."""
    host = parts_of(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost":
            raise ParameterError("Illegal host specified in URL.") from None
        if "." not in host and not call.sim.post.knows(host):
            raise ParameterError(f"Unable to resolve {host}.") from None
        return
    if address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast:
        raise ParameterError("Illegal host specified in URL.")


def _check_scope(scope: str, owner: Any) -> None:
    allowed = {"Global": (ADMIN,), "Domain": (ADMIN, DOMAIN_ADMIN)}.get(scope)
    if allowed is not None and owner.account_type not in allowed:
        raise WebhookError(f"Scope {scope} can not be specified for owner {owner.name}")


def _check_free(call: Call, owner_id: int, url: str, own: Webhook | None = None) -> None:
    for hook in call.db.webhooks.where(account_id=owner_id):
        if hook.payload_url == url and hook is not own:
            raise WebhookError(f"Payload URL: {url} is already in use by another webhook")


def _check_tls(verify: bool, url: str) -> None:
    if verify and not url.lower().startswith("https:"):
        raise WebhookError(f"SSL verification can be specified only for HTTPS URLs, {url}")


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
    scope = word(p.scope, SCOPES, "scope") if p.scope else "Local"
    _check_scope(scope, owner)
    state = word(p.state, STATES, "state") if p.state else "Enabled"
    url = with_scheme(p.payloadurl) or ""
    check_url(call, url)
    _check_free(call, owner.id, url)
    verify = p.get("sslverification", True)
    _check_tls(verify, url)
    domain = p.domainid if p.domainid and scope == "Domain" else None
    hook = call.db.webhooks.add(
        Webhook(
            name=p.name,
            account_id=owner.id,
            domain_id=domain.id if domain else owner.domain_id,
            payload_url=url,
            description=p.description,
            state=state,
            scope=scope,
            secret_key=p.secretkey,
            ssl_verification=verify,
        )
    )
    return {"webhook": webhook_view(call, hook)}


@command("listWebhooks")
def list_webhooks(call: Call) -> dict[str, Any]:
    p = call.params
    if p.scope:
        word(p.scope, SCOPES, "scope")
        kind = call.caller.account.account_type
        if (p.scope == "Global" and kind != ADMIN) or (p.scope == "Domain" and kind not in (ADMIN, DOMAIN_ADMIN)):
            raise InvalidParameter(f"Scope {p.scope} can not be specified")
    if p.state:
        word(p.state, STATES, "state")
    filters = [equal("id", p.id), equal("name", p.name), equal("state", p.state), equal("scope", p.scope)]
    return call.listing("webhook", call.db.webhooks, webhook_view, where=filters, keyword=("name",), owned=True)


def _webhook(call: Call) -> Webhook:
    hook: Webhook = live(call.params.id, "Unable to find the webhook with the specified ID", WebhookError)
    call.check_access(hook)
    return hook


@command("updateWebhook")
def update_webhook(call: Call) -> dict[str, Any]:
    p, hook = call.params, _webhook(call)
    state = word(p.state, STATES, "state") if p.state else hook.state
    scope = word(p.scope, SCOPES, "scope") if p.scope else hook.scope
    _check_scope(scope, call.db.accounts[hook.account_id])
    url = with_scheme(p.payloadurl) or hook.payload_url
    if p.payloadurl:
        check_url(call, url)
        _check_free(call, hook.account_id, url, hook)
    if p.sslverification is not None:
        _check_tls(p.sslverification, url)
        hook.ssl_verification = p.sslverification
    hook.state, hook.scope, hook.payload_url = state, scope, url
    hook.name = p.name or hook.name
    hook.description = p.get("description", hook.description)
    if p.secretkey is not None:
        hook.secret_key = p.secretkey.strip() or None
    return {"webhook": webhook_view(call, hook)}


@command("deleteWebhook")
def delete_webhook(call: Call) -> dict[str, Any]:
    _forget(call.sim, _webhook(call))
    return SUCCESS


def _forget(sim: Any, hook: Webhook) -> None:
    """A webhook goes with its deliveries."""
    for delivery in sim.db.webhook_deliveries.where(webhook_id=hook.id):
        sim.db.webhook_deliveries.delete(delivery)
    sim.db.webhooks.delete(hook)


@on_account_removal()
def forget_webhooks(sim: Any, account: Any) -> None:
    for hook in sim.db.webhooks.where(account_id=account.id):
        _forget(sim, hook)
