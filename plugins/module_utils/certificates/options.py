# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module about the certificate of system VMs asks, and the settings that decide whether it is used."""

from __future__ import annotations

from ..model import Option

SETTINGS = {
    "consoleproxy.sslEnabled": "true",
    "consoleproxy.url.domain": "{domain}",
    "secstorage.encrypt.copy": "true",
    "secstorage.ssl.cert.domain": "{domain}",
}
"""Without these the certificate is stored but not used [procedures E2]."""

WISH = (
    Option(
        "certificate",
        help="The certificate as PEM. The chain may follow in the same text.",
        required=True,
        behaviour=True,
    ),
    Option("private_key", help="Its RSA key as PEM.", required=True, secret=True, behaviour=True),
    Option("private_key_passphrase", help="Passphrase of the key, if it has one.", secret=True, behaviour=True),
    Option(
        "chain",
        "list",
        help="Certificates of the issuers as PEM, in any order. With a root only if it is your own.",
        behaviour=True,
    ),
    Option(
        "domain",
        help="Domain of the consoles, with or without V(*.). The certificate must cover V(*.) and the domain.",
        required=True,
        behaviour=True,
    ),
    Option(
        "load_balanced",
        "bool",
        help="Consoles are reached under the domain itself, through a load balancer; it must be covered then.",
        default=False,
        behaviour=True,
    ),
    Option(
        "valid_days",
        "int",
        help="Refuse a certificate that expires sooner.",
        unit="days",
        default=1,
        behaviour=True,
    ),
)
"""The certificate, its key and its domain."""

PLACES = (
    Option(
        "probe_addresses",
        "map",
        help="Where to look instead: V(host:port) by name or address of the system VM.",
        behaviour=True,
    ),
    Option("probe_port", "int", help="Port to look at.", default=443, behaviour=True),
)
"""Where to look at it."""
