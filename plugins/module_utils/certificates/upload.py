# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that bring a certificate to the server. Each of them resets the console proxies, so the fewest count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .bundle import Bundle, pem, subject_of

COMMAND = "uploadCustomCertificate"


@dataclass(frozen=True)
class Upload:
    """One call. ``label`` says what it carries; the parameters have the key and are never shown."""

    label: str
    params: dict[str, Any] = field(repr=False)


def uploads(bundle: Bundle, *, with_chain: bool = True) -> list[Upload]:
    """The topmost issuer first (id 1), then downwards, the certificate with its key last [procedures E2].

    The names are those that the server's own page gives, so that a renewal replaces what was there.
    """
    calls = []
    if with_chain:
        for number, certificate in enumerate(reversed(bundle.chain), 1):
            name = "root" if number == 1 else f"intermediate{number - 1}"
            params = {"id": number, "name": name, "certificate": pem(certificate), "domainsuffix": bundle.domain}
            calls.append(Upload(f"{name}: {subject_of(certificate)}", params))
    server = {"certificate": pem(bundle.leaf), "privatekey": bundle.key, "domainsuffix": bundle.domain}
    calls.append(Upload(f"server certificate: {subject_of(bundle.leaf)}", server))
    return calls
