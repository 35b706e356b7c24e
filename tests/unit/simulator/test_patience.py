"""Connections that get nowhere are closed, and none that is waiting for its answer. Time passes only when told to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from cloudstack_simulator import Simulator, patience
from cloudstack_simulator.listening import Listening, listening
from cloudstack_simulator.server import Server

ANSWERED = b"GET /simulator/counters HTTP/1.1\r\nHost: x\r\n\r\n"
CALL = b"GET /client/api?command=listDomains&response=json HTTP/1.1\r\nHost: x\r\n\r\n"
FEED = b"GET /simulator/live HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Place:
    """A server that is listening, and its connections."""

    sim: Simulator
    made: Listening

    async def connect(self, words: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        known = len(self.made.aiohttp_server.connections)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.made.port)
        writer.write(words)
        await until(lambda: len(self.made.aiohttp_server.connections) > known)
        return reader, writer

    def look(self, seconds: float) -> None:
        """As it would be so many seconds from the first look."""
        self.made.patience.look(self.made.aiohttp_server.connections, seconds)


@pytest.fixture(autouse=True)
def _no_looks_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOK_EVERY", 1e6)


async def until(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not there():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    sim = Simulator(seed=1)
    async with listening(Server(sim), "127.0.0.1", 0) as made:
        yield Place(sim, made)


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Whether the server hung up, without a word."""
    async with asyncio.timeout(60):
        try:
            return await reader.read(1) == b""
        except ConnectionResetError:
            return True


@pytest.mark.parametrize("words", [b"", b"GET /client/api?comm", b"GET / HTTP/1.1\r\nHost: x\r\nCookie: a="])
def test_who_does_not_end_his_head_is_hung_up_on(words: bytes) -> None:
    async def run() -> None:
        async with place() as there:
            reader, writer = await there.connect(words)
            there.look(0)
            there.look(patience.FOR_A_HEAD - 1)
            assert not reader.at_eof()
            writer.write(b"m")  # a drop now and then is no head either
            there.look(patience.FOR_A_HEAD)
            assert await is_closed(reader)
            writer.close()

    asyncio.run(run())


def test_who_waits_for_an_answer_or_watches_may_stay() -> None:
    async def run() -> None:
        async with place() as there:
            idle, hold = await there.connect(ANSWERED)
            await idle.readuntil(b"\r\n\r\n")
            watching, hold_too = await there.connect(FEED)
            await watching.readuntil(b"still here")
            there.sim.latency = 0.3
            waiting, hold_three = await there.connect(CALL)
            await until(lambda: there.sim.counters.calls.total() == 1)
            there.look(0)
            there.look(1e6)
            there.look(2e6)
            assert (await waiting.readline()).startswith(b"HTTP/1.1 401")
            assert len(there.made.aiohttp_server.connections) == 3
            hold.write(ANSWERED)
            await idle.readuntil(b"HTTP/1.1 200 OK")
            for writer in (hold, hold_too, hold_three):
                writer.close()

    asyncio.run(run())


def test_who_does_not_read_is_hung_up_on() -> None:
    async def run() -> None:
        async with place() as there:
            with socket.socket() as lazy:
                lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                lazy.connect(("127.0.0.1", there.made.port))
                lazy.sendall(b"GET /simulator/commands HTTP/1.1\r\nHost: x\r\n\r\n" * 500)
                await until(lambda: len(there.made.aiohttp_server.connections) == 1)
                (connection,) = there.made.aiohttp_server.connections
                await until(lambda: connection.transport.get_write_buffer_size() > 0)
                there.look(0)
                there.look(patience.FOR_A_READER - 1)
                assert connection.connected
                there.look(patience.FOR_A_READER)
                await until(lambda: not connection.connected)

    asyncio.run(run())
