"""Webhooks at work: events go out to whoever wants them, and every delivery is kept for a while."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...access import in_domain, project_of
from ...farm import serving
from ...model.features import Webhook, WebhookDelivery
from ...model.operations import Event
from ...post import Letter, Outcome
from ...registry import at_install, on_event

if TYPE_CHECKING:
    from ...simulator import Simulator

LOOK_EVERY = 0.2
"""Seconds between two looks at a delivery that is under way."""
CLASSES = {
    "VirtualMachine": "com.cloud.vm.VirtualMachine",
    "Network": "com.cloud.network.Network",
    "Volume": "com.cloud.storage.Volume",
    "Snapshot": "com.cloud.storage.Snapshot",
    "Account": "com.cloud.user.Account",
    "User": "com.cloud.user.User",
    "Domain": "com.cloud.domain.Domain",
    "Project": "com.cloud.projects.Project",
    "Vpc": "com.cloud.network.vpc.Vpc",
    "Host": "com.cloud.host.Host",
}
"""The classes that payloads name for what an event is about."""


@dataclass(frozen=True)
class Told:
    """What is told to a webhook: an event, or a test."""

    uuid: str
    kind: str
    payload: str
    account: str
    """The account whose event it is."""


@at_install(order=90)
def start_cleaning(sim: Simulator) -> None:
    sim.scheduler.after(float(sim.settings.value("webhook.deliveries.cleanup.initial.delay")), clean, sim)


def clean(sim: Simulator) -> None:
    """Of each webhook only the newest deliveries stay."""
    limit = int(sim.settings.value("webhook.deliveries.limit"))
    for hook in sim.db.webhooks:
        old = sim.db.webhook_deliveries.where(webhook_id=hook.id)
        for delivery in old[: max(0, len(old) - limit)]:
            sim.db.webhook_deliveries.delete(delivery)
    sim.scheduler.after(float(sim.settings.value("webhook.deliveries.cleanup.interval")), clean, sim)


@on_event
def tell_webhooks(sim: Simulator, event: Event) -> None:
    if not len(sim.db.webhooks) or not sim.settings.value("publish.action.events"):
        return
    account = sim.db.accounts[event.account_id]
    for hook in sim.db.webhooks.where(state="Enabled"):
        if (
            hook.scope == "Global"
            or (hook.scope == "Local" and hook.account_id == account.id)
            or (hook.scope == "Domain" and in_domain(sim.db, account.domain_id, hook.domain_id))
        ):
            sim.scheduler.after(0, deliver, sim, hook, event)


def _payload(sim: Simulator, event: Event) -> str:
    project = project_of(sim.db, event.account_id)
    kind = event.resource_type if event.resource_type in CLASSES else None
    told = {
        "project": project.uuid if project else None,
        "user": sim.db.users[event.user_id].uuid,
        "account": sim.db.accounts[event.account_id].uuid,
        "event": event.type,
        "status": event.state,
        "entity": CLASSES.get(kind or ""),
        "entityuuid": event.resource if kind else None,
        kind or "": event.resource if kind else None,
        "description": event.description,
        "eventDateTime": datetime.fromtimestamp(event.created, UTC).strftime("%Y-%m-%d %H:%M:%S +0000"),
    }
    return json.dumps({name: value for name, value in told.items() if value is not None}, separators=(",", ":"))


def told_of(sim: Simulator, event: Event, payload: str | None = None) -> Told:
    """An event as it is told, with the payload of an earlier delivery when there was one."""
    account = sim.db.accounts[event.account_id]
    return Told(event.uuid, event.type, payload or _payload(sim, event), account.uuid)


def signature(payload: str, secret: str) -> str:
    """The text of `X-CS-Signature`: HMAC-SHA256 of the payload, in base 64."""
    return base64.b64encode(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()).decode()


def letter_to(sim: Simulator, hook: Webhook, told: Told) -> Letter:
    """What goes to a webhook, signed when it has a secret key."""
    headers = {"X-CS-Event-ID": told.uuid, "X-CS-Event": told.kind, "User-Agent": f"CS-Hookshot/{told.account}"}
    if hook.secret_key:
        headers["X-CS-Signature"] = signature(told.payload, hook.secret_key)
    headers["Content-Length"] = str(len(told.payload.encode()))
    headers["Content-Type"] = (
        "application/json; charset=UTF-8" if _is_json(told.payload) else "text/plain; charset=ISO-8859-1"
    )
    domain = sim.db.domains[hook.domain_id]
    return Letter(
        hook.payload_url,
        told.payload,
        headers,
        hook.ssl_verification,
        int(sim.settings.value("webhook.delivery.tries", domain)),
        float(sim.settings.value("webhook.delivery.timeout", domain)),
    )


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), (dict, list))
    except ValueError:
        return False


def fields_of(sim: Simulator, letter: Letter, outcome: Outcome, start: float) -> dict[str, Any]:
    """What a delivery's row and its view have in common."""
    return {
        "server_id": serving(sim).id,
        "headers": "\n".join(f"{name}: {value}" for name, value in letter.headers.items()),
        "payload": letter.payload,
        "success": outcome.success,
        "response": outcome.response,
        "start": start,
        "end": sim.clock.now(),
    }


def deliver(sim: Simulator, hook: Webhook, event: Event) -> None:
    """Send an event. While time runs by itself nobody waits for the other side."""
    letter = letter_to(sim, hook, told_of(sim, event))
    if not sim.clock.runs:
        keep(sim, hook, event, letter, sim.post.send(letter), sim.clock.now())
        return
    number = sim.post.hand_over(letter, int(sim.settings.value("webhook.delivery.thread.pool.size")))
    sim.scheduler.after(LOOK_EVERY, collect, sim, hook, event, number, sim.clock.now())


def collect(sim: Simulator, hook: Webhook, event: Event, number: int, start: float) -> None:
    """Look whether a delivery has come to its end, and keep what came of it."""
    if sim.post.is_under_way(number):
        sim.scheduler.after(LOOK_EVERY, collect, sim, hook, event, number, start)
        return
    outcome = sim.post.outcome(number)
    if outcome is not None and hook.removed is None:
        keep(sim, hook, event, letter_to(sim, hook, told_of(sim, event)), outcome, start)


def keep(
    sim: Simulator, hook: Webhook, event: Event, letter: Letter, outcome: Outcome, start: float
) -> WebhookDelivery:
    """Keep what came of a delivery."""
    return sim.db.webhook_deliveries.add(
        WebhookDelivery(
            webhook_id=hook.id, event_id=event.id, event_type=event.type, **fields_of(sim, letter, outcome, start)
        )
    )
