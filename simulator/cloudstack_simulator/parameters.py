"""From the raw request to typed parameters, in the order and with the words of the server's dispatcher."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from .contract import CommandFact, Parameter
from .envelope import name_of
from .errors import InvalidParameter, JavaError, ParameterError, ServerApiError
from .tables import Database, Missing

CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
RFC_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}(?<!-)")


class Parameters:
    """Typed parameters of one call, by lower-cased name: `p.name`, `p.zoneid` (a row), None when absent."""

    __slots__ = ("_values", "raw")

    def __init__(self, values: dict[str, Any], raw: dict[str, Any]) -> None:
        self._values = values
        self.raw = raw
        """As sent, names lower-cased; also what the contract does not know."""

    def __getattr__(self, name: str) -> Any:
        return self._values.get(name)

    def __getitem__(self, name: str) -> Any:
        return self._values.get(name)

    def __contains__(self, name: str) -> bool:
        """Whether the parameter was given (and taken)."""
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def set_default(self, name: str, value: Any) -> None:
        """Act as if the caller had given a parameter that he left out."""
        self._values.setdefault(name, value)

    def replace(self, name: str, value: Any) -> None:
        """Act as if the caller had given this value of a parameter."""
        self._values[name] = value

    def get(self, name: str, default: Any = None) -> Any:
        value = self._values.get(name)
        return default if value is None else value


def refuse_control_characters(params: dict[str, str]) -> None:
    for name, value in params.items():
        if name.lower() != "activationrule" and CONTROL.search(value):
            raise ParameterError(
                f"Received value containing illegal ASCII non-printable characters for parameter {name}"
            )


def unpack(params: dict[str, str]) -> dict[str, Any]:
    """Lower-case the names and gather `name[index].field` into {name: {index: {field: value}}}."""
    lowered: dict[str, Any] = {}
    for key, value in params.items():
        if "[" not in key and "]" not in key:
            lowered[key.lower()] = value
            continue
        match = re.fullmatch(r"([^\[\]]*)\[([^\]]*)\](?:\.(.+))?", key)
        if match is None:
            raise _bad_map(key)
        name, index, field = match[1].lower(), match[2], match[3]
        gathered = lowered.setdefault(name, {})
        if not isinstance(gathered, dict):
            gathered = lowered[name] = {}
        if field is None:
            gathered[index] = value
        elif not index.isdigit():
            raise _bad_map(key)
        else:
            entry = gathered.setdefault(index, {})
            if not isinstance(entry, dict):
                raise _bad_map(key)
            entry[field] = value
    return lowered


def _bad_map(key: str) -> ServerApiError:
    return ServerApiError(
        430,
        f"Unable to decode parameter {key}; if specifying an object array, please use parameter[index].field=XXX, "
        "e.g. userGroupList[0].group=httpGroup",
    )


def _command_word(command: str) -> str:
    """What texts call a command: its envelope without `response`, lower case."""
    return name_of(command).removesuffix("response").removesuffix("Response").lower()


class Typing:
    """Gives the raw parameters of one command their types."""

    def __init__(self, fact: CommandFact, db: Database, is_root_admin: bool) -> None:
        self.fact = fact
        self.db = db
        self.is_root_admin = is_root_admin
        self.prefix = f"Unable to execute API command {_command_word(fact.name)} due to"

    def apply(self, raw: dict[str, Any]) -> Parameters:
        values: dict[str, Any] = {}
        for name, parameter in self.fact.params.items():
            value = raw.get(name.lower())
            if parameter.admin and not self.is_root_admin:
                continue
            if value is None:
                if parameter.required:
                    raise ParameterError(f"{self.prefix} missing parameter {name}")
                continue
            if parameter.required and value == "":
                raise InvalidParameter(f"Invalid value provided for API arg: {name}")
            typed = self._typed(parameter, value)
            self._validate(parameter, value, typed)
            if typed is not None:
                values[name.lower()] = typed
        return Parameters(values, raw)

    def _validate(self, parameter: Parameter, raw: Any, typed: Any) -> None:
        text = f"{self.prefix} invalid value. Invalid value provided for API arg: {parameter.name}"
        match parameter.check:
            case "PositiveNumber":
                number = getattr(typed, "id", typed)
                if isinstance(number, int) and number <= 0:
                    raise ParameterError(text)
            case "NotNullOrEmpty":
                if raw == "":
                    raise ParameterError(text)
            case "UuidString":
                if raw and not UUID.fullmatch(str(raw)):
                    raise ParameterError(text)
            case "RFCComplianceDomainName":
                if not RFC_NAME.fullmatch(str(raw)):
                    raise ParameterError(
                        f"{text} - it can contain ASCII letters 'a' through 'z', the digits '0' through '9', and the "
                        "hyphen ('-'), must be between 1 and 63 characters long, and can't start or end with \"-\" and "
                        "can't start with digit"
                    )

    def _typed(self, parameter: Parameter, value: Any) -> Any:
        match parameter.type:
            case "boolean":
                return str(value).lower() == "true"
            case "integer" | "long" | "short":
                return self._whole_number(parameter, value)
            case "float" | "double":
                return self._decimal(parameter, value)
            case "uuid":
                found = self._entity(parameter, str(value)) if value != "" else None
                return Missing(0) if found is None and parameter.required else found
            case "date":
                return self._date(parameter, str(value))
            case "list":
                return [self._element(parameter, item) for item in str(value).split(",") if item != ""]
            case "map":
                return value if isinstance(value, dict) else {}
        return self._text(parameter, value)

    def _text(self, parameter: Parameter, value: Any) -> str:
        text = str(value)
        if len(text) > parameter.length:
            raise ParameterError(
                f"{self.prefix} invalid value. Value greater than max allowed length {parameter.length} "
                f"for param: {java_field(self.fact.name, parameter.name)}"
            )
        return text

    def _wrong_type(self, parameter: Parameter, value: Any) -> ParameterError:
        return ParameterError(f"{self.prefix} invalid value {value} for parameter {parameter.name}")

    def _whole_number(self, parameter: Parameter, value: Any) -> int | None:
        if value == "" and parameter.type == "integer":
            return None
        bits = {"integer": 31, "long": 63, "short": 15}[parameter.type]
        if not re.fullmatch(r"[+-]?\d{1,19}", str(value), re.ASCII):
            raise self._wrong_type(parameter, value)
        number = int(value)
        if not -(1 << bits) <= number < (1 << bits):
            raise self._wrong_type(parameter, value)
        return number

    def _decimal(self, parameter: Parameter, value: Any) -> float | None:
        if value == "":
            return None
        try:
            return float(value)
        except ValueError:
            raise self._wrong_type(parameter, value) from None

    def _element(self, parameter: Parameter, item: str) -> Any:
        match parameter.of:
            case "uuid":
                found = self._entity(parameter, item)
                return Missing(0) if found is None else found
            case "integer" | "long" | "short":
                try:
                    return int(item)
                except ValueError:
                    raise self._wrong_type(parameter, item) from None
        return item

    def _entity(self, parameter: Parameter, value: str) -> Any:
        """The row that an id names (removed ones too), `Missing` for a number without a row, None when ignored."""
        if value == "-1":
            return Missing(-1)
        table = self.db.table_of(parameter.entity)
        if UUID.fullmatch(value):
            row = table.find(value) if table is not None else None
            if row is not None:
                return row
        elif parameter.since:
            return None
        elif re.fullmatch(r"\d{1,18}", value, re.ASCII) and int(value) > 0:
            row = table.get(int(value)) if table is not None else None
            return row if row is not None else Missing(int(value))
        raise ParameterError(
            f"{self.prefix} invalid value. Invalid parameter {parameter.name} value={value} due to incorrect long "
            "value format, or entity does not exist or due to incorrect parameter annotation for the field in api cmd "
            "class."
        )

    def _date(self, parameter: Parameter, value: str) -> float:
        try:
            return parse_date(value, end_of_day=parameter.name == "enddate")
        except ValueError:
            raise ParameterError(
                f"Unable to parse date {value} for command {self.fact.name.lower()}, "
                "please pass dates in the format mentioned in the api documentation"
            ) from None


DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_date(text: str, *, end_of_day: bool = False) -> float:
    """Seconds since the epoch of `yyyy-MM-ddTHH:mm:ss+0000`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-dd`."""
    if not DATE.match(text):
        raise ValueError(text)
    if DATE.fullmatch(text):
        text += " 23:59:59" if end_of_day else " 00:00:00"
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S"):
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    raise ValueError(text)


JAVA_FIELDS = {
    ("createAccount", "accountid"): "accountUUID",
    ("createServiceOffering", "name"): "serviceOfferingName",
    ("updateTemplate", "name"): "templateName",
}
"""Fields whose names are not those of their parameters."""


def java_field(command: str, parameter: str) -> str:
    """The name of the server's field behind a parameter, which its texts about length use."""
    return JAVA_FIELDS.get((command, parameter), parameter)


def entries(value: dict[str, Any] | None, kind: str = "HashMap") -> list[dict[str, str]]:
    """The entries of a map parameter in order; `kind`: the Java class that the server takes each of them for."""
    found = list((value or {}).values())
    if any(not isinstance(entry, dict) for entry in found):
        raise JavaError(
            f"class java.lang.String cannot be cast to class java.util.{kind} (java.lang.String and java.util.{kind} "
            "are in module java.base of loader 'bootstrap')"
        )
    return found


def flat_map(value: dict[str, Any] | None) -> dict[str, str]:
    """A map parameter as {key: value}, whichever of its two spellings was used.

    `name[0].key=a&name[0].value=b` → {"a": "b"};  `name[0].a=b&name[1].c=d` → {"a": "b", "c": "d"}.
    """
    flat: dict[str, Any] = {}
    for index, entry in (value or {}).items():
        if not isinstance(entry, dict):
            flat[index] = entry
        elif "key" in entry:
            flat[entry["key"]] = entry.get("value")
        else:
            flat.update(entry)
    return flat
