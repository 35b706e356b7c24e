# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells tenants or a chat what is going to happen and what has happened, through a web hook."""

from __future__ import annotations

from typing import Any

from ..client import InvalidInput
from .post import post


def send_notice(run: Any, moment: str, content: Any) -> None:
    """Posts ``{"procedure", "moment": "before" | "after", "content"}`` to the web hook, if there is one.

    A hook that fails before the first step stops the campaign, because tenants would not know; afterwards it is a
    warning.
    """
    url = run.rules.notice_url
    if not url:
        return
    try:
        post(url, {"procedure": run.procedure.name, "moment": moment, "content": content}, "notice_url")
    except InvalidInput as error:
        if moment == "before":
            error.remedy = "nothing was changed; correct the web hook or leave it out"
            raise
        run.task.warn(f"after the campaign {error.message}")
