"""Where the library cryptography is missing, only what needs it says so; all other modules work."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
sys.modules["cryptography"] = None
from types import SimpleNamespace
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import OPERATIONS
from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError
try:
    OPERATIONS["certificate_request"].run(SimpleNamespace())
except CloudStackError as error:
    print(error)
"""


def test_only_certificates_need_it():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert "Install cryptography where the task runs" in done.stdout, done.stderr
