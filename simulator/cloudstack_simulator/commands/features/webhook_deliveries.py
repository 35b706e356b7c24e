"""Deliveries of webhooks: looked at, removed, repeated, and tried."""

from __future__ import annotations

from typing import Any

from ...access import in_domain
from ...call import Call
from ...clock import timestamp
from ...errors import ApiError, InvalidParameter, JavaError, PermissionDenied
from ...listing import contains, equal, matching
from ...model.features import Webhook, WebhookDelivery
from ...registry import SUCCESS, command
from .webhook_sending import Told, fields_of, keep, letter_to, told_of
from .webhooks import ADMIN, WebhookError, check_url, with_scheme

TEST_EVENT = "TEST.WEBHOOK"
TEST_PAYLOAD = '{ "CloudStack": "works!" }'


def _view(call: Call, hook: Any, fields: dict[str, Any]) -> dict[str, Any]:
    server = call.db.management_servers.get(fields["server_id"])
    return {
        "webhookid": hook.uuid if hook else None,
        "webhookname": hook.name if hook else None,
        "managementserverid": server.uuid if server else None,
        "managementservername": server.name if server else None,
        "headers": fields["headers"],
        "payload": fields["payload"],
        "success": fields["success"],
        "response": fields["response"],
        "startdate": timestamp(fields["start"]),
        "enddate": timestamp(fields["end"]),
    }


def delivery_view(call: Call, delivery: WebhookDelivery) -> dict[str, Any]:
    event = call.db.events.get(delivery.event_id)
    fields = {name: getattr(delivery, name) for name in WebhookDelivery.__annotations__}
    return {
        "id": delivery.uuid,
        "eventid": event.uuid if event else None,
        "eventtype": delivery.event_type,
        **_view(call, call.db.webhooks.get(delivery.webhook_id), fields),
    }


def _check_choice(call: Call, error: type[ApiError]) -> None:
    """The checks that looking at deliveries and removing them have in common."""
    p = call.params
    if p.id is not None:
        hook = call.db.webhooks.get(p.id.webhook_id) if p.id.removed is None else None
        if hook is not None:
            call.check_access(hook)
    if p.webhookid is not None:
        if p.webhookid.removed is not None:
            raise error("Invalid Webhook specified")
        call.check_access(p.webhookid)
    if p.startdate is not None and p.enddate is not None and p.enddate < p.startdate:
        raise error("Invalid enddate specified")
    if p.managementserverid is not None and call.caller.account.account_type != ADMIN:
        raise PermissionDenied("Invalid parameter specified")


def _filters(call: Call) -> list[Any]:
    p = call.params
    return [
        equal("id", p.id),
        equal("webhook_id", p.webhookid),
        equal("server_id", p.managementserverid),
        matching(lambda d: d.start >= p.startdate) if p.startdate is not None else None,
        matching(lambda d: d.end <= p.enddate) if p.enddate is not None else None,
    ]


def _reach(call: Call) -> set[int] | None:
    """Numbers of the webhooks whose deliveries the caller may see, None for all."""
    caller = call.caller
    if caller.is_root_admin:
        return None
    accounts = call.db.accounts
    return {
        hook.id
        for hook in call.db.webhooks
        if hook.account_id == caller.account.id
        or (caller.is_domain_admin and in_domain(call.db, accounts[hook.account_id].domain_id, caller.domain.id))
    }


@command("listWebhookDeliveries")
def list_deliveries(call: Call) -> dict[str, Any]:
    p = call.params
    _check_choice(call, InvalidParameter)
    reach = _reach(call)
    filters = [
        *_filters(call),
        equal("event_type", p.eventtype or None),
        contains("payload", p.keyword),
        matching(lambda d: d.webhook_id in reach) if reach is not None else None,
    ]
    return call.listing("webhookdelivery", call.db.webhook_deliveries, delivery_view, where=filters, newest_first=True)


@command("deleteWebhookDelivery")
def delete_deliveries(call: Call) -> dict[str, Any]:
    _check_choice(call, WebhookError)
    reach = _reach(call)
    tests = [chosen.test for chosen in _filters(call) if chosen is not None]
    for delivery in call.db.webhook_deliveries:
        if (reach is None or delivery.webhook_id in reach) and all(test(delivery) for test in tests):
            call.db.webhook_deliveries.delete(delivery)
    return SUCCESS


@command("executeWebhookDelivery")
def execute_delivery(call: Call) -> dict[str, Any]:
    """Deliver once more what was delivered before, or try a webhook or an address that may become one."""
    p, sim = call.params, call.sim
    url = with_scheme(p.payloadurl)
    if p.id is None and p.webhookid is None and not (url or "").strip():
        raise WebhookError("One of the id, webhookid or payloadurl must be specified")
    if p.id is not None and p.webhookid is not None:
        raise WebhookError("Only one of the id or webhookid can be specified")
    if p.id is not None and p.id.removed is not None:
        raise WebhookError("Invalid webhook delivery specified")
    if url:
        check_url(call, url)
    hook = p.webhookid if p.id is None else sim.db.webhooks.get(p.id.webhook_id)
    if p.webhookid is not None and p.webhookid.removed is not None:
        raise WebhookError("Invalid webhook specified")
    if hook is not None:
        call.check_access(hook)
    target = _target(call, hook, url)
    if p.id is not None:
        return _repeat(call, p.id, target)
    account = sim.db.accounts[target.account_id]
    payload = p.payload if (p.payload or "").strip() else TEST_PAYLOAD
    letter = letter_to(sim, target, Told(sim.ids.uuid(), TEST_EVENT, payload, account.uuid))
    fields = fields_of(sim, letter, sim.post.send(letter), call.now)
    return {"webhookdelivery": {"id": sim.ids.uuid(), "eventtype": TEST_EVENT, **_view(call, hook, fields)}}


def _repeat(call: Call, earlier: WebhookDelivery, hook: Webhook) -> dict[str, Any]:
    event = call.db.events.get(earlier.event_id)
    if event is None:
        raise JavaError(None)
    letter = letter_to(call.sim, hook, told_of(call.sim, event, earlier.payload))
    hook.id = earlier.webhook_id
    made = keep(call.sim, hook, event, letter, call.sim.post.send(letter), call.now)
    return {"webhookdelivery": delivery_view(call, made)}


def _target(call: Call, hook: Webhook | None, url: str | None) -> Webhook:
    """The webhook as it is tried: with the address, the key and the verification of this call."""
    p, owner = call.params, call.caller.account
    if hook is None:
        return Webhook(
            name="", account_id=owner.id, domain_id=owner.domain_id, payload_url=url or "", secret_key=p.secretkey,
            ssl_verification=bool(p.sslverification),
        )  # fmt: skip
    changeable = p.id is None
    return Webhook(
        name=hook.name,
        account_id=hook.account_id,
        domain_id=hook.domain_id,
        payload_url=(changeable and url) or hook.payload_url,
        secret_key=(changeable and p.secretkey) or hook.secret_key,
        ssl_verification=p.get("sslverification", hook.ssl_verification) if changeable else hook.ssl_verification,
    )
