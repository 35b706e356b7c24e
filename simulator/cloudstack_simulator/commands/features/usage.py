"""Usage. No usage server runs beside the simulator: there are never records."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter
from ...registry import SUCCESS, command


@command("listUsageRecords")
def list_usage_records(call: Call) -> dict[str, Any]:
    p = call.params
    if p.projectid is not None and p.accountid is not None:
        raise InvalidParameter("Projectid and accountId can't be specified together")
    if p.startdate > p.enddate:
        raise InvalidParameter(
            f"Incorrect Date Range. Start date: {timestamp(p.startdate)} is after end date:{timestamp(p.enddate)}"
        )
    if p.usageid is not None and p.type is None:
        raise InvalidParameter("Usageid must be specified together with usageType")
    return {}


@command("generateUsageRecords")
def generate_usage_records(_call: Call) -> dict[str, Any]:
    """Only asks the usage server for a run; that there is none does not show."""
    return SUCCESS


@command("removeRawUsageRecords")
def remove_raw_usage_records(call: Call) -> dict[str, Any]:
    if call.params.interval <= 0:
        raise InvalidParameter(
            "Invalid interval value. Interval to remove cloud_usage records should be greater than 0"
        )
    return SUCCESS


@command("listUsageServerMetrics")
def usage_server_metrics(call: Call) -> dict[str, Any]:
    return {
        "usageMetrics": {
            "collectiontime": timestamp(call.now),
            "hostname": "N/A",
            "state": "Down",
            "lastsuccessfuljob": timestamp(0.0),
        }
    }
