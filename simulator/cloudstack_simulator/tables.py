"""Rows and tables: what the server's database is to the server.

A row has an internal number (`id`), a public `uuid`, `created` and `removed` times. References between rows are
internal numbers. A removed row stays findable by uuid or number (the dispatcher lets its id pass) but leaves the
live rows and the indexes; `delete` drops it for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, dataclass_transform

from .errors import NoSuchRow

R = TypeVar("R", bound="Row")


@dataclass(slots=True, eq=False, kw_only=True)
class Row:
    id: int = 0
    uuid: str = ""
    created: float = 0.0
    removed: float | None = None
    _table: Any = field(default=None, repr=False)

    _indexed: ClassVar[frozenset[str]] = frozenset()

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._indexed and self._table is not None:
            self._table.reindex(self, name, value)
        object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Missing:
    """Stands in for the row of an internal number that no row has (`id=999999`, `id=-1`)."""

    id: int
    uuid: None = None
    removed: float = 0.0

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        raise NoSuchRow(f"Unable to find an entity with id {self.id}")


@dataclass
class TableSpec:
    name: str
    row_classes: list[type[Row]]
    entities: tuple[str, ...]
    indexes: tuple[str, ...]
    unique_number_start: int


SPECS: dict[str, TableSpec] = {}


@dataclass_transform(kw_only_default=True)
def entity(table: str, *kinds: str, indexes: Iterable[str] = (), first_number: int = 1) -> Callable[[type[R]], type[R]]:
    """Make a class the row class of `table`.

    `kinds`: entity names of the contract whose ids live in this table (`"Zone"`, `"UserVm"` …; see
    `facts/commands.json`). `indexes`: fields with a fast `where`. Several classes may share a table (instances,
    routers and system VMs are one table of the server): the first one declares it, each gets its kinds and indexes.
    """

    def declare(cls: type[R]) -> type[R]:
        made = dataclass(slots=True, eq=False, kw_only=True)(cls)
        spec = SPECS.get(table)
        if spec is None:
            spec = SPECS[table] = TableSpec(table, [made], kinds, tuple(indexes), first_number)
        else:
            spec.row_classes.append(made)
            spec.entities += kinds
            spec.indexes += tuple(i for i in indexes if i not in spec.indexes)
        return made

    return declare


def _index_key(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Table(Generic[R]):
    """Rows of one kind. `live` is ordered by internal number."""

    def __init__(self, spec: TableSpec, new_uuid: Callable[[], str], now: Callable[[], float]) -> None:
        self.name = spec.name
        self.live: dict[int, R] = {}
        self._all: dict[int | None, R] = {}
        self._by_uuid: dict[str, R] = {}
        self._indexes: dict[str, dict[Any, dict[int, R]]] = {name: {} for name in spec.indexes}
        self._next = spec.unique_number_start
        self._new_uuid = new_uuid
        self._now = now
        self.version = 0
        """Grows with every row added, removed or re-indexed: lets others cache what they derive from the table."""

    def add(self, row: R, *, uuid: str | None = None) -> R:
        """Take the row in: gives it its number, uuid and time of creation."""
        row.id = row.id or self._next
        self._next = max(self._next, row.id) + 1
        row.uuid = uuid or row.uuid or self._new_uuid()
        row.created = row.created or self._now()
        self._all[row.id] = self.live[row.id] = row
        self._by_uuid[row.uuid.lower()] = row
        for name, index in self._indexes.items():
            index.setdefault(_index_key(getattr(row, name, None)), {})[row.id] = row
        row._table = self
        self.version += 1
        return row

    def __getitem__(self, number: int | None) -> R:
        """The row with this internal number, removed or not. Raises KeyError where nothing is referred to."""
        return self._all[number]

    def get(self, number: int | None) -> R | None:
        """The row with this internal number, removed or not, or None."""
        return self._all.get(number)

    def find(self, uuid: str) -> R | None:
        """The row with this uuid, removed or not, or None."""
        return self._by_uuid.get(uuid.lower())

    def __iter__(self) -> Iterator[R]:
        """Live rows, oldest first. A copy: rows may be removed while looping."""
        return iter(list(self.live.values()))

    def __len__(self) -> int:
        return len(self.live)

    def all(self) -> list[R]:
        """Live and removed rows."""
        return list(self._all.values())

    def where(self, **values: Any) -> list[R]:
        """Live rows whose fields equal the values (text without regard to case), oldest first."""
        bucket = self._only_bucket(values)
        if bucket is None:
            return list(self._matching(values))
        return [bucket[n] for n in sorted(bucket)] if len(bucket) > 1 else list(bucket.values())

    def _only_bucket(self, values: dict[str, Any]) -> dict[int, R] | None:
        """The rows that a single value with an index has; None where it takes more to tell."""
        if len(values) != 1:
            return None
        ((name, value),) = values.items()
        index = self._indexes.get(name)
        return None if index is None else index.get(value.lower() if value.__class__ is str else value, {})

    def _matching(self, values: dict[str, Any]) -> Iterator[R]:
        rows: Iterable[R] = self.live.values()
        smallest, rest = self._smallest_bucket(values), values
        if smallest is not None:
            name, bucket = smallest
            rows = [bucket[n] for n in sorted(bucket)]
            rest = {n: v for n, v in values.items() if n != name}
        wanted = [(name, _index_key(value)) for name, value in rest.items()]
        for row in rows:
            for name, value in wanted:
                if _index_key(getattr(row, name, None)) != value:
                    break
            else:
                yield row

    def _smallest_bucket(self, values: dict[str, Any]) -> tuple[str, dict[int, R]] | None:
        """The indexed field among `values` that leaves the fewest rows, and these."""
        found = [(n, self._indexes[n].get(_index_key(v), {})) for n, v in values.items() if n in self._indexes]
        return min(found, key=lambda pair: len(pair[1])) if found else None

    def first(self, **values: Any) -> R | None:
        """The oldest live row with these values, or None."""
        bucket = self._only_bucket(values)
        if bucket is None:
            return next(self._matching(values), None)
        return bucket[min(bucket)] if bucket else None

    def the(self, **values: Any) -> R:
        """The oldest live row with these values, where there has to be one. Raises LookupError when there is none."""
        found = self.first(**values)
        if found is None:
            raise LookupError(f"no {values} in {self.name}")
        return found

    def known(self, uuid: str) -> R:
        """The row with this uuid, which somebody was told before. Raises KeyError when there is none."""
        return self._by_uuid[uuid.lower()]

    @property
    def next_number(self) -> int:
        """The internal number that the next row gets."""
        return self._next

    def load(self, rows: Iterable[R], next_number: int) -> None:
        """Hold just these rows (numbered, removed ones too), in the order given."""
        self.live.clear()
        self._all.clear()
        self._by_uuid.clear()
        for index in self._indexes.values():
            index.clear()
        for row in rows:
            removed, row.removed = row.removed, None
            self.add(row)
            if removed is not None:
                self._unlink(row)
                row.removed = removed
        self._next = next_number

    def buckets(self, name: str) -> dict[Any, dict[int, R]] | None:
        """The index of a field ({value: {number: row}}), or None when it has none."""
        return self._indexes.get(name)

    def remove(self, row: R) -> None:
        """Mark removed: no longer live, still findable by id."""
        if row.removed is None:
            self._unlink(row)
            row.removed = self._now()

    def restore(self, row: R) -> None:
        """Undo `remove`."""
        if row.removed is not None:
            row.removed = None
            self._all.pop(row.id)
            self.add(row)
            self.live = dict(sorted(self.live.items()))

    def delete(self, row: R) -> None:
        """Drop for good: its id becomes unknown."""
        if row.removed is None:
            self._unlink(row)
            row.removed = self._now()
        self._all.pop(row.id, None)
        self._by_uuid.pop(row.uuid.lower(), None)

    def change_uuid(self, row: R, uuid: str) -> None:
        """Give the row another public id (`customid`); the old one becomes unknown."""
        self._by_uuid.pop(row.uuid.lower(), None)
        row.uuid = uuid
        self._by_uuid[uuid.lower()] = row

    def _unlink(self, row: R) -> None:
        self.live.pop(row.id, None)
        for name, index in self._indexes.items():
            self._drop(index, getattr(row, name, None), row.id)
        row._table = None
        self.version += 1

    @staticmethod
    def _drop(index: dict[Any, dict[int, R]], value: Any, number: int) -> None:
        key = _index_key(value)
        bucket = index.get(key)
        if bucket is not None:
            bucket.pop(number, None)
            if not bucket:
                del index[key]

    def reindex(self, row: R, name: str, value: Any) -> None:
        """An indexed field of a live row is about to change (called by the row itself)."""
        index = self._indexes[name]
        self._drop(index, getattr(row, name, None), row.id)
        index.setdefault(_index_key(value), {})[row.id] = row
        self.version += 1


class Database:
    """All tables, one attribute each: `db.zones`, `db.vms` … ; and the way from a contract's entity to its table."""

    def __init__(self, new_uuid: Callable[[], str], now: Callable[[], float]) -> None:
        self.tables: dict[str, Table[Any]] = {}
        self._by_entity: dict[str, Table[Any]] = {}
        for spec in SPECS.values():
            table: Table[Any] = Table(spec, new_uuid, now)
            self.tables[spec.name] = table
            for row_class in spec.row_classes:
                row_class._indexed = frozenset(spec.indexes)
            for kind in spec.entities:
                self._by_entity[kind] = table
        self.__dict__.update(self.tables)

    def __getattr__(self, name: str) -> Table[Any]:
        try:
            return self.__dict__["tables"][name]
        except KeyError:
            raise AttributeError(f"no table {name}") from None

    def table_of(self, kind: str | None) -> Table[Any] | None:
        """The table that holds the ids of a contract entity, or None when the simulator has none."""
        return self._by_entity.get(kind or "")


# Called outside a class body, which a linter of ansible-test would take for a mistake.
_field: Callable[..., Any] = field


def fresh(make: Callable[[], Any]) -> Any:
    """The default of a row's field that holds a container: `details: dict[str, str] = fresh(dict)`."""
    return _field(default_factory=make)
