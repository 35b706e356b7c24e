"""Where a console proxy serves consoles, as browsers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.appliances import SystemVm
from ..certificates import keystore

if TYPE_CHECKING:
    from ...simulator import Simulator

PAGE, WEBSOCKET = "/resource/noVNC/vnc.html", "websockify"
HTTP, HTTPS = 80, 443
WS, WSS = 8080, 8443
"""Ports of a console proxy: pages and WebSockets, without TLS and with it."""


def root_of(sim: Simulator, proxy: SystemVm) -> str:
    """Scheme and name of a proxy: its address in the domain of the setting, or the domain of a load balancer."""
    zone = sim.db.zones.get(proxy.zone_id)
    domain = str(sim.settings.value("consoleproxy.url.domain", zone) or "")
    dashed = str(proxy.public_ip).replace(".", "-")
    name = f"{dashed}{domain[1:]}" if domain.startswith("*") else domain or str(proxy.public_ip)
    return f"{'https' if keystore.is_wanted(sim, proxy) else 'http'}://{name}"


def websocket_port(sim: Simulator, proxy: SystemVm) -> int:
    """With TLS only once there is a certificate, too."""
    has_certificate = sim.db.keystore.first(name=keystore.SERVER) is not None
    return WSS if keystore.is_wanted(sim, proxy) and has_certificate else WS


def open_ports(proxy: SystemVm) -> tuple[int, int]:
    """What the proxy itself listens on, as it was made: (pages, WebSockets)."""
    return (HTTPS, WSS) if proxy.certificate_set is not None else (HTTP, WS)
