"""What goes back over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import envelope
from .errors import ApiError

PROXY = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"


@dataclass(slots=True)
class Reply:
    """An answer: `body` is an object for JSON, or text that is sent as it is."""

    status: int
    body: Any
    content_type: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds to wait before the answer goes out."""
    drop: bool = False
    """Close the connection instead of answering."""


def error_reply(name: str, error: ApiError) -> Reply:
    """The answer for an error, under the envelope `name`."""
    text = (error.text or "").encode("ascii", "replace").decode()
    headers = {"X-Description": text.replace("\n", " ").replace("\r", " ")} if text else {}
    return Reply(error.code, envelope.error_body(name, error), headers=headers)


def no_server() -> Reply:
    """What the load balancer says when no server answers behind it."""
    return Reply(503, PROXY, "text/html; charset=utf-8", {"Retry-After": "1"})
