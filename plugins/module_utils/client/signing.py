# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures of API calls. Pure functions.

Source: ApiServer.verifyRequest and the recordings ``protocol_basics``: names sorted as they are, values encoded as
Java's URLEncoder does with ``%20`` for a blank, all lower-cased, HMAC-SHA1 with the secret key, base64.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote


def encode_value(value: str) -> str:
    """As Java's URLEncoder with ``%20`` for blanks: ``*`` stays, ``~`` does not."""
    return quote(value, safe="*").replace("~", "%7E")


def text_to_sign(params: Mapping[str, str]) -> str:
    """The canonical text; ``signature`` itself is no part of it. Order is Java's: by UTF-16 code units."""
    names = sorted((name for name in params if name.lower() != "signature"), key=lambda name: name.encode("utf-16-be"))
    return "&".join(f"{name}={encode_value(params[name])}" for name in names).lower()


def signature(params: Mapping[str, str], secret: str) -> str:
    """Base64 of HMAC-SHA1."""
    digest = hmac.new(secret.encode(), text_to_sign(params).encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def sign(
    params: Mapping[str, str],
    key: str,
    secret: str,
    *,
    version: int = 3,
    now: datetime | None = None,
    expires: float = 600,
) -> dict[str, str]:
    """The parameters with ``apikey``, ``signature`` and, for version 3, the end of their validity.

    expires: seconds from ``now`` (wall time with zone) on that a version 3 signature is good for.
    """
    signed = {**params, "apikey": key}
    if version == 3:
        if now is None:
            raise ValueError("a signature of version 3 needs the time")
        end = now.astimezone(UTC) + timedelta(seconds=expires)
        signed["signatureversion"] = "3"
        signed["expires"] = end.strftime("%Y-%m-%dT%H:%M:%S+0000")
    signed["signature"] = signature(signed, secret)
    return signed
