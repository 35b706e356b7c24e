# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API keys of a user in a file of their own: in no result, and readable by their owner alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..client import InvalidInput
from ..client.cmk import read_profile
from ..model import Row
from ..reconcile.values import MISSING


def check_file(ctx: Any) -> None:
    """Refuses a file that cannot be written, before anything is sent: keys that are made must not get lost."""
    path = _path(ctx)
    if path is None:
        return
    if not path.parent.is_dir():
        raise InvalidInput(
            f"there is no folder {path.parent}", option="keys_file", obj=ctx.name, remedy="make it first"
        )
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InvalidInput(
            f"{path} cannot be written", option="keys_file", obj=ctx.name, remedy="give a path that can be written"
        )


def held_in_file(ctx: Any, row: Row) -> Any:
    """The path where the file has the keys that the user has, and MISSING where it has others or none."""
    path, wanted = _path(ctx), ctx.given.get("keys_file")
    if path is None or (ctx.given.get("renew_keys") and not ctx.given.get("_keys_written")):
        return MISSING
    keys = _of_server(ctx, row)
    return wanted if keys["apikey"] and keys.items() <= _of_file(path, row).items() else MISSING


def write_keys(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    """Makes keys where the user has none or shall have new ones, and writes those that he has."""
    keys = _of_server(ctx, row)
    if ctx.given.get("renew_keys") or not keys["apikey"]:
        keys = _told(ctx, ctx.change("registerUserKeys", {"id": row["id"]}))
    section = {"url": ctx.client.connection.endpoint, **keys}
    lines = [f"[{row['username']}]", *(f"{name} = {value}" for name, value in section.items())]
    path = Path(ctx.given["keys_file"]).expanduser()
    # Nobody else can read it at any moment, not even before a former file is replaced.
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as target:
        target.write("\n".join(lines) + "\n")
    fresh.replace(path)
    ctx.given["_keys_written"] = True


def _path(ctx: Any) -> Path | None:
    return Path(ctx.given["keys_file"]).expanduser() if ctx.given.get("keys_file") else None


def _of_server(ctx: Any, row: Row) -> dict[str, str]:
    return _told(ctx, ctx.client.run("getUserKeys", {"id": row["id"]}, obj=ctx.name))


def _told(ctx: Any, answer: dict[str, Any]) -> dict[str, str]:
    found = answer.get("userkeys") or {}
    keys = {name: str(found.get(name) or "") for name in ("apikey", "secretkey")}
    ctx.client.redactor.add(*keys.values())
    return keys


def _of_file(path: Path, row: Row) -> dict[str, str]:
    try:
        return read_profile(str(row["username"]), path)
    except InvalidInput:
        return {}
