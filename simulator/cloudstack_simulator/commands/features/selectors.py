"""Secondary storage selectors. The contract has no command that makes one, so there is none."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...registry import command


@command("removeSecondaryStorageSelector")
def remove(_call: Call) -> dict[str, Any]:
    raise InvalidParameter("Unable to find an active heuristic with the specified UUID.")
