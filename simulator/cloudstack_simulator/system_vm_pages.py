"""What system VMs answer over HTTP: a console proxy the page of a console and its WebSocket, others nothing."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from email.message import Message
from email.parser import BytesHeaderParser
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from .commands.appliances.consoles import PAGE, WEBSOCKET
from .model.appliances import CONSOLE_PROXY, SystemVm

PATIENCE = 5.0
"""Wall-clock seconds for which a client may stay silent."""
CONSOLE = b"<!DOCTYPE html>\n<html><head><title>noVNC</title></head><body><div id=screen></div></body></html>\n"
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Of the WebSocket protocol [RFC 6455, 1.3]."""
GREETING = b"\x82\x0cRFB 003.008\n"
"""The first frame: the screen's protocol and its version."""


async def answer(vm: SystemVm, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one request, and closes the connection."""
    with contextlib.suppress(TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        line, _end, rest = request.partition(b"\r\n")
        writer.write(_answered(vm, line.decode("latin-1"), BytesHeaderParser().parsebytes(rest)))
        await writer.drain()
    writer.close()


def _answered(vm: SystemVm, line: str, headers: Message) -> bytes:
    try:
        url = urlsplit(line.split(" ")[1] if line.count(" ") == 2 else "")
    except ValueError:
        return _plain(HTTPStatus.BAD_REQUEST)
    if vm.vm_type != CONSOLE_PROXY:
        return _plain(HTTPStatus.NOT_FOUND)
    if url.path == PAGE:
        return _plain(HTTPStatus.OK, CONSOLE) if vm.answers_pages else _plain(HTTPStatus.INTERNAL_SERVER_ERROR)
    if url.path == f"/{WEBSOCKET}" and headers.get("Upgrade", "").lower() == "websocket":
        known = vm.takes_websockets and parse_qs(url.query).get("token")
        return _upgraded(headers.get("Sec-WebSocket-Key", "")) if known else _plain(HTTPStatus.SERVICE_UNAVAILABLE)
    return _plain(HTTPStatus.NOT_FOUND)


def _plain(status: HTTPStatus, body: bytes = b"") -> bytes:
    kind = "Content-Type: text/html\r\n" if body else ""
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n{kind}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body


def _upgraded(key: str) -> bytes:
    accepted = base64.b64encode(hashlib.sha1(key.encode() + MAGIC, usedforsecurity=False).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accepted}\r\nSec-WebSocket-Protocol: binary\r\n\r\n"
    ).encode() + GREETING
