"""More connections than the system has room for: take as many as allowed, and say it once, not with each of them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import time
from typing import Any

try:
    import resource
except ImportError:  # where the system knows no such limits
    resource = None  # type: ignore[assignment]

log = logging.getLogger("cloudstack_simulator")
ENOUGH = 65536
"""Open files, of which each connection is one."""
EVERY = 60.0
"""Wall-clock seconds between two complaints."""
NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def take_many_connections() -> None:
    """Raise the process's own limit of open files as far as it may by itself."""
    if resource is None:
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if most == resource.RLIM_INFINITY else min(ENOUGH, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Calm:
    """An exception handler of an event loop: asyncio tells of every connection that it could not take, hundreds a
    second, and that it cannot go on with a listener that was closed meanwhile.
    """

    def __init__(self) -> None:
        self._told = -EVERY

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            if time.monotonic() - self._told >= EVERY:
                self._told = time.monotonic()
                log.warning("no room for more connections, new ones wait: %s", error.strerror)
        elif not _was_closed(context, error):
            loop.default_exception_handler(context)


def _was_closed(context: dict[str, Any], error: BaseException | None) -> bool:
    return isinstance(error, ValueError) and "_start_serving" in str(context.get("message"))
