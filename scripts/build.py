"""Build the artifact that is released: build.py [OUTPUT DIRECTORY]. Prints its path, and nothing else on stdout."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build(output: Path) -> Path:
    """Return the path of the archive made. Raises CalledProcessError with core's own words on stderr."""
    output.mkdir(parents=True, exist_ok=True)
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    command = [str(galaxy), "collection", "build", str(ROOT), "--force", "--output-path", str(output)]
    done = subprocess.run(command, check=False, text=True, capture_output=True)
    made = re.search(r" at (\S.*\.tar\.gz)$", done.stdout, re.MULTILINE)
    if done.returncode or not made:
        sys.stderr.write(done.stdout + done.stderr)
        raise subprocess.CalledProcessError(done.returncode or 1, command)
    return Path(made[1])


if __name__ == "__main__":
    print(build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve()))
