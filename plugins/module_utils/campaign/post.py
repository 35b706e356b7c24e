# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notices on their way: by mail, and by web hook."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

from ..client import InvalidInput

try:
    import requests
except ImportError:
    requests = None  # type: ignore[assignment]

PATIENCE = 30.0
"""Seconds for one answer of a mail server or web hook."""
PLAIN, STARTTLS, TLS = "none", "starttls", "tls"


@dataclass(frozen=True)
class Mailbox:
    """A mail server and how it is spoken to. security: PLAIN, STARTTLS or TLS."""

    server: str
    port: int
    security: str
    user: str = ""
    password: str = ""


def send_mail(mailbox: Mailbox, sender: str, to: Sequence[str], subject: str, text: str) -> None:
    """Sends one mail to each address of its own, so that tenants don't see each other. Raises InvalidInput."""
    refused: list[str] = []
    try:
        with _connected(mailbox) as server:
            for address in to:
                try:
                    server.send_message(_mail(sender, address, subject, text))
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
                    refused.append(f"{address} ({error})")
    except (OSError, smtplib.SMTPException) as error:
        raise InvalidInput(
            f"the mail server {mailbox.server}:{mailbox.port} did not take the notice: {_plain(error, mailbox)}",
            option="mail_server",
            remedy="check server, port, security and credentials; nothing else was done",
        ) from None
    if refused:
        raise InvalidInput(
            f"the mail server refused {', '.join(refused)}", option="mail_to", remedy="correct these addresses"
        )


def _connected(mailbox: Mailbox) -> smtplib.SMTP:
    """A session, encrypted and logged in as wished. The server's certificate is checked."""
    context = ssl.create_default_context()
    if mailbox.security == TLS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(mailbox.server, mailbox.port, timeout=PATIENCE, context=context)
    else:
        server = smtplib.SMTP(mailbox.server, mailbox.port, timeout=PATIENCE)
    try:
        if mailbox.security == STARTTLS:
            server.starttls(context=context)
        if mailbox.user:
            server.login(mailbox.user, mailbox.password)
    except BaseException:
        server.close()
        raise
    return server


def _mail(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"], mail["Message-ID"] = formatdate(), make_msgid()
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail


def _plain(error: Exception, mailbox: Mailbox) -> str:
    text = f"{type(error).__name__}: {error}"
    return text.replace(mailbox.password, "***") if mailbox.password else text


def post(url: str, content: Mapping[str, Any], option: str = "url") -> None:
    """Posts JSON to a web hook. Raises InvalidInput, without the address: it may hold a secret."""
    if requests is None:
        raise InvalidInput("the Python library requests is missing", option=option, remedy="install requests")
    try:
        answer = requests.post(url, json=content, timeout=PATIENCE)
        problem = "" if answer.ok else f"it answered {answer.status_code}"
    except requests.RequestException as error:
        problem = type(error).__name__
    if problem:
        raise InvalidInput(
            f"the web hook did not take the notice: {problem}",
            option=option,
            remedy="check its address and its service",
        )
