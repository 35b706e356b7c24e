# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One option of a resource: what a user may write, and how the API spells it.

The types and what they mean on both sides:

=======  ======================  ==========================================  =======================
type     in a task               on the wire                                 compared
=======  ======================  ==========================================  =======================
str      text                    as is                                       exactly, case counts
int      whole number            decimal                                     as a number
float    number                  decimal                                     as a number
bool     yes/no                  true/false                                  an absent field is false
set      list of text            comma separated; empty clears               without order
list     list of text            comma separated                             with order
map      dictionary              `wire` says which indexed form              only the keys given
ref      name or id              id                                          id, or name if `by_name`
refs     list of names or ids    ids, comma separated                        without order
records  list of dictionaries    by `encode`                                 by `equal`
=======  ======================  ==========================================  =======================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
"""An object as the server lists it: the API's own field names."""

TYPES = ("str", "int", "float", "bool", "set", "list", "map", "ref", "refs", "records")


@dataclass(frozen=True)
class Option:
    """A description of one option; everything else about it is derived from this record."""

    name: str
    type: str = "str"
    help: str | tuple[str, ...] = ""
    #: Parameter of the create and update commands. None: the name without underscores. Empty: never sent.
    api: str | None = None
    #: Parameter of the update command where it is spelt differently.
    update_api: str | None = None
    #: Field of the listed object. None: same as `api`. Empty: the server never tells (then it is not compared).
    field: str | None = None
    #: Can be changed on an existing object. Otherwise a difference is drift that is reported.
    updatable: bool = False
    #: Parameter of the create command; if not, it is set by an update right after creation.
    on_create: bool = True
    #: Needed to create the object, though not to find or change it.
    needed: bool = False
    #: Needed in every task.
    required: bool = False
    #: Steers the module; neither sent nor compared by the engine (force, wait ...).
    behaviour: bool = False
    default: Any = None
    choices: tuple[Any, ...] = ()
    aliases: tuple[str, ...] = ()
    unit: str = ""
    secret: bool = False
    #: CloudStack version that brought the parameter.
    since: str = ""
    #: Kind of object that a `ref` or `refs` names.
    refers_to: str = ""
    #: Kind of object that a text names without being looked up (an account): it comes first in a document.
    names: str = ""
    #: Field that holds the name of the object referred to. Used to compare without a look-up if `by_name`.
    name_field: str = ""
    #: Names of the kind referred to are unique where they are used, so a name in the row settles the comparison.
    by_name: bool = False
    #: Indexed form of a map: "flat" is name[0].key=value, "pairs" is name[0].key=k&name[0].value=v.
    wire: str = "flat"
    suboptions: tuple[Option, ...] = ()
    #: Records whose order counts, so that an exported document keeps it.
    ordered: bool = False
    encode: Callable[[Any, Any], Mapping[str, Any]] | None = None
    decode: Callable[[Row], Any] | None = None
    equal: Callable[[Any, Any], bool] | None = None
    #: Part of an exported document.
    export: bool = True
    #: What a new object has where the option is left out, a value or a function of the entry; an exported document
    #: leaves it out. Not told: nothing, and false.
    server_default: Any = None
    #: What a listed object tells of an option that is not compared, for an exported document alone.
    told: Callable[[Row], Any] | None = None
    #: Not told by the server, yet a new object needs it: the variable that an exported document names in its place.
    #: Options in braces are those of the entry: ``vault_account_{name}_password``.
    placeholder: str = ""
    #: Why a former value may be refused where a change is to be taken back.
    one_way: str = ""
    #: Not offered to users; only a state sets it.
    hidden: bool = False

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"option {self.name}: unknown type {self.type}")
        if self.type in ("ref", "refs") and not self.refers_to:
            raise ValueError(f"option {self.name}: refers_to is missing")

    @property
    def parameter(self) -> str:
        """Parameter of the create command, or an empty text."""
        return self.name.replace("_", "") if self.api is None else self.api

    @property
    def update_parameter(self) -> str:
        """Parameter of the update command, or an empty text."""
        return self.parameter if self.update_api is None else self.update_api

    @property
    def row_field(self) -> str:
        """Field of a listed object, or an empty text where the server never tells."""
        return self.parameter if self.field is None else self.field

    @property
    def compared(self) -> bool:
        """Whether a wanted value can be held against the object."""
        return not self.behaviour and (bool(self.row_field) or self.decode is not None)

    @property
    def help_lines(self) -> tuple[str, ...]:
        return (self.help,) if isinstance(self.help, str) else self.help


@dataclass(frozen=True)
class State:
    """A value of `state` besides `present` and `absent`: a short way to want some option values."""

    name: str
    sets: Mapping[str, Any] = field(default_factory=dict)
    help: str = ""
    #: Reached only when everything nested inside the object in a document is there.
    last: bool = False
