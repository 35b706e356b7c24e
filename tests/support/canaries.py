"""Secrets made up for one test each, and the search for them in everything that is left behind."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus


def canary(what: str) -> str:
    """A secret that nothing else looks like, with characters that are written differently in URLs and JSON."""
    return f'canary {what}/{secrets.token_hex(8)}+ä&"='


def forms(secret: str) -> set[str]:
    """A secret plain, as in URLs, in JSON and in base64 (whole, and as part of a longer text)."""
    raw = secret.encode()
    coded = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    shifted = {
        base64.b64encode(b"x" * shift + raw).decode().rstrip("=")[(4 if shift else 0) : -2] for shift in range(3)
    }
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    # The random part alone gives away enough.
    return {secret, *coded, *shifted, *escaped, secret.split("/")[1].split("+")[0]}


def found(canaries: Mapping[str, str], places: Iterable[tuple[str, str]]) -> list[str]:
    """A sentence for each secret that stands in a place; places are (name, text)."""
    return [
        f"{what} stands in {place}: ...{text[max(0, text.find(form) - 150) : text.find(form)]}"
        for place, text in places
        for what, secret in canaries.items()
        for form in forms(secret)
        if form in text
    ]


def files(folder: Path, without: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Every file below a folder, but those that the test itself put secrets into."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in without:
            yield str(path), path.read_bytes().decode(errors="replace")


@contextmanager
def watched_processes() -> Iterator[set[str]]:
    """The arguments of all processes that are seen meanwhile."""
    seen: set[str] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue  # it has ended

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()
