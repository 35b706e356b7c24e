# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Webhooks: events sent to somebody as they happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..client import InvalidInput
from ..model import Commands, Option, Resource, State
from .owned import OWNER, PROJECT_PARENT, check_owner


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    url = given.get("payload_url")
    if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise InvalidInput(
            f"{url!r} is no address that events could be sent to",
            option="payload_url",
            value=url,
            remedy="give https://host/path",
        )


WEBHOOK = Resource(
    name="webhook",
    noun="webhook",
    summary="Manage webhooks, which get events as they happen",
    description=("Makes, changes and removes webhooks. The management server posts each event to them as JSON.",),
    notes=(
        "The key is in no result and no diff.",
        "The server signs what it sends with the key (HMAC-SHA256).",
    ),
    commands=Commands(
        list="listWebhooks", create="createWebhook", update="updateWebhook", delete="deleteWebhook",
        fixed={"list": {"listall": True}}, parents=PROJECT_PARENT,
    ),
    scope=("domain", "account", "project"),
    validate=_validate,
    states=(
        State("enabled", {"webhook_state": "Enabled"}, help="Present, and events are sent."),
        State("disabled", {"webhook_state": "Disabled"}, help="Present, and nothing is sent."),
    ),
    initial_states=("enabled",),
    options=(
        Option("name", help="Name of the webhook.", required=True, updatable=True),
        Option("description", help="Description.", updatable=True),
        Option("payload_url", help="Where events are posted to.", updatable=True, needed=True),
        Option("secret_key", help="Key with which the server signs what it sends.", updatable=True, secret=True,
               placeholder="vault_webhook_{name}_key"),
        Option("ssl_verification", "bool", help="Whether the receiver's certificate is checked.", updatable=True,
               server_default=True),
        Option("scope", help=("V(Local): events of the owner. V(Domain): those of the domain and below.",
                              "V(Global): all events; for root admins."),
               choices=("Local", "Domain", "Global"), updatable=True, server_default="Local"),
        *OWNER,
        Option("webhook_state", api="state", updatable=True, hidden=True, help="State as the server calls it."),
    ),
    returns={"state": "webhook_state"},
)  # fmt: skip

RESOURCES = (WEBHOOK,)
