"""What the command line takes: every value is checked before anything starts, and complaints say what would do."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import faults
from .populating import Wanted

VARIABLE = "CLOUDSTACK_SIMULATOR"
SECRETS = f"(default: the environment's {VARIABLE}_KEY and {VARIABLE}_SECRET, else made up and printed)"
LONGEST_LATENCY = 3600.0
FASTEST = 1e6
"""More than eleven simulated days in a second: beyond that there is nothing to watch any more."""
LARGEST_PAGE = 1_000_000


def _amount(text: str, most: float, complaint: str) -> float:
    """A number from 0 to `most`; neither infinite nor something that is no number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= most:
        raise argparse.ArgumentTypeError(complaint)
    return value


def seconds(text: str) -> float:
    """`20ms`, `1.5s` or a plain number of seconds."""
    complaint = f"{text!r} is no time from 0 to {LONGEST_LATENCY:g} seconds; write 20ms, 1.5s or 1.5"
    for suffix, factor in (("ms", 0.001), ("s", 1.0)):
        if text.endswith(suffix):
            return _amount(text.removesuffix(suffix), LONGEST_LATENCY / factor, complaint) * factor
    return _amount(text, LONGEST_LATENCY, complaint)


def rate(text: str) -> float:
    """`60x` or `60`: how many times as fast as the wall."""
    complaint = f"{text!r} is no speed above 0, at most {FASTEST:.0f}; write 60x, or 0.5x for half the speed"
    value = _amount(text.removesuffix("x"), FASTEST, complaint)
    if not value:
        raise argparse.ArgumentTypeError(complaint)
    return value


def whole(least: int, most: int, example: str) -> Callable[[str], int]:
    """A reader of whole numbers in a range."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}; write {example}")
        return value

    return convert


port = whole(0, 65535, "8080, or 0 for a free one")


def address(text: str) -> str:
    """Where to listen. Nothing at all would be every address of the machine."""
    if not text.strip():
        raise argparse.ArgumentTypeError(
            "is empty; leave it out for the loopback, or write an address such as 127.0.0.1"
        )
    return text


def file(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("is empty; name a file, or leave the option out")
    return Path(text)


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
    host, _equals, place = text.partition("=")
    name, _colon, number = place.rpartition(":")
    if not host or not name or not (number.isascii() and number.isdigit() and 0 < int(number) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST=ADDRESS:PORT; write chat.example.com=127.0.0.1:9000")
    return host, place


def fault_rules(text: str) -> Any:
    """The document in a file of fault rules, found to be right."""
    document = faults.read(Path(text))
    faults.parse(document)
    return document


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="cloudstack-simulator", description="An Apache CloudStack 4.22 management server in miniature."
    )
    made.add_argument("--host", type=address, default="127.0.0.1", help="address to listen on (default: %(default)s)")
    made.add_argument("--port", type=port, default=8080, help="port, 0 for a free one (default: %(default)s)")
    made.add_argument("--key", default=os.environ.get(f"{VARIABLE}_KEY"), help=f"the admin's API key {SECRETS}")
    made.add_argument("--secret", default=os.environ.get(f"{VARIABLE}_SECRET"), help=f"its secret key {SECRETS}")
    made.add_argument(
        "--password", default=os.environ.get(f"{VARIABLE}_PASSWORD", "password"),
        help=f"the admin's password (default: the environment's {VARIABLE}_PASSWORD, else: password)",
    )  # fmt: skip
    made.add_argument("--zone", help="start with a zone that is there already: sandbox")
    made.add_argument(
        "--populate", type=checked(Wanted.parse), metavar="WHAT",
        help="also a large zone: hosts=2000,vms=50000,routers=5000 (what is left out follows from the rest)",
    )  # fmt: skip
    made.add_argument(
        "--state", type=file, metavar="FILE",
        help="go on with the state in FILE (if there is one); save it every minute and at the end",
    )  # fmt: skip
    made.add_argument("--faults", type=checked(fault_rules), metavar="FILE", help="rules for misbehaviour, YAML")
    made.add_argument("--clock", type=rate, default=1.0, metavar="RATE", help="speed of time, such as 60x")
    made.add_argument("--latency", type=seconds, default=0.0, metavar="TIME", help="wait before answers, such as 20ms")
    made.add_argument(
        "--management-servers", type=whole(1, 9, "3"), default=1, metavar="N",
        help="so many, behind a load balancer (default: %(default)s)",
    )  # fmt: skip
    made.add_argument("--usage-server", action="store_true", help="a usage server runs: it counts what is used")
    made.add_argument(
        "--webhook-address", type=webhook_address, action="append", default=[], metavar="HOST=ADDRESS:PORT",
        help="where the host of webhooks' payload URLs is; nothing is sent to other hosts (may be repeated)",
    )  # fmt: skip
    made.add_argument("--page-size", type=whole(1, LARGEST_PAGE, "500"), metavar="N", help="value of default.page.size")
    made.add_argument("--system-vm-tls", action="store_true", help="listeners on the loopback for each system VM")
    made.add_argument("--public-ports", action="store_true", help="one on the loopback for each port that rules open")
    made.add_argument("--seed", type=int, help="make ids repeatable")
    made.add_argument("--log", type=file, metavar="FILE", help="write every call as a line of JSON (secrets hidden)")
    return made
