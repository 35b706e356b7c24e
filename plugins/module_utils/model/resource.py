# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A resource or an operation: the one record from which everything about it is derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .option import Option, Row, State


@dataclass(frozen=True)
class Commands:
    """API commands of a resource.

    ``fixed`` holds parameters that always go with a command: ``{"list": {"listall": True}}``.
    ``filters`` are text options that the list command matches exactly, so that one object is read and not all:
    option name to parameter. ``parents`` are references without whose id the list command answers nothing useful.
    """

    list: str
    create: str = ""
    update: str = ""
    delete: str = ""
    fixed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=lambda: {"name": "name"})
    parents: Mapping[str, str] = field(default_factory=dict)
    #: List parameters for callers who are refused those of ``fixed``; what any of them lets through counts.
    for_users: tuple[Mapping[str, Any], ...] = ()
    #: Parameter that names the object in list, update and delete.
    id: str = "id"
    #: Field of the listed object that holds its id.
    id_field: str = "id"
    #: Parameter of the create command that takes an id chosen by the caller (proof against lost answers).
    caller_id: str = ""
    #: Fields of the listed object that the delete command wants besides its id, under the same names.
    delete_fields: tuple[str, ...] = ()

    def to_delete(self, row: Row) -> dict[str, Any]:
        """The parameters of the delete command for an object as it is listed."""
        named = {self.id: row.get(self.id_field), **{name: row.get(name) for name in self.delete_fields}}
        return {**named, **self.fixed.get("delete", {})}


@dataclass(frozen=True)
class Update:
    """A way to change some options of an existing object.

    ``options`` empty: every updatable option that no other update serves. ``whole``: the command replaces what is
    not sent, so all given options of this update go along. ``extra`` adds parameters from the current row.
    ``run`` does the change itself where one call is not enough: run(context, row, changes).
    """

    command: str
    options: tuple[str, ...] = ()
    id: str = "id"
    whole: bool = False
    extra: Callable[[Any, Row], Mapping[str, Any]] | None = None
    run: Callable[[Any, Row, tuple[Any, ...]], None] | None = None


@dataclass(frozen=True)
class Resource:
    """An object of the cloud that can be present or absent.

    Hooks get the reconcile context first (``client``, ``given``, ``find``, ``warn`` ...; see reconcile/context.py).
    """

    name: str
    noun: str
    summary: str
    commands: Commands
    options: tuple[Option, ...]
    #: Options that tell one object from another, exactly compared. The first is what people call it.
    identity: tuple[str, ...] = ("name",)
    #: Options that narrow the identity where they are given (zone, domain, account ...).
    scope: tuple[str, ...] = ()
    description: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    updates: tuple[Update, ...] = ()
    #: Option that names what the object is a part of: a state that needs all parts (a zone is enabled) waits for it,
    #: and an exported document nests it there.
    parent: str = ""
    #: References to what must be complete, with all its parts, before the object is made: a template is fetched by
    #: system VMs, which only an enabled zone has.
    after_parts: tuple[str, ...] = ()
    #: Kinds that come first, with all their parts, where they are parts of the same: a storage pool needs the hosts of
    #: its cluster.
    after: tuple[str, ...] = ()
    #: What an object needs besides what its options name, as (kind, name): the domain around a domain.
    also_needs: Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]] | None = None
    #: The one form of a name that may be written in several ways (``/a/b`` and ``ROOT/a/b``).
    canonical: Callable[[str], str] | None = None
    #: Key in a cloud document; the plural of the name unless told.
    plural: str = ""
    #: The server refuses a second object of the same name, so two runs side by side cannot both make one.
    unique: bool = False
    #: The states that a new object has by itself; an exported document leaves them out.
    initial_states: tuple[str, ...] = ()
    #: Whether an object came with the server: it is neither exported nor pruned.
    built_in: Callable[[Row], bool] | None = None
    #: Every object of the kind inside the given parents, where one list command does not tell them.
    listed: Callable[[Any], Iterable[Row]] | None = None
    #: The server's word for the kind in its events; the name in capitals unless told (``DiskOffering``).
    event_resource: str = ""
    #: Parameters of listEvents that let through an object's events, where it has no id of its own.
    events: Callable[[Row], Mapping[str, Any]] | None = None
    #: Part of an exported document unless it names its kinds: objects that a document could make again.
    exported: bool = True
    #: Only looked up by others; there is no module of it.
    lookup_only: bool = False
    #: Create parameters that are no option, and why: {"createX.param": "reason"}.
    omitted: Mapping[str, str] = field(default_factory=dict)
    #: CloudStack's own fields worth naming otherwise in results: {"iscustomized": "customized"}.
    returns: Mapping[str, str] = field(default_factory=dict)
    #: "server": checked against the recorded contract; "text": described from the source only.
    source: str = "server"
    #: Seconds that creation may take before it is an error (a template's download ...).
    settle_timeout: int = 600
    #: Odd validation of the given options, before any call.
    validate: Callable[[Mapping[str, Any]], None] | None = None
    #: Refuses what the server would refuse, or what would do harm: (context, object as it is or None). Called while
    #: planning, in check mode too, before anything is sent. Raises InvalidInput.
    check_wish: Callable[[Any, Row | None], None] | None = None
    #: Reads candidate rows where one list command does not do.
    rows: Callable[[Any], Iterable[Row]] | None = None
    #: Decides whether a row is the object meant, where equality of the identity does not do.
    is_same: Callable[[Mapping[str, Any], Row], bool] | None = None
    #: Whether an object is there for more than its owner (a network of a whole domain): the domain and account around a
    #: reference then do not speak against it.
    is_shared: Callable[[Row], bool] | None = None
    #: Whether an object is destroyed, though lists still have it: its name then means another one that is alive.
    is_gone: Callable[[Row], bool] | None = None
    #: Turns a referring text into (list filters, predicate on rows): for kinds known by a path or an address.
    refer: Callable[[str], tuple[Mapping[str, Any], Callable[[Row], bool]]] | None = None
    #: List parameters that say where an object is whose row does not tell it: the zone of a setting.
    place: Callable[[Any], Mapping[str, Any]] | None = None
    #: Completes a row by further reads, only when the object exists.
    complete: Callable[[Any, Row], Row] | None = None
    #: Changes the parameters of the create command.
    before_create: Callable[[Any, dict[str, Any]], dict[str, Any]] | None = None
    #: Creates by itself; returns the new row's id.
    create: Callable[[Any, dict[str, Any]], str] | None = None
    #: Recognizes an object of this run after a lost answer, before it has its final identity.
    adopt: Callable[[Any, dict[str, Any]], Row | None] | None = None
    #: What must be done before the delete command; returns its extra parameters.
    before_delete: Callable[[Any, Row], Mapping[str, Any]] | None = None
    #: Deletes by itself: (context, row, parameters of the delete command).
    delete: Callable[[Any, Row, dict[str, Any]], None] | None = None
    #: Whether the object has reached its goal; a text says what is still awaited. Raises when it never will.
    awaited: Callable[[Any, Row], str] | None = None
    #: Proves from outside that a new object does its work, once: (context, row). Raises where it does not.
    prove: Callable[[Any, Row], None] | None = None
    #: Makes room for a new object of the same name: (context, row) retires the old one.
    retire: Callable[[Any, Row], None] | None = None
    #: Undoes ``retire`` for the object as it was, where the server refuses its successor.
    reinstate: Callable[[Any, Row], None] | None = None

    @property
    def document_key(self) -> str:
        return self.plural or plural(self.name)

    @property
    def is_resource(self) -> bool:
        return True

    def option(self, name: str) -> Option:
        return self._index[name]

    def has(self, name: str) -> bool:
        return name in self._index

    @property
    def _index(self) -> dict[str, Option]:
        index = self.__dict__.get("_options_by_name")
        if index is None:
            index = {option.name: option for option in self.options}
            object.__setattr__(self, "_options_by_name", index)
        return index

    def update_of(self, option: str) -> Update | None:
        """The update that changes an option: the one that names it, else the general one."""
        general = None
        for update in self.updates:
            if option in update.options:
                return update
            if not update.options:
                general = update
        if general is None and self.commands.update:
            return Update(self.commands.update, id=self.commands.id)
        return general


@dataclass(frozen=True)
class Operation:
    """Something to do or to know that is no resource: ``run(task)`` returns the module's result."""

    name: str
    summary: str
    options: tuple[Option, ...]
    run: Callable[[Any], dict[str, Any]]
    description: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    #: RETURN of the module: name to (type, description).
    returns: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    check_mode: str = "full"
    diff_mode: str = "none"
    #: Reads only, so it never reports a change.
    reads_only: bool = False
    #: Acts on what is there: in check mode too an unknown name is an error, unless an earlier task would make it.
    strict: bool = False
    constraints: Mapping[str, Any] = field(default_factory=dict)
    #: Options that name files of the controller, and the option that takes in what the files hold.
    loads: Mapping[str, str] = field(default_factory=dict)
    #: Secret texts in the values of the task, where an option holds them among much that is no secret: (values, kinds).
    secrets: Callable[[Mapping[str, Any], Mapping[str, Resource]], Iterable[str]] | None = None

    @property
    def is_resource(self) -> bool:
        return False


def plural(name: str) -> str:
    """English plural of a module name: ``storage_policy`` gives ``storage_policies``."""
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es"
    return name + "s"
