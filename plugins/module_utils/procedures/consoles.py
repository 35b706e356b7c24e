# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Consoles of a zone opened from outside, as a browser does it: the page, and the WebSocket behind it.

The link to a console lets everybody in who has it, so no text here holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from ..campaign import Target
from ..client import ApiError, NotAllowed
from ..model import Option
from .outside import AUTO, NEVER, PROBE_ADDRESSES, REQUIRED, Page, Places, get_page, reaches, upgrade

SIGN = "noVNC"
"""What the page of a console holds; that of Hyper-V, which is another, is not looked into."""
PAGES = {"http": 80, "https": 443}
SOCKETS = (8080, 8443)
"""Ports of WebSockets, without TLS and with it: a certificate moves consoles from one to the other."""
FEW = 3
"""Instances that are asked for a console."""

OPEN_CONSOLES = Option(
    "open_consoles", choices=(AUTO, REQUIRED, NEVER), default=AUTO, behaviour=True,
    help=(
        "Whether consoles are opened from where the task runs: the page of one, and its WebSocket.",
        "V(auto): what opened before a console proxy was touched must open again afterwards.",
        "V(required): it must open afterwards in any case, where an instance of the zone runs.",
        "V(never): the server alone is asked for a link.",
    ),
)  # fmt: skip
OPTIONS = (OPEN_CONSOLES, PROBE_ADDRESSES)


@dataclass(frozen=True)
class Link:
    """What the server tells of a console. ``refusal``: why it tells none."""

    instance: str
    url: SplitResult
    socket_host: str = ""
    socket_port: int = 0
    socket_path: str = ""
    token: str = ""
    refusal: str = ""

    @property
    def tls(self) -> bool:
        return self.url.scheme == "https"

    @property
    def host(self) -> str:
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        return self.url.port or PAGES.get(self.url.scheme, 80)


@dataclass(frozen=True)
class Before:
    """How a console was before the step: who was looked at, and what was reached."""

    instance: str
    page: bool = False
    socket: bool = False


def begin(run: Any) -> None:
    """Reads where consoles are reached. Raises InvalidInput for what is no address."""
    run.memory.update(consoles={}, places=Places(run.option("probe_addresses")))


def remember(run: Any, target: Target) -> None:
    """Looks before the step whether consoles of the target's zone open. No session is begun by that."""
    link = next((found for found in _links(run, target) if not found.refusal), None)
    if link is None:
        return
    before = Before(link.instance)
    if run.option("open_consoles") != NEVER:
        page = _page(link, run.memory["places"])
        opens = not _amiss(link, page)
        # A refusal is the proxy's own, for one; whatever else answers may be anybody on the way there.
        socket = (opens or page.refused) and bool(link.socket_port) and _is_reached(link, run.memory["places"])
        before = Before(link.instance, opens, socket)
    run.memory["consoles"][target.id] = before


def still_open(run: Any, target: Target) -> bool | str:
    """True where a console opens as before, or where none is to be seen; else what is awaited."""
    before: Before | None = run.memory["consoles"].get(target.id)
    if run.option("open_consoles") == REQUIRED:
        return must_open(run, target, run.memory["places"], socket=True)
    if before is None or not _is_running(run, before.instance):
        return True
    link = _link(run, before.instance)
    problem = link.refusal or _problem(link, run.memory["places"], page=before.page, socket=before.socket)
    return f"a console to open ({problem})" if problem else True


def must_open(run: Any, target: Target, places: Places, *, socket: bool) -> bool | str:
    """True where the console of some instance of the zone opens, or none runs; else what is awaited."""
    links = _links(run, target)
    problems = [link.refusal or _problem(link, places, page=True, socket=socket) for link in links]
    if not problems:
        run.task.warn(f"zone {target.place[0]} has no running instance, so no console could be opened")
    return f"a console to open ({problems[0]})" if problems and all(problems) else True


def reached_before(run: Any, target: Target) -> bool:
    """Whether the WebSockets of the zone's consoles were reached before the step."""
    before: Before | None = run.memory["consoles"].get(target.id)
    return before is not None and before.socket


def _links(run: Any, target: Target) -> list[Link]:
    """Links to the consoles of the first few running instances of the target's zone."""
    scope = {"zoneid": target.facts["zone"], "state": "Running", "listall": True, "page": 1, "pagesize": FEW}
    rows = run.client.call("listVirtualMachines", scope).get("virtualmachine") or []
    return [_link(run, str(row["id"])) for row in rows]


def _is_running(run: Any, instance: str) -> bool:
    return bool(run.client.list("listVirtualMachines", {"id": instance, "state": "Running", "listall": True}))


def _link(run: Any, instance: str) -> Link:
    """Servers before 4.18 have no such command, so nothing opens there before or after."""
    try:
        answer = run.client.call("createConsoleEndpoint", {"virtualmachineid": instance}, changing=False)
    except (ApiError, NotAllowed) as error:
        return Link(instance, urlsplit(""), refusal=str(error.server_text or error.message))
    told = answer.get("consoleendpoint") or {}
    if not told.get("success"):
        return Link(instance, urlsplit(""), refusal=str(told.get("details") or "no endpoint"))
    socket = told.get("websocket") or {}
    return Link(
        instance, urlsplit(str(told.get("url") or "")), str(socket.get("host") or ""), int(socket.get("port") or 0),
        str(socket.get("path") or ""), str(socket.get("token") or ""),
    )  # fmt: skip


def _problem(link: Link, places: Places, *, page: bool, socket: bool) -> str:
    found = _amiss(link, _page(link, places)) if page else ""
    return found or (_socket_problem(link, places) if socket else "")


def _page(link: Link, places: Places) -> Page:
    return get_page(link.host, link.port, f"{link.url.path}?{link.url.query}", places, tls=link.tls)


def _amiss(link: Link, page: Page) -> str:
    """Why it is not the page of a console; an empty text if it is."""
    if page.status == 200 and (SIGN in page.text or not link.url.path.endswith(".html")):
        return ""
    why = page.problem or (f"it answered {page.status}" if page.status != 200 else "its page is none of a console")
    return f"{link.url.scheme}://{link.host}:{link.port}: {why}"


def _socket_problem(link: Link, places: Places) -> str:
    """Where the server tells of no WebSocket, there is nothing to try."""
    if not link.socket_port:
        return ""
    path = f"/{link.socket_path}?token={quote(link.token, safe='')}"
    why = upgrade(link.socket_host, link.socket_port, path, places, tls=link.tls)
    return f"WebSocket at {link.socket_host}:{link.socket_port}: {why}" if why else ""


def _is_reached(link: Link, places: Places) -> bool:
    return any(reaches(link.socket_host, port, places) for port in dict.fromkeys((link.socket_port, *SOCKETS)))
