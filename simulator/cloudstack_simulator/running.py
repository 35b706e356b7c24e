"""A server in a thread of this process: for tests and for tools that need one for a while."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType

from .listening import listening, url_of
from .server import Server
from .simulator import Simulator


class RunningSimulator:
    """`with RunningSimulator(sim) as running:` serves `sim` on a free port of the loopback.

    `system_vm_tls`: also listeners for each system VM; where they are says `GET /simulator/system-vms`.
    `public_ports`: also one for each port that rules open; where they are says `GET /simulator/public-ports`.
    """

    def __init__(
        self,
        sim: Simulator,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        system_vm_tls: bool = False,
        public_ports: bool = False,
    ) -> None:
        self.sim = sim
        self._server = Server(sim, system_vm_tls=system_vm_tls, public_ports=public_ports, host=host)
        self.host = host
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name="cloudstack-simulator", daemon=True)
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        return url_of(self.host, self.port)

    @property
    def endpoint(self) -> str:
        """The API's address."""
        return f"{self.url}/client/api"

    @property
    def key(self) -> str:
        return self.sim.key

    @property
    def secret(self) -> str:
        return self.sim.secret

    @property
    def counters(self) -> dict[str, object]:
        """Calls per command, changing ones, errors and totals."""
        return self.sim.counters.view()

    def reset_counters(self) -> None:
        self.sim.counters.reset()

    def start(self) -> RunningSimulator:
        self._thread.start()
        self._ready.wait(30)
        if self._failure is not None:
            raise self._failure
        return self

    def advance(self, seconds: float) -> None:
        """Let simulated time pass, for a clock that does not run by itself. For any thread but the server's own."""
        asyncio.run_coroutine_threadsafe(self._server.advance(seconds), self._loop).result()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._listen())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits in start()
            self._failure = error
        finally:
            self._ready.set()
            self._loop.run_until_complete(_drop_what_is_left())
            self._loop.close()

    async def _listen(self) -> None:
        async with listening(self._server, self.host, self.port) as made:
            self.port = made.port
            self._ready.set()
            await self._stopping.wait()

    def __enter__(self) -> RunningSimulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


async def _drop_what_is_left() -> None:
    """Connections whose other side neither goes on nor goes away."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
