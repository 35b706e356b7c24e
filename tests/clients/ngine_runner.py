"""Runs modules of ngine_io.cloudstack in the clients' own environment: a request a line in, a result a line out.

Each request is `{"module", "args", "check"}`. Modules end their process, so every one gets a child of its own; what
they all import is there before.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from ansible.module_utils.testing import patch_module_args

PLUGINS = "ansible_collections.ngine_io.cloudstack.plugins"
LONGEST_SLEEP = 0.02


def result_of(request: dict[str, Any]) -> dict[str, Any]:
    """What the module printed; a traceback as `{"failed": true}`."""
    module = importlib.import_module(f"{PLUGINS}.modules.{request['module']}")
    printed, told = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(told):
        try:
            with patch_module_args({**request["args"], "_ansible_check_mode": request["check"]}):
                module.main()
        except SystemExit:
            pass
        except BaseException:  # noqa: BLE001 - whatever a client dies of is the result
            return {"failed": True, "msg": traceback.format_exc()}
    lines = printed.getvalue().strip().splitlines()
    return json.loads(lines[-1]) if lines else {"failed": True, "msg": told.getvalue()}


def in_child(request: dict[str, Any]) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps(result_of(request)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told


def hurry() -> None:
    """Poll jobs more often than every two seconds."""
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(seconds, LONGEST_SLEEP))


def main() -> None:
    hurry()
    importlib.import_module(f"{PLUGINS}.module_utils.cloudstack")
    for line in sys.stdin:
        print(in_child(json.loads(line)), flush=True)


if __name__ == "__main__":
    main()
