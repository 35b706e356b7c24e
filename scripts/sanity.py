"""Run ansible-test sanity on the built artifact: sanity.py [CORE/PYTHON ...].

Without arguments: the lowest and the highest ansible-core, each with the first of its Pythons that is here.

The artifact is unpacked outside any git tree, since ansible-test says "All targets skipped" (and passes) inside an
ignored directory and refuses a symlink. No ignore file is accepted. Before a run is believed, a control run has to fail
on a planted defect, and the list of files that ansible-test sees has to be the list that the artifact holds.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "sanity"
PYTHONS = {"2.19": ("3.11", "3.12", "3.13"), "2.21": ("3.13", "3.14", "3.12")}

# ansible-test says "No tests applicable." for these because the artifact holds nothing of their kind.
MAY_BE_EMPTY = {"changelog", "empty-init", "pslint", "shellcheck"}

# ansible-test fetches this script by itself otherwise; the Python at hand carries a pip already.
GET_PIP = "import ensurepip\n\nensurepip.bootstrap()\n"


@dataclass(frozen=True)
class Environment:
    """One pair of ansible-core and Python, installed under .cache."""

    core: str
    python: str

    @property
    def bin(self) -> Path:
        return CACHE / f"core-{self.core}-python-{self.python}" / "bin"

    def install(self, interpreter: str) -> None:
        """Make the environment unless it is there."""
        if (self.bin / "ansible-test").exists():
            return
        subprocess.run([interpreter, "-m", "venv", "--clear", str(self.bin.parent)], check=True)
        requirement = f"ansible-core~={self.core}.0"
        pip = [str(self.bin / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", requirement]
        subprocess.run(pip, check=True)

    def home(self) -> Path:
        """Return a home directory where ansible-test keeps its own environments, with the user's pip settings."""
        home = CACHE / "home"
        bootstrap = home / ".ansible" / "test" / "cache"
        bootstrap.mkdir(parents=True, exist_ok=True)
        for name in (".cache", ".config", ".pip"):
            users, ours = Path.home() / name, home / name
            if users.exists() and not ours.is_symlink():
                ours.symlink_to(users, target_is_directory=True)
        source = next(self.bin.parent.glob("lib/python*/site-packages/ansible_test/_internal/python_requirements.py"))
        version = re.search(r"\bpip='([\d.]+)'", source.read_text())
        if not version:
            sys.exit(f"ansible-test {self.core} names its pip elsewhere now: scripts/sanity.py must follow")
        (bootstrap / f"get_pip_{version[1].replace('.', '_')}.py").write_text(GET_PIP)
        return home

    def ansible_test(self, tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ansible-test in the unpacked collection and return what it said, both streams in one."""
        return subprocess.run(
            [str(self.bin / "ansible-test"), *arguments, "--color", "no"],
            cwd=tree,
            env={**os.environ, "HOME": str(self.home())},
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


def interpreter(python: str) -> str | None:
    """Return the path of a Python of exactly this version, None where there is none."""
    find = [str(ROOT / "scripts" / "find_python"), python, "exact"]
    found = subprocess.run(find, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return found.stdout.strip() or None


def make_environment(core: str, pythons: tuple[str, ...]) -> Environment | None:
    """Install ansible-core for the first Python that is here; say which are missing. None where none is here."""
    for python in pythons:
        path = interpreter(python)
        if path:
            environment = Environment(core, python)
            environment.install(path)
            return environment
        print(f"MISSING: Python {python}, which sanity with ansible-core {core} was to run on", flush=True)
    print(f"sanity failed: ansible-core {core} needs one of Python {', '.join(pythons)}, and none is here", flush=True)
    return None


def unpack(artifact: Path, scratch: Path) -> tuple[Path, set[str]]:
    """Unpack the artifact as ansible_collections/cloudstack/ops; return that directory and the files it holds."""
    tree = scratch / "ansible_collections" / "cloudstack" / "ops"
    with tarfile.open(artifact) as archive:
        files = {member.name for member in archive.getmembers() if member.isfile()}
        archive.extractall(tree, filter="data")
    if any((parent / ".git").exists() for parent in tree.parents):
        sys.exit(f"{scratch} lies in a git tree, where ansible-test would skip everything: set TMPDIR elsewhere")
    ignored = sorted(name for name in files if re.fullmatch(r"tests/sanity/ignore.*\.txt", name))
    if ignored:
        sys.exit(f"sanity is passed without ignore files: remove {', '.join(ignored)}")
    return tree, files


def see_every_file(environment: Environment, tree: Path, files: set[str]) -> None:
    """Exit unless ansible-test's own list of files to test holds each file of the artifact."""
    listed = environment.ansible_test(tree, "env", "--list-files").stdout.splitlines()
    unseen = sorted(files - set(listed))
    if unseen:
        sys.exit(f"ansible-test would not test {len(unseen)} of {len(files)} files: {', '.join(unseen[:10])}")


def fail_on_a_defect(environment: Environment, tree: Path) -> None:
    """Exit unless ansible-test finds a defect that is planted for this one run."""
    planted = tree / "plugins" / "modules" / "planted_defect.py"
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text("from __future__ import annotations\nimport os ;\n")
    try:
        test = ("sanity", "--python", environment.python, "--test", "pep8", "plugins/modules/planted_defect.py")
        done = environment.ansible_test(tree, *test)
        if done.returncode == 0 or "planted_defect.py:2" not in done.stdout:
            sys.exit(f"ansible-test did not find a planted defect, so its word is worth nothing:\n{done.stdout}")
    finally:
        planted.unlink()


def check(environment: Environment, tree: Path, files: set[str]) -> bool:
    """Run all sanity tests, print what failed, and return whether all passed on all files."""
    done = environment.ansible_test(tree, "sanity", "--python", environment.python, "-v")
    ran = re.findall(r'^Running sanity test "([\w-]+)"', done.stdout, re.MULTILINE)
    empty = re.findall(r'^Running sanity test "([\w-]+)".*\nNo tests applicable', done.stdout, re.MULTILINE)
    skipped = [line for line in done.stdout.splitlines() if re.match(r"(WARNING: )?(Skipping|All targets)", line)]
    wrong = sorted(set(empty) - MAY_BE_EMPTY)
    where = f"ansible-core {environment.core}, Python {environment.python}"
    if done.returncode or wrong or skipped or not ran:
        print("\n".join(line for line in done.stdout.splitlines() if re.match(r"ERROR|FATAL|WARNING|\s+File ", line)))
        print(f"sanity failed: {where}. Nothing tested by: {wrong}. Skipped: {skipped}")
        (CACHE / "last-failure.txt").write_text(done.stdout)
        return False
    print(f"sanity passed: {where}: {len(ran) - len(empty)} tests on {len(files)} files")
    return True


def main(pairs: list[str]) -> int:
    wanted = dict(pair.split("/") for pair in pairs)
    wanted = {core: (python,) for core, python in wanted.items()} or PYTHONS
    made = [make_environment(core, pythons) for core, pythons in wanted.items()]
    environments = [environment for environment in made if environment]
    if not environments:
        return 1
    passed = [len(environments) == len(made)]
    with tempfile.TemporaryDirectory(prefix="sanity-") as scratch:
        build = [str(environments[0].bin / "python"), str(ROOT / "scripts" / "build.py"), scratch]
        artifact = subprocess.run(build, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
        tree, files = unpack(Path(artifact), Path(scratch))
        for environment in environments:
            see_every_file(environment, tree, files)
            fail_on_a_defect(environment, tree)
            passed.append(check(environment, tree, files))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
