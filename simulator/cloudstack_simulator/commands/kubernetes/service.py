"""What all commands of the Kubernetes service share."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Generator
from typing import Any

from ...call import Call
from ...errors import ApiError, CloudRuntime, IllegalArgument, InvalidParameter, NotModelled, ServerApiError
from ...model.kubernetes import KubernetesCluster

NODE_CPUS, NODE_MEMORY = 2, 2048
"""The least that a node has: cores and MB."""
OLDEST, OLDEST_HA, OLDEST_AUTOSCALING = "1.11.0", "1.16.0", "1.15.0"
KINDS = ("WORKER", "CONTROL", "ETCD")
API_PORT, SSH_PORT = 6443, 2222


def internal(handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
    """Let every refusal of a handler be an internal error, and refuse all while the service is turned off."""

    @functools.wraps(handler)
    def wrapped(call: Call) -> Any:
        try:
            if not call.setting("cloud.kubernetes.service.enabled"):
                raise CloudRuntime("Kubernetes Service plugin is disabled")
            outcome = handler(call)
        except (ServerApiError, IllegalArgument, NotModelled):
            raise
        except ApiError as error:
            raise ServerApiError(530, error.text) from None
        return _job(outcome) if isinstance(outcome, Generator) else outcome

    return wrapped


def _job(steps: Generator[float, None, Any]) -> Generator[float, None, Any]:
    try:
        return (yield from steps)
    except (ServerApiError, IllegalArgument):
        raise
    except ApiError as error:
        raise ServerApiError(530, error.text) from None


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version MAJOR.MINOR.PATCH."""
    if not re.fullmatch(r"[0-9]+(\.[0-9]+){2,}", version, re.ASCII):
        raise IllegalArgument(
            f"Invalid version format, {version}. Semantic version should be specified in MAJOR.MINOR.PATCH format"
        )
    return tuple(int(part) for part in version.split("."))


def cluster_of(call: Call, text: str) -> KubernetesCluster:
    cluster = call.params.id
    if not cluster or cluster.removed is not None:
        raise InvalidParameter(text)
    call.check_access(cluster)
    return cluster


def refuse_external(cluster: KubernetesCluster, deed: str) -> None:
    if cluster.type == "ExternalManaged":
        raise InvalidParameter(
            f"{deed} kubernetes cluster is not supported for an externally managed cluster ({cluster.name})"
        )


def check_endpoint(call: Call) -> None:
    """Nodes call the management server by the address in a setting, so it has to be a real one."""
    address = call.setting("endpoint.url")
    if not address or "localhost" in address:
        raise InvalidParameter("Global setting endpoint.url has to be set to the Management Server's API end point")
