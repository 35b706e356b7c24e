"""A server on loopback that plays a script: which calls must come, in which order, and what each is answered."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

KEY, SECRET = "key-4711-of-the-caller", "s3cret/of+the=caller~*"


@dataclass
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, str]
    headers: dict[str, str]
    raw: str
    port: int

    @property
    def params(self):
        return {**self.body, **self.query}

    @property
    def command(self):
        return self.params.get("command")


@dataclass
class Reply:
    """An answer, or what happens instead: cut (nothing), part (half of it), wait (until released),
    close (the connection afterwards, unannounced; the server's event ``closed`` tells when)."""

    body: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    cut: bool = False
    part: bool = False
    close: bool = False
    wait: threading.Event | None = None

    def data(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


def ok(command: str, **content) -> Reply:
    return Reply({f"{command.lower()}response": content})


def refused(command: str, code: int, text: str | None, cs_code: int | None = 4350) -> Reply:
    content = {"uuidList": [], "errorcode": code, "cserrorcode": cs_code, "errortext": text}
    return Reply({f"{command.lower()}response": {k: v for k, v in content.items() if v is not None}}, code)


def job(status: int, result: object = None, **more) -> Reply:
    content = {"jobid": "job-1", "jobstatus": status, **more}
    if result is not None:
        content["jobresult"] = result
    return ok("queryAsyncJobResult", **content)


class Server:
    """``script`` adds expected calls; ``answer`` replaces the script by a function from Request to Reply."""

    def __init__(self, context=None) -> None:
        self.requests: list[Request] = []
        self.steps: list[tuple[str, Reply]] = []
        self.unexpected: list[str] = []
        self.answer: Callable[[Request], Reply] | None = None
        self.closed = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20
            # One packet for headers and body; two would wait for each other.
            wbufsize = -1

            def do_POST(self):
                outer.handle(self)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *args):
                return

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def shutdown_request(self, request):
                super().shutdown_request(request)
                outer.closed.set()

            def handle_error(self, request, client_address):
                return

            def get_request(self):
                # The handshake belongs to the connection's thread, not to the one that accepts.
                found, address = super().get_request()
                found.settimeout(20)
                if context:
                    found = context.wrap_socket(found, server_side=True, do_handshake_on_connect=False)
                return found, address

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.http.server_port
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/client/api"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def script(self, *steps: tuple[str, Reply]) -> None:
        self.steps += steps

    def handle(self, handler) -> None:
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        request = Request(
            handler.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            dict(parse_qsl(body, keep_blank_values=True)),
            dict(handler.headers),
            handler.path + "\n" + body,
            handler.client_address[1],
        )
        with self._lock:
            self.requests.append(request)
            reply = None if self.answer else self._next(request)
        reply = reply or self.answer(request)
        if reply.wait:
            reply.wait.wait(20)
        if reply.cut:
            handler.close_connection = True
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            return
        data = reply.data()
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            for one in value if isinstance(value, list) else [value]:
                handler.send_header(name, one)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2] if reply.part else data)
        handler.wfile.flush()
        if reply.part or reply.close:
            handler.close_connection = True

    def _next(self, request: Request) -> Reply:
        if not self.steps or self.steps[0][0] != request.command:
            self.unexpected.append(request.command)
            return Reply("not in the script", 418)
        return self.steps.pop(0)[1]

    @property
    def commands(self):
        return [request.command for request in self.requests]

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(5)
