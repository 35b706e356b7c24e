"""Clients that are written in Go: built once below .cache, from what the Go module proxy has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.cloudstack.ops.tests.clients.environment import PLACE, NoClientsError

GO = PLACE / "go"
PROVIDER = "github.com/apache/cloudstack-terraform-provider"
PROVIDER_VERSION = "v0.5.0"
PROVIDER_SUM = "h1:2kyIJlKcyl0Jqc09pQi7Ljg40BvlW3echKBfro5aCuk="
"""The module names itself otherwise than its repository, so the public checksum database has none for it."""
OURS = Path(__file__).with_name("go_client")
BUILD_SECONDS = 300


class WrongSumError(Exception):
    """What came is not what was expected: never built, never skipped."""


def terraform_provider() -> Path:
    """The folder that holds the Terraform provider; builds it when it is not there (about a minute)."""
    if shutil.which("terraform") is None:
        raise NoClientsError("there is no terraform on the PATH")
    folder = GO / "provider"
    binary, stamp = folder / "terraform-provider-cloudstack", folder / ".made-from"
    made_from = f"{PROVIDER_VERSION} {PROVIDER_SUM} {_go_version()}"
    if binary.exists() and stamp.exists() and stamp.read_text() == made_from:
        return folder
    module = _download()
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source"
    shutil.copytree(module, source)
    for path in (source, *source.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    _go("build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", str(binary), ".", folder=source)
    shutil.rmtree(source)
    stamp.write_text(made_from)
    return folder


def go_client() -> Path:
    """The program of `go_client`, built anew whenever something of it has changed.

    What cannot be fetched is a NoClientsError, what does not compile an AssertionError.
    """
    binary = GO / "go_client"
    GO.mkdir(parents=True, exist_ok=True)
    _go("mod", "download", folder=OURS)
    try:
        _go("build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", str(binary), ".", folder=OURS)
    except NoClientsError as error:
        raise AssertionError(str(error)) from error
    return binary


def _download() -> Path:
    """The module's folder in Go's cache, its content checked."""
    GO.mkdir(parents=True, exist_ok=True)
    told: dict[str, Any] = json.loads(
        _go("mod", "download", "-json", f"{PROVIDER}@{PROVIDER_VERSION}", folder=GO, GONOSUMDB=PROVIDER, GOFLAGS="")
    )
    if told["Sum"] != PROVIDER_SUM:
        raise WrongSumError(f"{PROVIDER}@{PROVIDER_VERSION} is {told['Sum']}, not {PROVIDER_SUM}")
    return Path(told["Dir"])


def _go_version() -> str:
    return _go("env", "GOVERSION", folder=PLACE.parent).strip()


def _go(*arguments: str, folder: Path, **environment: str) -> str:
    go = shutil.which("go")
    if go is None:
        raise NoClientsError("there is no go on the PATH")
    try:
        return subprocess.run(
            [go, *arguments], cwd=folder, env=os.environ | environment, check=True, capture_output=True, text=True,
            timeout=BUILD_SECONDS,
        ).stdout  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise NoClientsError(f"go {arguments[0]} says: {error.stderr.strip()[-600:]}") from error
    except subprocess.TimeoutExpired as error:
        raise NoClientsError(f"go {arguments[0]} does not end") from error
