"""Themes of the user interface: the default one, and those of names, domains and accounts."""

from __future__ import annotations

import json
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, JavaError
from ...listing import equal, matching
from ...model.access import GuiTheme
from ...registry import SUCCESS, command


def _words(text: str | None) -> list[str]:
    return [word for word in "".join((text or "").split()).split(",") if word]


def theme_view(_call: Call, theme: GuiTheme) -> dict[str, Any]:
    return {
        "id": theme.uuid,
        "name": theme.name,
        "description": theme.description,
        "css": theme.css,
        "jsonconfiguration": theme.configuration,
        "commonnames": ",".join(theme.common_names) or None,
        "domainids": ",".join(theme.domains) or None,
        "accountids": ",".join(theme.accounts) or None,
        "recursivedomains": theme.recursive,
        "ispublic": theme.public,
        "created": timestamp(theme.created),
        "removed": timestamp(theme.removed),
    }


def _check(call: Call, theme: GuiTheme, own: GuiTheme | None = None) -> None:
    """Only one theme is everybody's; whom the others are for has to be there."""
    if theme.is_default:
        for other in call.db.gui_themes:
            if other.is_default and other is not own:
                raise CloudRuntime(
                    "Only one default GUI theme is allowed. Remove the current default theme "
                    f'GuiThemeJoinVO {{"id":{other.id},"name":"{other.name}","uuid":"{other.uuid}"}} and try again.'
                )
    for kind, table, ids in (("Account", "accounts", theme.accounts), ("Domain", "domains", theme.domains)):
        for uuid in ids:
            row = call.db.tables[table].find(uuid)
            if row is None or row.removed is not None:
                raise CloudRuntime(f"The {kind} ID {uuid} does not exist. Verify the informed IDs and try again.")
    if theme.configuration:
        try:
            json.loads(theme.configuration)
        except ValueError:
            raise JavaError(None) from None


@command("createGuiTheme")
def create(call: Call) -> dict[str, Any]:
    p = call.params
    if not (p.css or "").strip() and not (p.jsonconfiguration or "").strip():
        raise CloudRuntime("Either the `css` or `jsonConfiguration` parameter must be informed.")
    theme = GuiTheme(
        name=p.name,
        description=p.description,
        css=p.css,
        configuration=p.jsonconfiguration,
        recursive=p.get("recursivedomains", False),
        public=p.get("ispublic", True),
        common_names=_words(p.commonnames),
        domains=_words(p.domainids),
        accounts=_words(p.accountids),
    )
    _check(call, theme)
    theme.public = theme.public and not (theme.domains or theme.accounts)
    call.db.gui_themes.add(theme)
    call.event("GUI.THEME.CREATE", f"Successfully completed creating GUI theme. {_event_text(theme)}", theme)
    return {"guiThemes": theme_view(call, theme)}


def _event_text(theme: GuiTheme) -> str:
    lists = {"AccountIDs": theme.accounts, "DomainIDs": theme.domains}
    shown = ", ".join(f"{name}: {','.join(ids) or 'null'}" for name, ids in lists.items())
    names = ",".join(theme.common_names) or "null"
    return f"Name: {theme.name}, {shown}, RecursiveDomains: {str(theme.recursive).lower()}, CommonNames: {names}"


@command("updateGuiTheme")
def update(call: Call) -> dict[str, Any]:
    p, old = call.params, call.params.id
    new = GuiTheme(
        name=p.get("name", old.name) or None,
        description=p.get("description", old.description) or None,
        css=p.get("css", old.css),
        configuration=p.get("jsonconfiguration", old.configuration),
        recursive=p.get("recursivedomains", old.recursive),
        public=p.get("ispublic", old.public),
        common_names=old.common_names if p.commonnames is None else _words(p.commonnames),
        domains=old.domains if p.domainids is None else _words(p.domainids),
        accounts=old.accounts if p.accountids is None else _words(p.accountids),
    )
    _check(call, new, old)
    new.public = new.public and not (new.domains or new.accounts)
    for name in GuiTheme.__annotations__:
        setattr(old, name, getattr(new, name))
    call.event("GUI.THEME.UPDATE", f"Successfully completed updating GUI theme. ID: {old.id}, {_event_text(old)}", old)
    return {"guiThemes": theme_view(call, old)}


@command("removeGuiTheme")
def remove(call: Call) -> dict[str, Any]:
    theme = call.params.id
    if theme.removed is not None:
        raise CloudRuntime("Unable to find a GUI theme with the specified ID.")
    call.db.gui_themes.remove(theme)
    call.event("GUI.THEME.REMOVE", f"Successfully completed removing GUI theme. ID: {theme.uuid}", theme)
    return SUCCESS


@command("listGuiThemes")
def list_themes(call: Call) -> dict[str, Any]:
    p, themes = call.params, call.db.gui_themes
    if p.listonlydefaulttheme:
        return call.listing("guiThemes", [theme for theme in themes if theme.is_default], theme_view)
    filters = [
        equal("id", p.id),
        equal("name", p.name),
        matching(lambda t: p.commonname in t.common_names) if p.commonname else None,
        matching(lambda t: p.domainid.uuid in t.domains) if p.domainid is not None else None,
        matching(lambda t: p.accountid.uuid in t.accounts) if p.accountid is not None else None,
        equal("public", p.showpublic),
    ]
    rows = themes.all() if p.showremoved else themes
    return call.listing("guiThemes", rows, theme_view, where=filters)
