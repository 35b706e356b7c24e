"""Saving while the simulator goes on: what was there at one moment, whole or not at all, whoever dies meanwhile."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudstack_simulator import Simulator, server
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.listening import listening
from cloudstack_simulator.server import Server
from cloudstack_simulator.state import StateFile, child
from cloudstack_simulator.state import file as files

DIES = """
import asyncio, os, signal, sys
from pathlib import Path
from cloudstack_simulator import Simulator
from cloudstack_simulator.state import StateFile, file as files

def half(new, content):
    with new.open("xb") as written:
        written.write(content[: len(content) // 2])
        written.flush()
        if "child" in sys.argv:
            os.kill(os.getppid(), signal.SIGKILL)
        else:
            os.kill(os.getpid(), signal.SIGKILL)

sim, state = Simulator(seed=1), StateFile(Path(sys.argv[1]))
state.claim()
sim.call("createDomain", name="first")
state.save(sim)
sim.call("createDomain", name="second")
files.write_whole = half
asyncio.run(state.save_meanwhile(sim)) if "child" in sys.argv else state.save(sim)
"""


def domains(path: Path) -> set[str]:
    """Names of the domains in a state."""
    sim = Simulator(seed=9)
    assert StateFile(path).load(sim)
    return {domain.name for domain in sim.db.domains} - {"ROOT"}


@pytest.fixture
def sim() -> Simulator:
    made = Simulator(seed=1)
    made.call("createDomain", name="first")
    return made


@pytest.fixture
def state(tmp_path: Path, sim: Simulator) -> StateFile:
    """A file that lacks the second domain."""
    file = StateFile(tmp_path / "cloud.state")
    file.save(sim)
    sim.call("createDomain", name="second")
    return file


@pytest.fixture
def gate(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A child waits before it begins, until something is written into this."""
    path = tmp_path_factory.mktemp("gate") / "gate"
    os.mkfifo(path)
    opened = os.open(path, os.O_RDWR)
    document = files.document

    def held(sim: Simulator) -> bytes:
        with path.open("rb", buffering=0) as waiting:
            waiting.read(1)
        return document(sim)

    monkeypatch.setattr(files, "document", held)
    yield opened
    os.close(opened)


def test_calls_are_answered_meanwhile_and_are_not_in_the_file(sim: Simulator, state: StateFile, gate: int) -> None:
    before = state.path.read_bytes()

    async def run() -> None:
        saving = asyncio.create_task(state.save_meanwhile(sim))
        await asyncio.sleep(0)
        assert sim.call("createDomain", name="third")[0] == 200
        assert not saving.done()
        assert state.path.read_bytes() == before
        os.write(gate, b"!")
        assert await saving

    asyncio.run(run())
    assert domains(state.path) == {"first", "second"}
    assert list(state.path.parent.iterdir()) == [state.path]
    os.write(gate, b"!")
    assert state.save(sim)
    assert domains(state.path) == {"first", "second", "third"}


def test_nothing_new_is_not_written(sim: Simulator, state: StateFile) -> None:
    assert asyncio.run(state.save_meanwhile(sim))
    sim.counters.reset()
    assert not asyncio.run(state.save_meanwhile(sim))
    sim.call("updateDomain", id=sim.db.domains.first(name="second").uuid, networkdomain="second.example.com")
    assert asyncio.run(state.save_meanwhile(sim))


def test_who_is_cancelled_leaves_the_old_file_and_no_process(
    sim: Simulator, state: StateFile, gate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    children, fork = [], os.fork

    def known_fork() -> int:
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", known_fork)

    async def run() -> None:
        saving = asyncio.create_task(state.save_meanwhile(sim))
        await asyncio.sleep(0)
        saving.cancel()
        await asyncio.wait([saving])
        assert saving.cancelled()

    asyncio.run(run())
    assert domains(state.path) == {"first"}
    assert list(state.path.parent.iterdir()) == [state.path]
    assert state.is_behind
    with pytest.raises(ChildProcessError):
        os.waitpid(children[0], os.WNOHANG)
    os.write(gate, b"!")
    state.save_at_end(sim)
    assert not state.is_behind
    assert domains(state.path) == {"first", "second"}


def test_a_child_that_dies_is_done_without(sim: Simulator, state: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    document, parent = files.document, os.getpid()

    def dying(sim: Simulator) -> bytes:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return document(sim)

    monkeypatch.setattr(files, "document", dying)
    assert asyncio.run(state.save_meanwhile(sim))
    assert domains(state.path) == {"first", "second"}


def test_a_child_that_hangs_is_done_without(sim: Simulator, state: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    document, parent = files.document, os.getpid()

    def hanging(sim: Simulator) -> bytes:
        while os.getpid() != parent:
            time.sleep(1)
        return document(sim)

    monkeypatch.setattr(files, "document", hanging)
    monkeypatch.setattr(child, "LONGEST", 0.1)
    assert asyncio.run(state.save_meanwhile(sim))
    assert domains(state.path) == {"first", "second"}


def test_a_full_disk_is_told_and_the_old_file_stays(
    sim: Simulator, state: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(new: Path, content: bytes) -> None:
        new.write_bytes(content[:10])
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(files, "write_whole", full)
    with pytest.raises(OSError, match="No space left on device"):
        asyncio.run(state.save_meanwhile(sim))
    assert state.is_behind
    assert domains(state.path) == {"first"}
    assert list(state.path.parent.iterdir()) == [state.path]


def test_what_does_not_come_back_was_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda _path: b"{hal")
    with pytest.raises(OSError, match="does not come back"):
        files.write_whole(tmp_path / "new", b"{half}")


@pytest.mark.parametrize("where", ["child", "itself"])
def test_a_process_that_is_killed_half_way_leaves_the_old_file(tmp_path: Path, where: str) -> None:
    path = tmp_path / "cloud.state"
    done = subprocess.run([sys.executable, "-c", DIES, str(path), where], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert domains(path) == {"first"}
    again, sim = StateFile(path), Simulator(seed=2)
    again.claim()
    assert again.load(sim)
    sim.call("createDomain", name="next")
    again.save_at_end(sim)
    again.release()
    assert domains(path) == {"first", "next"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_server_saves_now_and_then_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SAVE_EVERY", 0.05)
    sim, state = Simulator(seed=1, clock=RunningClock()), StateFile(tmp_path / "cloud.state")
    sim.call("createDomain", name="first")

    async def run() -> None:
        async with listening(Server(sim, state=state), "127.0.0.1", 0), asyncio.timeout(60):
            while not state.path.exists():
                await asyncio.sleep(0.01)
            assert domains(state.path) == {"first"}
            sim.call("createDomain", name="last")

    asyncio.run(run())
    assert domains(state.path) == {"first", "last"}
