"""Cloud documents that several suites build."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "inventories/example/group_vars/clouds/cloud.yml"


@cache
def _read(password: str) -> dict[str, Any]:
    return yaml.safe_load(EXAMPLE.read_text().replace("{{ vault_host_password }}", password))["cloud_document"]


def example(password: str = "of-the-hosts") -> dict[str, Any]:
    """The document of the example inventory; ``password`` is that of its hosts."""
    return deepcopy(_read(password))
