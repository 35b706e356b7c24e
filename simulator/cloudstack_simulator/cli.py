"""The command line: `cloudstack-simulator`, `python -m cloudstack_simulator`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from . import faults, registry, usage
from .clock import RunningClock
from .populating import Wanted, populate
from .server import Server
from .simulator import Simulator
from .state import StateError, StateFile

VARIABLE = "CLOUDSTACK_SIMULATOR"
SECRETS = f"(default: the environment's {VARIABLE}_KEY and {VARIABLE}_SECRET, else made up and printed)"


def seconds(text: str) -> float:
    """`20ms`, `1.5s` or a plain number of seconds."""
    for suffix, factor in (("ms", 0.001), ("s", 1.0)):
        if text.endswith(suffix):
            return float(text.removesuffix(suffix)) * factor
    return float(text)


def rate(text: str) -> float:
    """`60x` or `60`: how many times as fast as the wall."""
    value = float(text.removesuffix("x"))
    if value <= 0:
        raise argparse.ArgumentTypeError("the clock's rate has to be greater than 0")
    return value


def checked(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A reader of an option whose complaints reach the user."""

    def convert(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def webhook_address(text: str) -> tuple[str, str]:
    """`chat.example.com=127.0.0.1:9000`: where the host of a payload URL is."""
    host, _equals, address = text.partition("=")
    name, _colon, port = address.rpartition(":")
    if not host or not name or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST=ADDRESS:PORT")
    return host, address


def fault_rules(text: str) -> Any:
    """The document in a file of fault rules, found to be right."""
    document = faults.read(Path(text))
    faults.parse(document)
    return document


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="cloudstack-simulator", description="An Apache CloudStack 4.22 management server in miniature."
    )
    made.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    made.add_argument("--port", type=int, default=8080, help="port, 0 for a free one (default: %(default)s)")
    made.add_argument("--key", default=os.environ.get(f"{VARIABLE}_KEY"), help=f"the admin's API key {SECRETS}")
    made.add_argument("--secret", default=os.environ.get(f"{VARIABLE}_SECRET"), help=f"its secret key {SECRETS}")
    made.add_argument("--password", default="password", help="the admin's password (default: %(default)s)")
    made.add_argument("--zone", help="start with a zone that is there already: sandbox")
    made.add_argument(
        "--populate", type=checked(Wanted.parse), metavar="WHAT",
        help="also a large zone: hosts=2000,vms=50000,routers=5000 (what is left out follows from the rest)",
    )  # fmt: skip
    made.add_argument(
        "--state", type=Path, metavar="FILE",
        help="go on with the state in FILE (if there is one); save it every minute and at the end",
    )  # fmt: skip
    made.add_argument("--faults", type=checked(fault_rules), metavar="FILE", help="rules for misbehaviour, YAML")
    made.add_argument("--clock", type=rate, default=1.0, metavar="RATE", help="speed of time, such as 60x")
    made.add_argument("--latency", type=seconds, default=0.0, metavar="TIME", help="wait before answers, such as 20ms")
    made.add_argument(
        "--management-servers", type=int, default=1, choices=range(1, 10), metavar="N",
        help="so many, behind a load balancer (default: %(default)s)",
    )  # fmt: skip
    made.add_argument("--usage-server", action="store_true", help="a usage server runs: it counts what is used")
    made.add_argument(
        "--webhook-address", type=webhook_address, action="append", default=[], metavar="HOST=ADDRESS:PORT",
        help="where the host of webhooks' payload URLs is; nothing is sent to other hosts (may be repeated)",
    )  # fmt: skip
    made.add_argument("--page-size", type=int, metavar="N", help="value of default.page.size")
    made.add_argument("--system-vm-tls", action="store_true", help="listeners on the loopback for each system VM")
    made.add_argument("--public-ports", action="store_true", help="one on the loopback for each port that rules open")
    made.add_argument("--seed", type=int, help="make ids repeatable")
    made.add_argument("--log", type=Path, metavar="FILE", help="write every call as a line of JSON (secrets hidden)")
    return made


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    registry.load_everything()
    if options.zone is not None and options.zone not in registry.ZONES:
        return refuse(f"--zone {options.zone}: there is only {', '.join(sorted(registry.ZONES))}")
    state = StateFile(options.state) if options.state else None
    try:
        sim, restored = start(options, state)
    except StateError as error:
        return refuse(f"--state: {error}")
    sim.latency = options.latency
    if not (options.key and options.secret):
        print(f"key: {sim.key}\nsecret: {sim.secret}", flush=True)
    if restored:
        print(f"restored from {options.state} (--zone and --populate do not count then)", flush=True)
    app = Server(
        sim, system_vm_tls=options.system_vm_tls, public_ports=options.public_ports, state=state, stop=stop
    ).application()
    try:
        web.run_app(
            app, host=options.host, port=options.port, access_log=None, print=lambda text: print(text, flush=True)
        )
    except OSError as error:
        return refuse(f"cannot listen on {options.host}:{options.port}: {error.strerror}")
    return 0


def start(options: argparse.Namespace, state: StateFile | None) -> tuple[Simulator, bool]:
    """The simulator that the options ask for, and whether it came from its state."""
    there = state is not None and options.state.exists()
    sim = Simulator(
        zone=None if there else options.zone,
        key=options.key,
        secret=options.secret,
        password=options.password,
        seed=options.seed,
        clock=RunningClock(options.clock),
        page_size=options.page_size,
        management_servers=options.management_servers,
        webhook_addresses=dict(options.webhook_address),
    )
    restored = state is not None and state.load(sim)
    if restored:
        sim.admin.user.api_key = options.key or sim.key
        sim.admin.user.secret_key = options.secret or sim.secret
    elif options.populate:
        populate(sim, options.populate)
    if options.usage_server:
        usage.begin(sim)
    sim.begin(options.log.open("a", encoding="utf-8") if options.log else None)
    if options.faults is not None:
        sim.faults.use(options.faults)
    return sim, restored


def stop() -> None:
    """End the server as an interrupt does: with a last save."""
    signal.raise_signal(signal.SIGTERM)


def refuse(text: str) -> int:
    print(f"cloudstack-simulator: {text}", file=sys.stderr)
    return 2
