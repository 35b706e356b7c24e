# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that a run leaves: plans, exports, and former values, which are never written over."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from ..client import InvalidInput

_OWNER_ONLY = 0o600


def write(path: str, text: str, *, option: str) -> None:
    """Writes a file that the task asks for; its folder is made. Raises InvalidInput where that fails."""
    target = Path(path).expanduser()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(target, option, error) from None


def write_beside(path: str, text: str, *, option: str) -> str:
    """Writes a file that only its owner reads; where there is one already, under the next free name.

    Returns the name: ``restore.yml``, ``restore.1.yml`` ... Raises InvalidInput.
    """
    target = Path(path).expanduser()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for name in _names(target):
            try:
                handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
            except FileExistsError:
                continue
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            return str(name)
    except OSError as error:
        raise _unwritable(target, option, error) from None
    raise AssertionError("names without end came to an end")


def _names(target: Path) -> Iterator[Path]:
    yield target
    for number in itertools.count(1):
        yield target.with_name(f"{target.stem}.{number}{target.suffix}")


def _unwritable(target: Path, option: str, error: OSError) -> InvalidInput:
    return InvalidInput(
        f"{option}: {target} cannot be written: {error.strerror}",
        option=option,
        remedy="nothing was changed; give a path that can be written",
    )


def usual_restore_file(environ: Mapping[str, str], host: str, now: datetime) -> str:
    """Where former values are kept unless a task says where: in Ansible's own folder, by server and time."""
    home = environ.get("ANSIBLE_HOME") or "~/.ansible"
    return f"{home}/cloudstack_ops/restore/{host}-{now:%Y%m%dT%H%M%SZ}.yml"
