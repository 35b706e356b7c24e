# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The brake, Ctrl-C or a stop file: no new step is begun, what is under way is still verified."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..client import InvalidInput

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Ansible passes Ctrl-C on to its workers, and ends those that are still there after ten seconds."""


def stop_file(path: str, *, only_planned: bool) -> Path | None:
    """The file whose appearance is the brake; None without one. Raises InvalidInput where it could not be pulled.

    One that is there already would stop everything after tenants were told of it. A plan may be made all the same.
    """
    if not path:
        return None
    file = Path(path).expanduser()
    if not file.parent.is_dir():
        raise InvalidInput(
            f"stop_file: the folder {file.parent} does not exist",
            option="stop_file",
            remedy="create it, or give another path",
        )
    if file.exists() and not only_planned:
        raise InvalidInput(
            f"the stop file {file} is there already, and nothing would be begun",
            option="stop_file",
            remedy="remove it once nothing is to be stopped by it any more",
        )
    return file


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
