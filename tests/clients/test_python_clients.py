"""cs, Apache Libcloud and py-acs-sdk get on with the simulator."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("python_clients.py")
ODD = "Ünï 漢 *'()!+ &=%/"


@pytest.mark.timeout(120)
def test_python_clients_see_what_is_there(client_python: Path, running: Any) -> None:
    done = subprocess.run(
        [str(client_python), str(SCRIPT), running.endpoint, running.key, running.secret],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for method in ("get", "post"):
        assert told[f"cs {method} tag"] == ODD
        assert told[f"cs {method} pages"] == len(running.sim.db.guest_os)
        assert told[f"cs {method} refusal"] == (
            "431 Unable to execute API command createzone due to missing parameter dns1"
        )
        assert told[f"cs {method} failed job"].startswith("431 Unable to execute API command startvirtualmachine due")
    assert told["cs vm"] == "Running"
    assert told["cs without a session"] == "401 unable to verify user credentials and/or request signature"
    assert told["cs at once"] == 20
    assert told["libcloud node"] == "running"
    assert told["libcloud tags"] == {"region": ODD}
    assert told["libcloud rules"] == ["80"]
    assert told["libcloud limits"] == -1
    assert all(told[f"libcloud {word}"] for word in ("attached", "detached", "snapshot", "tag", "destroyed"))
    assert (told["libcloud stopped"], told["libcloud started"]) == ("Stopped", "Running")
    assert told["acs_sdk zones"] == ["Sandbox-simulator"]
