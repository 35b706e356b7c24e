"""One run of the engine in a process of its own: ``python one_run.py FILE``; what it took, as JSON.

FILE holds JSON: endpoint, key, secret, document, and what to do ("plan" or "apply").
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from pathlib import Path

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud import CloudDocument, carry_out
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES

PARALLEL = 16


def main() -> None:
    wish = json.loads(Path(sys.argv[1]).read_text())
    connection = Connection(wish["endpoint"], wish["key"], wish["secret"], parallel=PARALLEL)
    gc.collect()
    with Client(connection) as client:
        begun, used = time.perf_counter(), time.process_time()
        cloud = CloudDocument(client, wish["document"], RESOURCES)
        works = cloud.plan()
        planned, used = time.perf_counter(), time.process_time() - used
        if wish["what"] == "apply":
            carry_out(cloud, works, limit=PARALLEL)
        ended = time.perf_counter()
        told = {
            "plan": planned - begun,
            "plan_cpu": used,
            "work": ended - planned,
            "changed": sum(work.plan.changed for work in works),
            "failed": [str(work.error) for work in works if work.error][:3],
            "calls": client.counters.calls,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
