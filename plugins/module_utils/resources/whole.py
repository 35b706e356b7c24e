# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on a whole cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..cloud.applying import apply
from ..cloud.drifting import drift
from ..cloud.exporting import export_cloud
from ..cloud.secrets import document_secrets
from ..model import Operation, Option, Resource


def _secrets(params: Mapping[str, Any], kinds: Mapping[str, Resource]) -> set[str]:
    return document_secrets(params.get("cloud"), kinds)


DOCUMENT = (
    Option(
        "cloud",
        "map",
        behaviour=True,
        secret=True,
        help=(
            "The document. Keys are the plurals of the module names, entries are the modules' own options.",
            "Its secrets are kept out of results and logs.",
        ),
    ),
    Option(
        "files",
        "list",
        behaviour=True,
        help=(
            "Files of the controller that hold the document, or parts of it: lists under the same key are joined.",
            "They are read as files of variables are, with Vault and templates.",
        ),
    ),
)
PRUNE = Option(
    "prune",
    "list",
    behaviour=True,
    help=(
        "Kinds of which objects are removed that the document does not name, V(disk_offering) for example.",
        (
            "Only where the document speaks of them: parts of zones, pods, clusters and networks that stand in it, "
            "objects that have the same owner or zone as an entry of their kind, and all offerings."
        ),
        "What came with the server is never removed.",
    ),
)

WRITTEN = "Relative paths of files that are written start in the folder that ansible-playbook was called in."

APPLY = Operation(
    name="apply",
    summary="Make a whole cloud as its document says",
    description=(
        "Takes a cloud as data and makes it so: zones with everything inside, offerings, templates, tenants, settings.",
        (
            "The whole document is checked and planned before the first change. All errors are named at once, each "
            "with its place in the file."
        ),
        "Independent objects are worked on side by side.",
        "An object that stands in the document is created or updated. What the document does not name is left alone.",
    ),
    notes=(
        "A run that was cut off is continued by running it again.",
        "Nesting supplies the reference to what is around. The order in the file means nothing.",
        "A zone gets its O(ignore:state=enabled) when everything inside it is there.",
        "The JSON Schema of documents is docs/schema/cloud.schema.json.",
        (
            "Live progress is shown where the task runs inside Ansible's own process: on a local connection, without "
            "become and async."
        ),
        WRITTEN,
    ),
    options=(
        *DOCUMENT,
        PRUNE,
        Option(
            "prune_limit",
            "int",
            default=10,
            behaviour=True,
            help="If O(prune) would remove more objects than this, the task fails and changes nothing.",
        ),
        Option(
            "parallel",
            "int",
            default=8,
            behaviour=True,
            help="How many objects are worked on at the same time at most.",
        ),
        Option(
            "on_error",
            default="stop",
            choices=("stop", "continue"),
            behaviour=True,
            help=(
                "V(stop): after the first error nothing new is begun.",
                "V(continue): everything that does not need the failed object is finished first; then the task fails.",
            ),
        ),
        Option(
            "plan_file",
            behaviour=True,
            help=(
                "File that the plan is written to before anything is changed, also in check mode.",
                "If something fails, it is written again with what became of each change.",
                "A page with the graph and the zones as pictures for V(.html), data for V(.json), text otherwise.",
            ),
        ),
        Option(
            "restore_file",
            behaviour=True,
            help=(
                "File that gets the former values of everything that is about to be updated, as a document.",
                "A file that is there already is kept: the new one is then called C(restore.1.yml), and so on.",
                (
                    "Unless given, it lies in C(~/.ansible/cloudstack_ops/restore) where the task runs, by server and "
                    "time. An empty text: none is written."
                ),
                "It is not written in check mode, and not where nothing is updated.",
                "What such a document cannot restore is told before the run starts, and in RV(not_restored).",
            ),
        ),
    ),
    constraints={"required_one_of": [("cloud", "files")]},
    loads={"files": "cloud"},
    secrets=_secrets,
    run=apply,
    diff_mode="full",
    returns={
        "plan": ("list", "What changes: kind, name, place in the document, action and changed options of each object."),
        "counts": ("dict", "Number of objects per action (create, update, replace, delete) and unchanged."),
        "summary": ("str", "The counts as a sentence."),
        "restore": ("dict", "Document with the former values of what is updated."),
        "restore_file": ("str", "The file that RV(restore) was written to, if it was."),
        "not_restored": ("list[str]", "Sentences about changes that RV(restore) does not undo."),
    },
)
EXPORT = Operation(
    name="export",
    summary="Write an existing cloud as a document",
    description=(
        "Reads a cloud and writes it as the document that M(cloudstack.ops.apply) takes.",
        (
            "Parts stand inside what they are parts of, objects are referred to by name, and what a new object has by "
            "itself is left out."
        ),
        "Applying the document to the same cloud changes nothing.",
    ),
    notes=(
        "Secrets are not part of it. Where a new object needs one, the document names a variable.",
        "What the server marks as its own (system offerings, the domain ROOT, the account admin ...) is left out.",
        "Entries are sorted, so that two exports differ only where the cloud does.",
        WRITTEN,
    ),
    options=(
        Option(
            "kinds",
            "list",
            behaviour=True,
            help=(
                "Kinds to export, names of modules such as V(disk_offering).",
                "All but volumes, snapshots and system VMs, unless given.",
            ),
        ),
        Option(
            "file",
            behaviour=True,
            help="File that the document is written to as YAML. It is left alone if nothing differs.",
        ),
        Option(
            "variable",
            behaviour=True,
            help="Write O(file) as a file of variables, with the document in this one, V(cloud_document) for example.",
        ),
        Option(
            "schema",
            behaviour=True,
            help="Path or URL of the JSON Schema, for the editors of those who change O(file).",
        ),
    ),
    run=export_cloud,
    diff_mode="full",
    returns={
        "document": ("dict", "The document."),
        "variables": ("list[str]", "Names of variables that it uses in place of secrets."),
        "count": ("int", "How many objects it has."),
        "file": ("str", "The file, if O(file) is given."),
    },
)

DRIFT = Operation(
    name="drift",
    summary="Tell where a cloud differs from its document",
    description=(
        "Plans what M(cloudstack.ops.apply) would do, and reports it. Nothing is ever changed.",
        "Each differing object comes with the user and the time of its last event, where the server knows one.",
    ),
    notes=("Use O(fail) where somebody has to notice, in a nightly job for example.", WRITTEN),
    options=(
        *DOCUMENT,
        replace(PRUNE, help=(*PRUNE.help_lines, "Here nothing is removed: such objects are reported.")),
        Option(
            "events",
            "bool",
            default=True,
            behaviour=True,
            help="Look up the last event of each object that differs. Costs one call for each.",
        ),
        Option("fail", "bool", default=False, behaviour=True, help="Fail if anything differs."),
        Option(
            "plan_file",
            behaviour=True,
            help=(
                "File that the report is written to.",
                "A page with the graph and the zones as pictures for V(.html), data for V(.json), text otherwise.",
            ),
        ),
    ),
    constraints={"required_one_of": [("cloud", "files")]},
    loads={"files": "cloud"},
    secrets=_secrets,
    run=drift,
    diff_mode="full",
    reads_only=True,
    returns={
        "drifted": ("bool", "Whether anything differs."),
        "plan": (
            "list",
            "What differs: kind, name, place in the document, action, options, last event of each object.",
        ),
        "counts": ("dict", "Number of objects per action (create, update, replace, delete) and unchanged."),
        "summary": ("str", "The counts as a sentence."),
    },
)

OPERATIONS = (APPLY, EXPORT, DRIFT)
