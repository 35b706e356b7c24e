#!/usr/bin/env python
"""Replay areas and print how their answers differ: python tests/conformance/show.py AREA… [--first N] [--call N]."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from replaying.recordings import areas
from replaying.replay import Outcome, Replay


def show(outcome: Outcome, whole: bool) -> None:
    exchange = outcome.exchange
    note = f" ({exchange.note})" if exchange.note else ""
    print(f"#{exchange.number} {exchange.command} {json.dumps(exchange.params)[:300]}{note}")
    for difference in outcome.differences[: None if whole else 12]:
        print(f"    {difference}")
    if whole:
        print("  sent    ", json.dumps(outcome.sent))
        print("  recorded", json.dumps(exchange.body))
        print("  here    ", outcome.status, json.dumps(outcome.body))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", nargs="*", default=areas())
    parser.add_argument("--first", type=int, default=1000, help="show only so many differing calls")
    parser.add_argument("--call", type=int, help="show this call in full, differing or not")
    parser.add_argument("--renamed", action="store_true", help="with other names, sizes and addresses")
    options = parser.parse_args()
    for area in options.areas:
        outcomes = Replay(area, renamed=options.renamed).run()
        if options.call:
            show(outcomes[options.call - 1], whole=True)
            continue
        bad = [o for o in outcomes if not o.ok]
        for outcome in bad[: options.first] if len(options.areas) == 1 else []:
            show(outcome, whole=False)
        print(f"{area}: {len(outcomes) - len(bad)} of {len(outcomes)} ({(1 - len(bad) / len(outcomes)):.1%})")


if __name__ == "__main__":
    main()
