"""Values, rows and callbacks as plain JSON, and back. Only classes and functions of the simulator itself come back."""

from __future__ import annotations

import base64
import importlib
import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from ..tables import SPECS, Row

if TYPE_CHECKING:
    from ..simulator import Simulator

PACKAGE = __package__.partition(".")[0]
PLAIN = (str, int, float, bool, type(None))


class CodingError(ValueError):
    """Something that cannot be written to a state, or is not understood in one."""


def encode(value: Any, sim: Simulator) -> Any:
    """JSON for a value; what JSON does not have is an object with one short key."""
    if value.__class__ in PLAIN:
        return value
    if isinstance(value, list):
        return [encode(v, sim) for v in value]
    if isinstance(value, dict):
        return {"d": [[encode(k, sim), encode(v, sim)] for k, v in value.items()]}
    if isinstance(value, (tuple, set, frozenset)):
        return {"t" if isinstance(value, tuple) else "s": [encode(v, sim) for v in value]}
    if isinstance(value, bytes):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, Row):
        return {"r": [_table_of(type(value)), value.id]}
    if value is sim:
        return {"sim": True}
    if is_dataclass(value) and type(value).__module__.startswith(PACKAGE):
        return {"o": [name_of(type(value)), {f.name: encode(getattr(value, f.name), sim) for f in fields(value)}]}
    raise CodingError(f"cannot save {type(value).__name__}")


def decode(value: Any, sim: Simulator) -> Any:
    if isinstance(value, list):
        return [decode(v, sim) for v in value]
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind == "d":
        return {decode(k, sim): decode(v, sim) for k, v in inner}
    if kind in ("t", "s"):
        return (tuple if kind == "t" else set)(decode(v, sim) for v in inner)
    if kind == "b":
        return base64.b64decode(inner)
    if kind == "r":
        return sim.db.tables[inner[0]].get(inner[1])
    if kind == "sim":
        return sim
    if kind == "o":
        return dataclass_named(inner[0])(**{k: decode(v, sim) for k, v in inner[1].items()})
    raise CodingError(f"unknown kind of value {kind!r}")


def _table_of(row_class: type[Row]) -> str:
    return next(spec.name for spec in SPECS.values() if row_class in spec.row_classes)


def name_of(thing: Any) -> str:
    """`module:name`, the module without the package's own name."""
    return f"{thing.__module__.removeprefix(PACKAGE)}:{thing.__qualname__}"


def _named(name: str) -> Any:
    module, _colon, attribute = name.partition(":")
    if not module.startswith(".") or not attribute.isidentifier():
        raise CodingError(f"{name!r} is no name of the simulator")
    try:
        found = getattr(importlib.import_module(PACKAGE + module), attribute)
    except (ImportError, AttributeError):
        raise CodingError(f"this version has no {name}") from None
    if getattr(found, "__module__", None) != PACKAGE + module:
        raise CodingError(f"{name!r} is no name of the simulator")
    return found


def dataclass_named(name: str) -> Any:
    found = _named(name)
    if not (inspect.isclass(found) and is_dataclass(found)):
        raise CodingError(f"{name} is no class of rows")
    return found


def function_named(name: str) -> Callable[..., Any]:
    found = _named(name)
    if not inspect.isfunction(found):
        raise CodingError(f"{name} is no function")
    return found


class RowForm:
    """How the rows of one class are written: only fields that differ from their defaults."""

    def __init__(self, row_class: Any) -> None:
        self.row_class = row_class
        self.fields = [f for f in fields(row_class) if f.name != "_table"]
        self.defaults = {f.name: f.default for f in self.fields if f.default is not MISSING}
        self.empty = {f.name: f.default_factory() for f in self.fields if f.default_factory is not MISSING}

    def write(self, row: Any, sim: Simulator) -> dict[str, Any]:
        written = {}
        for field in self.fields:
            name = field.name
            value = getattr(row, name)
            if (name in self.defaults and value is self.defaults[name]) or (name in self.empty and not value):
                continue
            written[name] = value if value.__class__ in PLAIN else encode(value, sim)
        return written

    def read(self, written: dict[str, Any], sim: Simulator) -> Any:
        plain = {k: v if v.__class__ in PLAIN else decode(v, sim) for k, v in written.items()}
        return self.row_class(**plain)
