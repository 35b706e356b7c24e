"""The simulator's speed: calls a second, the time and memory of a large cloud, a page of 500 in it."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

import pytest

from ansible_collections.cloudstack.ops.tests.bench.aims import against
from cloudstack_simulator.auth import signature

CLIENTS = 8
SECONDS = 4.0
LARGE = "hosts=2000,vms=50000,routers=5000"
KEYS = {"key": "bench-key", "secret": "bench-secret"}


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server in a process of its own; (process, port)."""
    command = [sys.executable, "-m", "cloudstack_simulator", "--port", "0", "--key", KEYS["key"]]
    command += ["--secret", KEYS["secret"], *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
                if found:
                    yield process, int(found[1])
                    break
        finally:
            process.terminate()
            process.wait(30)


def request(command: str, **params: str) -> bytes:
    """A signed GET request on a connection that stays open."""
    sent = {"command": command, "response": "json", "apiKey": KEYS["key"], **params}
    query = urlencode({**sent, "signature": signature(sent, KEYS["secret"])}, quote_via=quote)
    return f"GET /client/api?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes) -> bytes:
    writer.write(content)
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head[:16], head
    length = int(re.search(rb"content-length: (\d+)", head.lower())[1])
    return await reader.readexactly(length)


async def load(port: int, contents: list[bytes]) -> int:
    """Calls that all clients together got answered."""
    end, done = time.monotonic() + SECONDS, 0

    async def client() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        while time.monotonic() < end:
            for content in contents:
                await ask(reader, writer, content)
                done += 1
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _number in range(CLIENTS)))
    return done


async def quickest(port: int, content: bytes) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    times = []
    for _turn in range(15):
        begun = time.perf_counter()
        await ask(reader, writer, content)
        times.append(time.perf_counter() - begun)
    writer.close()
    await writer.wait_closed()
    return min(times)


def test_signed_list_calls_a_second() -> None:
    calls = [request(name) for name in ("listZones", "listHosts", "listClusters", "listStoragePools", "listDomains")]
    with serving("--zone", "sandbox") as (_process, port):
        done = asyncio.run(load(port, calls))
    a_second = done / SECONDS
    verdict = against(a_second, 1500, at_least=True)
    print(f"\nsimulator: {a_second:.0f} signed list calls a second with {CLIENTS} clients ({verdict})")


@pytest.fixture(scope="module")
def large() -> Iterator[tuple[int, int, float]]:
    """(process id, port, seconds until it served) of a server with a large cloud."""
    begun = time.monotonic()
    with serving("--populate", LARGE, "--page-size", "500") as (process, port):
        yield process.pid, port, time.monotonic() - begun


def test_time_and_memory_of_a_large_cloud(large: tuple[int, int, float]) -> None:
    pid, _port, seconds = large
    with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123 - a file of the kernel
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024
    print(f"\nsimulator: {LARGE} in {seconds:.1f} s ({against(seconds, 20)}) and {peak:.0f} MB ({against(peak, 1536)})")


@pytest.mark.parametrize("command", ["listVirtualMachines", "listVolumes", "listRouters", "listHosts", "listNetworks"])
def test_a_page_of_500_in_a_large_cloud(large: tuple[int, int, float], command: str) -> None:
    took = asyncio.run(quickest(large[1], request(command, listall="true", page="3", pagesize="500")))
    print(f"\nsimulator: page of 500 of {command} in {took * 1000:.1f} ms ({against(took * 1000, 20)})")
