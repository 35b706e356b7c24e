# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ctrl-C as a brake: no new step is begun, what is under way is still verified."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Ansible passes Ctrl-C on to its workers, and ends those that are still there after ten seconds."""


@contextmanager
def brake_by_signal(run: Any) -> Iterator[None]:
    """Turns the signals into the brake while steps are taken. Only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def pull(_number: int, _frame: Any) -> None:
        # Nothing else here: the thread that is interrupted may hold any lock.
        run.is_interrupted = True

    before = {number: signal.signal(number, pull) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None: what was there before is unknown to Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
