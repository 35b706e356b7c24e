"""The command line: `cloudstack-simulator`, `python -m cloudstack_simulator`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable
from typing import IO

from . import registry, usage
from .clock import RunningClock
from .listening import listening, refuse_taken, url_of
from .options import parser
from .populating import populate
from .server import Server
from .simulator import Simulator
from .state import StateError, StateFile
from .strain import take_many_connections

OF_THE_START = ("zone", "populate", "seed", "management_servers", "password")
"""Options that a state has its own answers to."""
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    registry.load_everything()
    if options.zone is not None and options.zone not in registry.ZONES:
        return refuse(f"--zone {options.zone}: there is only {', '.join(sorted(registry.ZONES))}")
    state = StateFile(options.state) if options.state else None
    try:
        refuse_taken(options.host, options.port)
        return run(options, state)
    except StateError as error:
        return refuse(f"--state: {error}")
    except BrokenPipeError:
        return refuse("nobody reads its output, where it tells its address and its keys")
    except OSError as error:
        return refuse(
            f"cannot listen on --host {options.host} --port {options.port}: {error.strerror}; "
            "choose others (--port 0 takes a free one)"
        )
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        if state is not None:
            state.release()


def run(options: argparse.Namespace, state: StateFile | None) -> int:
    """Serve what the options ask for until a signal ends it. Raises OSError when it cannot listen there."""
    try:
        log = open_log(options)
    except OSError as error:
        return refuse(f"--log {options.log}: cannot write it: {error.strerror}; name a file in a folder of yours")
    if state is not None:
        state.claim()
    sim, restored = start(options, state, log)
    sim.latency = options.latency
    take_many_connections()
    server = Server(
        sim,
        system_vm_tls=options.system_vm_tls,
        public_ports=options.public_ports,
        state=state,
        stop=stop,
        host=options.host,
    )
    asyncio.run(serve(server, options, restored=restored))
    return 1 if state is not None and state.is_behind else 0


def open_log(options: argparse.Namespace) -> IO[str] | None:
    if options.log is None:
        return None
    # What no encoding takes is written the way JSON escapes it.
    return options.log.open("a", encoding="utf-8", errors="backslashreplace")


def start(options: argparse.Namespace, state: StateFile | None, log: IO[str] | None = None) -> tuple[Simulator, bool]:
    """The simulator that the options ask for, and whether it came from its state."""
    there = state is not None and state.path.exists()
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
        gc.freeze()  # of a large cloud nothing is garbage, and to look for some in it holds up answers
        sim.admin.user.api_key = options.key or sim.key
        sim.admin.user.secret_key = options.secret or sim.secret
        if options.page_size is not None:
            sim.settings.set("default.page.size", options.page_size)
            sim.max_page_size = options.page_size
    elif options.populate:
        populate(sim, options.populate)
    if options.usage_server:
        usage.begin(sim)
    sim.begin(log)
    if options.faults is not None:
        sim.faults.use(options.faults)
    return sim, restored


def announce(options: argparse.Namespace, sim: Simulator, *, restored: bool) -> None:
    """What its user has to know before the first call."""
    if not (options.key and options.secret):
        print(f"key: {sim.key}\nsecret: {sim.secret}", flush=True)
    if not restored:
        return
    idle = [name for name in OF_THE_START if getattr(options, name) != parser().get_default(name)]
    without = f"; {', '.join('--' + name.replace('_', '-') for name in idle)} counted at its start only" if idle else ""
    print(f"restored from {options.state}{without}", flush=True)


async def serve(server: Server, options: argparse.Namespace, *, restored: bool) -> None:
    told_to_stop = asyncio.Event()
    heed_signals(told_to_stop.set)
    async with listening(server, options.host, options.port) as made:
        announce(options, server.sim, restored=restored)
        print(f"======== Running on {url_of(options.host, made.port)} ========\n(Press CTRL+C to quit)", flush=True)
        await told_to_stop.wait()


def heed_signals(act: Callable[[], None]) -> None:
    ending = [signal.SIGINT, signal.SIGTERM]
    # A terminal that goes away ends it with a last save, unless it was told to outlive that (nohup).
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        ending.append(signal.SIGHUP)
    with contextlib.suppress(NotImplementedError):
        for number in ending:
            asyncio.get_running_loop().add_signal_handler(number, act)


def stop() -> None:
    """End the server as an interrupt does: with a last save."""
    signal.raise_signal(signal.SIGTERM)


def refuse(text: str) -> int:
    print(f"cloudstack-simulator: {text}", file=sys.stderr)
    return 2
