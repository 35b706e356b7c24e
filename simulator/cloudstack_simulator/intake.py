"""From an HTTP request to the parameters of a call, whatever was sent; and who may knock beside the API."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Awaitable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage, PayloadEncodingError
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestPayloadError

T = TypeVar("T")
API = "/client/api"
PATIENCE = 60.0
"""Wall-clock seconds that the body of a request may take."""
SAFE = frozenset({"GET", "HEAD"})


async def parameters(request: web.Request) -> dict[str, str]:
    """Those of the body, and above them those of the address. A body that is no form has none."""
    params: dict[str, str] = {}
    if request.method == "POST":
        form: Mapping[str, object] = {}
        with contextlib.suppress(ValueError, LookupError, AssertionError):
            form = await read(request.post())
        params.update({_text(name): _text(value) for name, value in form.items() if isinstance(value, str)})
    params.update({_text(name): _text(value) for name, value in request.query.items()})
    return params


async def read(body: Awaitable[T]) -> T:
    """What is made of a request's body, unless it does not come."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await body
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="The body of the request did not come") from None
    except RequestPayloadError:
        # It broke off or does not unpack: what is left of it may mean something else.
        raise web.HTTPBadRequest(text="The body of the request cannot be read") from None


def _text(sent: str) -> str:
    """Without the halves of characters that some charsets can spell: neither JSON nor a file takes them."""
    return sent if sent.isascii() else sent.encode("utf-8", "replace").decode()


class Doorkeeper:
    """Lets no page of another site near what stands beside the API, not even one whose name leads to the loopback.

    `host`: the name or address that the server was told to listen on.
    """

    def __init__(self, host: str) -> None:
        self._host = host.lower()

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(API):
            origin = request.headers.get("Origin")
            if origin is not None and request.method not in SAFE and not _is_from(origin, request.host):
                raise _refusal(f"a page of {origin} may change nothing here")
            name = _name_of(request.host)
            if _came_by_loopback(request) and not self.is_own(name):
                raise _refusal(f"{name!r} is not a name of this server; use 127.0.0.1 or localhost, or --host {name}")
        return await handler(request)

    def is_own(self, name: str) -> bool:
        """Addresses, and names that nobody on the internet can own."""
        return "." not in name or name == self._host or name.endswith(".localhost") or is_address(name)


def _name_of(host: str) -> str:
    """The name in a Host header, or all of it where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return f"{host}."


def _is_from(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _came_by_loopback(request: web.Request) -> bool:
    near = request.transport.get_extra_info("sockname") if request.transport is not None else None
    return near is not None and is_address(str(near[0])) and ipaddress.ip_address(near[0]).is_loopback


def _refusal(text: str) -> web.HTTPForbidden:
    quoted = text.encode("ascii", "replace").decode().replace("\\", "/").replace('"', "'")
    return web.HTTPForbidden(text=f'{{"error": "{quoted}"}}', content_type="application/json")


def without_strangers_mistakes(record: logging.LogRecord) -> bool:
    """A filter: that somebody sent no HTTP is their mistake, and no reason for a traceback of ours."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (BadHttpMessage, PayloadEncodingError, RequestPayloadError))
