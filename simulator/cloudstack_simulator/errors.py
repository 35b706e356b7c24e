# ruff: noqa: N818 - named as the exceptions of the server
"""Errors that a command may raise, with the codes a CloudStack 4.22 server gives them.

Every class carries the HTTP status (`code`, also `errorcode` in the answer) and the `cserrorcode` (`cs`).
Inside an asynchronous job `job_code` is what the job's result shows.
"""

from __future__ import annotations


class ApiError(Exception):
    """An error answer. `text` is what the caller reads; `uuids` fills `uuidList` ([(uuid, property), …])."""

    code = 530
    cs: int | None = -1

    def __init__(self, text: str | None = None, *, uuids: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.uuids = uuids

    @property
    def job_code(self) -> int:
        return 530


class ServerApiError(ApiError):
    """An error that names its own code (`ServerApiException`): cserrorcode 9999, the code is kept in jobs."""

    cs: int | None = 9999

    def __init__(self, code: int, text: str | None = None, **more: tuple[tuple[str, str], ...]) -> None:
        super().__init__(text, **more)
        self.code = code

    @property
    def job_code(self) -> int:
        return self.code


class ParameterError(ServerApiError):
    """What the dispatcher says about a parameter: 431 with cserrorcode 9999."""

    def __init__(self, text: str) -> None:
        super().__init__(431, text)


class InvalidParameter(ApiError):
    """`InvalidParameterValueException`: 431 / 4350. The ordinary refusal of a command."""

    code, cs = 431, 4350

    @property
    def job_code(self) -> int:
        return 431


class NoSuchRow(InvalidParameter, AttributeError):
    """Something was asked of a row that is not there: the number that the caller gave names none."""


class IllegalArgument(InvalidParameter):
    """`IllegalArgumentException` (bad enum word and the like): 431 without a known cserrorcode, in a job 530."""

    cs = 9999

    @property
    def job_code(self) -> int:
        return 530


class CloudRuntime(ApiError):
    """`CloudRuntimeException`: 530 / 4250."""

    cs = 4250


class JavaError(ApiError):
    """Any other exception of the server (null pointer and the like): 530."""

    cs = 9999


class PermissionDenied(ApiError):
    """`PermissionDeniedException`: 531 / 4365."""

    code, cs = 531, 4365


class InsufficientCapacity(ApiError):
    """`InsufficientCapacityException`: 533 / 4325."""

    code, cs = 533, 4325


class InsufficientAddressCapacity(InsufficientCapacity):
    cs = 4320


class ResourceUnavailable(ApiError):
    """`ResourceUnavailableException`: 534 / 4380."""

    code, cs = 534, 4380


class ResourceAllocation(ApiError):
    """`ResourceAllocationException` (a resource limit): 535 / 4370."""

    code, cs = 535, 4370


class ResourceInUse(ApiError):
    code, cs = 536, 4375


class NetworkRuleConflict(ApiError):
    code, cs = 537, 4360


class Unauthorized(ApiError):
    """401: the answer has no cserrorcode."""

    code, cs = 401, None


class PostNeeded(ApiError):
    """400: the answer has no cserrorcode."""

    code, cs = 400, None

    def __init__(self, command: str) -> None:
        super().__init__(f"State changing command {command} needs to be sent using POST request")


class UnavailableCommand(ServerApiError):
    """432: unknown command or not for this role. Always answered under `errorresponse`."""

    def __init__(self, text: str) -> None:
        super().__init__(432, text)


class NotModelled(ApiError):
    """The command exists on a server, but this simulator does not model it."""

    cs = 4250

    def __init__(self, command: str) -> None:
        super().__init__(f"The command {command} is not modelled by this simulator")
