# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notices to tenants before and after a procedure."""

from __future__ import annotations

from typing import Any

from ..campaign.post import PLAIN, STARTTLS, TLS, Mailbox, post, send_mail
from ..campaign.words import body, subject
from ..client import InvalidInput
from ..model import Operation, Option

BEFORE, AFTER = "before", "after"


def _run(task: Any) -> dict[str, Any]:
    moment, result = task.option("moment"), dict(task.option("result") or {})
    to, url = task.option("mail_to") or [], task.option("url") or ""
    if not to and not url:
        raise InvalidInput("nobody is to be told", option="mail_to", remedy="give mail_to, url or both")
    if to and not task.option("mail_from"):
        raise InvalidInput("mail needs a sender", option="mail_from", remedy="give mail_from")
    line, text = subject(result, moment, task.option("title") or ""), body(result, moment, task.option("text") or "")
    needed = bool(result.get("changed", True) or result.get("failed") or task.option("always"))
    told = {"changed": False, "subject": line, "text": text, "sent": needed and not task.check}
    if not told["sent"]:
        return told
    if to:
        mailbox = Mailbox(
            task.option("mail_server"), task.option("mail_port"), task.option("mail_security"),
            task.option("mail_user") or "", task.option("mail_password") or "",
        )  # fmt: skip
        send_mail(mailbox, task.option("mail_from"), to, line, text)
    if url:
        post(url, {"moment": moment, "subject": line, "text": text, "counts": result.get("counts") or {}})
    return told


NOTICE = Operation(
    name="notice",
    summary="Tell tenants about a procedure by mail or web hook",
    description=(
        "Sends what a procedure is going to interrupt, or what it has done, as a plain text.",
        "Give it the registered result of the procedure: of a run in check mode before, of the run itself after.",
    ),
    notes=(
        "Each address gets a mail of its own, so that tenants don't see each other.",
        "Nothing is sent if the procedure had nothing to do, unless O(always) is set.",
        "The cloud is not changed, so the task never reports a change.",
        "The web hook gets JSON by POST with C(moment), C(subject), C(text) and C(counts).",
    ),
    options=(
        Option("moment", required=True, choices=(BEFORE, AFTER), behaviour=True,
               help="V(before): what is planned. V(after): what has happened."),
        Option("result", "map", required=True, behaviour=True,
               help="The registered result of the procedure's module."),
        Option("title", behaviour=True, help="What it is about, for the subject. Otherwise the name of the procedure."),
        Option("text", behaviour=True, help="Your own words, put in front."),
        Option("always", "bool", default=False, behaviour=True, help="Send it even if there was nothing to do."),
        Option("mail_to", "list", behaviour=True, help="Addresses that get a mail."),
        Option("mail_from", behaviour=True, help="Address of the sender. Needed for mail."),
        Option("mail_server", default="localhost", behaviour=True, help="Mail server that takes the mail."),
        Option("mail_port", "int", default=25, behaviour=True, help="Its port."),
        Option("mail_security", default=STARTTLS, choices=(STARTTLS, TLS, PLAIN), behaviour=True,
               help="How the connection is encrypted. The server's certificate is checked."),
        Option("mail_user", behaviour=True, help="User at the mail server, where it asks for one."),
        Option("mail_password", secret=True, behaviour=True, help="The user's password."),
        Option("url", secret=True, behaviour=True, help="Web hook that gets the notice as JSON by POST."),
    ),
    returns={
        "subject": ("str", "What the notice is about."),
        "text": ("str", "What it says."),
        "sent": ("bool", "Whether it was sent: not in check mode, and not if there was nothing to do."),
    },
    reads_only=True,
    run=_run,
)  # fmt: skip

OPERATIONS = (NOTICE,)
