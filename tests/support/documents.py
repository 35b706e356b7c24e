"""Cloud documents that several suites build."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "of-the-hosts"
EXAMPLE = ROOT / "inventories/example/group_vars/clouds/cloud.yml"


@cache
def _read() -> dict[str, Any]:
    return yaml.safe_load(EXAMPLE.read_text().replace("{{ vault_host_password }}", PASSWORD))["cloud_document"]


def example(password: str = PASSWORD) -> dict[str, Any]:
    """The document of the example inventory; ``password`` is that of its hosts."""
    document = deepcopy(_read())
    for zone in document["zones"]:
        for pod in zone["pods"]:
            for cluster in pod["clusters"]:
                for host in cluster["hosts"]:
                    host["password"] = password
    return document
