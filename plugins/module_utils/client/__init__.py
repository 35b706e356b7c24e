# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Talking to a CloudStack server. Knows no Ansible and no resource."""

from __future__ import annotations

from .client import Client
from .clock import Clock, FakeClock, SystemClock
from .commands import is_changing
from .connection import Connection
from .counters import Counters
from .errors import (
    Ambiguous,
    ApiError,
    CloudStackError,
    ConnectFailed,
    Drift,
    InvalidInput,
    JobFailed,
    JobTimeout,
    LostAnswer,
    NotAllowed,
    NotFound,
    TimedOut,
    TlsFailed,
    Unauthorized,
    WrongEndpoint,
)
from .jobs import Job
from .maps import encode, flat_map, indexed_list, key_value_map
from .owners import of_all_owners
from .redact import HIDDEN, Redactor, hide, is_secret_name, scrub, secrets_in_addresses
from .settings import PROFILE, PROFILE_FILE, SETTINGS, Setting, load_connection
from .tls import shared_context
from .transport import Answer, HttpTransport, Transport

__all__ = (
    "HIDDEN",
    "PROFILE",
    "PROFILE_FILE",
    "SETTINGS",
    "Ambiguous",
    "Answer",
    "ApiError",
    "Client",
    "Clock",
    "CloudStackError",
    "ConnectFailed",
    "Connection",
    "Counters",
    "Drift",
    "FakeClock",
    "HttpTransport",
    "InvalidInput",
    "Job",
    "JobFailed",
    "JobTimeout",
    "LostAnswer",
    "NotAllowed",
    "NotFound",
    "Redactor",
    "Setting",
    "SystemClock",
    "TimedOut",
    "TlsFailed",
    "Transport",
    "Unauthorized",
    "WrongEndpoint",
    "encode",
    "flat_map",
    "hide",
    "indexed_list",
    "is_changing",
    "is_secret_name",
    "key_value_map",
    "load_connection",
    "of_all_owners",
    "scrub",
    "secrets_in_addresses",
    "shared_context",
)
