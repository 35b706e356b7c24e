"""Work on the memory as it is now, in a child process, while this one goes on and changes it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

PATIENT = 5
"""How much a child stands back where there are too few processors: answers go first."""
LONGEST = 600.0
"""Wall-clock seconds after which a child is given up: a lock that a thread of its parent had is never free for it."""
DONE = b"done"


class ChildLostError(Exception):
    """There is no child, or it ended before its time; the text says why."""


async def in_child(work: Callable[[], None]) -> None:
    """Have a child do the work; it sees everything as it was at the call.

    Raises what OSError it met, and ChildLostError when it could not end its work. A caller that is cancelled ends it.
    """
    pid, report = _fork(work)
    try:
        told = await _all_of(report)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        _pid, status = os.waitpid(pid, 0)
    if told == DONE:
        return
    if told.isdigit():
        raise OSError(int(told), os.strerror(int(told)))
    raise ChildLostError(told.decode() or f"it ended with status {os.waitstatus_to_exitcode(status)}")


async def _all_of(pipe: int) -> bytes:
    reader = asyncio.StreamReader()
    with os.fdopen(pipe, "rb", buffering=0) as file:
        transport, _protocol = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), file
        )
        try:
            async with asyncio.timeout(LONGEST):
                return await reader.read()
        except TimeoutError:
            raise ChildLostError(f"it was not done after {LONGEST:.0f} s") from None
        finally:
            transport.close()


def _fork(work: Callable[[], None]) -> tuple[int, int]:
    """The child's process id, and a pipe that tells how it went and ends with the child."""
    if not hasattr(os, "fork"):
        raise ChildLostError("this system has no children of this kind")
    report, told = os.pipe()
    # No signal may come between: its handlers in the child would still act upon the parent.
    with _no_signals(), warnings.catch_warnings():
        # Other threads are not in the child, and it takes none of their locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            pid = os.fork()
        except OSError as error:
            os.close(report)
            os.close(told)
            raise ChildLostError(f"no child: {error.strerror}") from None
        if pid == 0:
            _be_child(work, told)
    os.close(told)
    return pid, report


@contextmanager
def _no_signals() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _be_child(work: Callable[[], None], told: int) -> NoReturn:
    """Do the work, tell how it went, and end at once: whatever else ends with a process is the parent's."""
    word = b""
    try:
        # Unused memory that is looked through is memory that has to be copied.
        gc.disable()
        _leave_the_parents_things(told)
        with contextlib.suppress(OSError):
            os.nice(PATIENT)
        work()
        word = DONE
    except OSError as error:
        word = str(error.errno).encode()
    except BaseException as error:  # noqa: BLE001 - nothing of the parent may go on in here
        word = f"{type(error).__name__}: {error}".encode()
    finally:
        with contextlib.suppress(OSError):
            os.write(told, word)
        os._exit(0)


def _leave_the_parents_things(told: int) -> None:
    """Its signals, and its files: a connection ends when nobody has it open any more."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, told)
    os.closerange(told + 1, os.sysconf("SC_OPEN_MAX"))
