# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells tenants or a chat what is going to happen and what has happened, through a web hook."""

from __future__ import annotations

from typing import Any

from ..client import InvalidInput

try:
    import requests
except ImportError:
    requests = None  # type: ignore[assignment]


def send_notice(run: Any, moment: str, content: Any) -> None:
    """Posts ``{"procedure", "moment": "before" | "after", "content"}`` to the web hook, if there is one.

    A hook that fails before the first step stops the campaign, because tenants would not know; afterwards it is a
    warning.
    """
    url = run.rules.notice_url
    if not url:
        return
    if requests is None:
        raise InvalidInput("the Python library requests is missing", option="notice_url", remedy="install requests")
    try:
        body = {"procedure": run.procedure.name, "moment": moment, "content": content}
        answer = requests.post(url, json=body, timeout=30)
        problem = "" if answer.ok else f"it answered {answer.status_code}"
    except requests.RequestException as error:
        problem = type(error).__name__
    if not problem:
        return
    if moment == "before":
        raise InvalidInput(
            f"the notice before the campaign could not be delivered: {problem}",
            option="notice_url",
            remedy="nothing was changed; correct the web hook or leave it out",
        )
    run.task.warn(f"the notice after the campaign could not be delivered: {problem}")
