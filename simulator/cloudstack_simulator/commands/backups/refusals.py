"""How the commands of backups say no: what goes wrong behind their parameters is an internal error of the server."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ...call import Call
from ...errors import ApiError, ServerApiError

Handler = Callable[[Call], dict[str, Any]]


def internal(handler: Handler) -> Handler:
    """Answer every refusal of the handler with 530 and 9999; its text stays, whoever calls."""

    @functools.wraps(handler)
    def refusing(call: Call) -> dict[str, Any]:
        try:
            return handler(call)
        except ApiError as error:
            raise ServerApiError(530, error.text) from error

    return refusing
