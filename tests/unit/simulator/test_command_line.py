"""The command line: mistakes are told with the option and the remedy, and nothing starts or is overwritten by them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.cli import main, start
from cloudstack_simulator.options import parser
from cloudstack_simulator.state import StateError, StateFile

SECRET = "hush-hush-secret"


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("--host", "", "leave it out for the loopback"),
        ("--port", "99999", "no whole number from 0 to 65535"),
        ("--port", "http", "write 8080, or 0 for a free one"),
        ("--latency", "soon", "write 20ms, 1.5s or 1.5"),
        ("--latency", "-5ms", "no time from 0 to 3600 seconds"),
        ("--latency", "nan", "no time from 0 to 3600 seconds"),
        ("--latency", "infs", "no time from 0 to 3600 seconds"),
        ("--clock", "nan", "no speed above 0"),
        ("--clock", "inf", "no speed above 0"),
        ("--clock", "0x", "write 60x"),
        ("--page-size", "0", "no whole number from 1 to"),
        ("--management-servers", "10", "no whole number from 1 to 9"),
        ("--webhook-address", "chat=127.0.0.1:99999", "is not HOST=ADDRESS:PORT"),
        ("--populate", "hosts=²", "write hosts=N,vms=N"),
        ("--state", "", "name a file"),
    ],
)
def test_a_wrong_value_is_named_with_its_option(
    capsys: pytest.CaptureFixture[str], option: str, value: str, text: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([f"{option}={value}"])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert f"argument {option}: " in told
    assert text in told


def test_what_fits_is_taken() -> None:
    given = parser().parse_args(["--latency=20ms", "--clock=0.5x", "--port=0", "--page-size=7"])
    assert (given.latency, given.clock, given.port, given.page_size) == (0.02, 0.5, 0, 7)


@pytest.mark.parametrize("option", ["--log", "--state"])
def test_a_file_that_cannot_be_written_is_told_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert main(["--port=0", f"{option}={tmp_path / 'no' / 'file'}"]) == 2
    assert capsys.readouterr().err.startswith(f"cloudstack-simulator: {option}")
    assert main(["--port=0", f"{option}={tmp_path}"]) == 2


def test_a_place_that_is_taken_is_told_before_anything_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main([f"--port={port}", "--populate=vms=50000", f"--state={tmp_path / 's'}"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "Address already in use; choose others (--port 0 takes a free one)" in told.err
    assert main(["--port=0", f"--host={'a' * 300}"]) == 2
    assert "no machine can have such a name" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_file_gets_no_company(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    assert main(["--port=0", f"--state={precious}"]) == 2
    assert list(tmp_path.iterdir()) == [precious]


def test_a_protected_state_is_left_alone(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "s")
    file.save(Simulator(seed=1))
    file.path.chmod(0o400)
    with pytest.raises(StateError, match="is read-only; copy it"):
        StateFile(file.path).claim()


def test_two_simulators_do_not_share_a_state(tmp_path: Path) -> None:
    first, second = StateFile(tmp_path / "s"), StateFile(tmp_path / "s")
    first.claim()
    with pytest.raises(StateError, match="another simulator goes on with"):
        second.claim()
    first.release()
    second.claim()
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_what_was_half_written_does_not_pile_up(tmp_path: Path) -> None:
    (tmp_path / ".s.new").write_bytes(b"{half")
    file = StateFile(tmp_path / "s")
    file.save(Simulator(seed=1))
    assert list(tmp_path.iterdir()) == [file.path]
    assert StateFile(file.path).load(Simulator(seed=2))


def test_a_page_size_counts_beside_a_state(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "s")
    file.save(Simulator(seed=1))
    sim, restored = start(parser().parse_args(["--page-size=3", "--state", str(file.path)]), StateFile(file.path))
    assert (restored, sim.max_page_size, sim.settings.value("default.page.size")) == (True, 3, 3)


def test_too_many_connections_are_told_once(tmp_path: Path) -> None:
    words = tmp_path / "words"
    command = f"ulimit -n 60; exec {sys.executable} -m cloudstack_simulator --port 0 > {words} 2>&1"
    process = subprocess.Popen(["bash", "-c", command])

    def wait_for(text: str) -> None:
        while not words.exists() or text not in words.read_text():
            assert process.poll() is None
            time.sleep(0.05)

    wait_for("Running on")
    port = int(words.read_text().partition("127.0.0.1:")[2].split()[0])
    held = [socket.create_connection(("127.0.0.1", port), timeout=30) for _number in range(90)]
    wait_for("no room for more connections")
    for connection in held:
        connection.close()
    with urlopen(f"http://127.0.0.1:{port}/simulator/counters", timeout=30) as answer:
        assert answer.status == 200
    process.terminate()
    assert process.wait(20) == 0
    assert words.read_text().count("no room for more connections") == 1
    assert "Traceback" not in words.read_text()


def test_a_process_keeps_its_secrets_and_saves_when_told_to_end(tmp_path: Path) -> None:
    state, log = tmp_path / "cloud.state", tmp_path / "calls.jsonl"
    command = [sys.executable, "-m", "cloudstack_simulator", "--port=0", "--state", str(state), "--log", str(log)]
    names = ("KEY", "SECRET", "PASSWORD")
    process = subprocess.Popen(
        command,
        env=os.environ | {f"CLOUDSTACK_SIMULATOR_{name}": SECRET for name in names},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    told = process.stdout.readline()
    assert "Running on http://127.0.0.1:" in told
    process.send_signal(signal.SIGTERM)
    told += process.communicate(timeout=20)[0]
    assert process.returncode == 0
    assert SECRET not in told + log.read_text()
    assert json.loads(state.read_bytes())["format"] == "cloudstack-simulator state"
    assert {entry.name for entry in tmp_path.iterdir()} == {state.name, log.name}


def test_who_reads_nothing_is_told_so() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "cloudstack_simulator", "--port=0"]
    done = subprocess.run(command, stdout=writes, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writes)
    assert done.returncode != 0
    assert "cloudstack-simulator: nobody reads its output" in done.stderr
