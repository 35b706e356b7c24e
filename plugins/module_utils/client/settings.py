# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a connection is read from: the user's options, the environment, a profile of CloudMonkey (``cmk``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cmk import read_profile
from .connection import Connection
from .errors import InvalidInput


@dataclass(frozen=True)
class Setting:
    """One setting and its names: field of Connection, user's option, environment variable, key in a profile.

    kind: ``str``, ``int``, ``float``, ``bool``; how text from environment or profile is read.
    """

    field: str
    option: str
    env: str
    profile: str | None = None
    kind: str = "str"


# The one list that argument specs, documentation and load_connection are made of.
SETTINGS = (
    Setting("endpoint", "api_url", "CLOUDSTACK_ENDPOINT", "url"),
    Setting("key", "api_key", "CLOUDSTACK_KEY", "apikey"),
    Setting("secret", "api_secret", "CLOUDSTACK_SECRET", "secretkey"),
    Setting("username", "api_username", "CLOUDSTACK_USERNAME", "username"),
    Setting("password", "api_password", "CLOUDSTACK_PASSWORD", "password"),
    # Not CLOUDSTACK_DOMAIN: users of other tools name the domain of the managed objects with it.
    Setting("domain", "api_user_domain", "CLOUDSTACK_USER_DOMAIN", "domain"),
    Setting("method", "api_http_method", "CLOUDSTACK_METHOD"),
    Setting("timeout", "api_timeout", "CLOUDSTACK_TIMEOUT", kind="float"),
    Setting("verify", "validate_certs", "CLOUDSTACK_VERIFY", "verifycert", kind="bool"),
    Setting("ca_file", "api_ca_file", "CLOUDSTACK_CA_FILE"),
    Setting("proxy", "api_proxy", "CLOUDSTACK_PROXY"),
    Setting("retries", "api_retries", "CLOUDSTACK_RETRIES", kind="int"),
    Setting("job_timeout", "job_timeout", "CLOUDSTACK_JOB_TIMEOUT", kind="float"),
)
PROFILE = Setting("profile", "api_profile", "CLOUDSTACK_PROFILE")
PROFILE_FILE = Setting("profile_file", "api_profile_file", "CLOUDSTACK_CONFIG")

_BY_FIELD = {setting.field: setting for setting in (*SETTINGS, PROFILE, PROFILE_FILE)}
_KEY_PAIR = frozenset({"key", "secret"})
_USER = frozenset({"username", "password", "domain"})
_TRUE = frozenset({"true", "yes", "on", "1", "y", "t"})
_FALSE = frozenset({"false", "no", "off", "0", "n", "f"})

# A value and what the user calls the place it came from.
_Found = dict[str, tuple[Any, str]]


def load_connection(options: Mapping[str, Any], environ: Mapping[str, str], **fixed: Any) -> Connection:
    """The connection that a user described: options over environment over the profile of ``cmk`` that they name.

    options: by the option names of SETTINGS; ``None`` and empty text are "not given", other names are ignored.
    environ: the process's environment, or a task's.
    fixed: fields of Connection that the caller decides.

    A profile is read only where ``api_profile`` or ``CLOUDSTACK_PROFILE`` names it: which cloud is changed must not
    hang on what was last done in another tool. The highest source with credentials decides whether a key or a user
    name is used.

    Raises InvalidInput that names option, environment variable and remedy.
    """
    sources = [_from_options(options), _from_environment(environ)]
    named = {**sources[1], **sources[0]}
    if "profile" in named:
        file = _at_home(named["profile_file"][0] if "profile_file" in named else "~/.cmk/config", environ)
        sources.append(_from_profile(named["profile"][0], file))
    chosen: _Found = {}
    for source in reversed(sources):
        chosen.update(source)
    for field in _unused_credentials(sources):
        chosen.pop(field, None)
    _require(chosen)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.field in chosen:
            values.update(_typed(setting, *chosen[setting.field]))
    values.update(fixed)
    try:
        return Connection(**values)
    except InvalidInput as error:
        raise _in_users_words(error, chosen) from None


def _from_options(options: Mapping[str, Any]) -> _Found:
    found = {
        field: (options[setting.option], setting.option)
        for field, setting in _BY_FIELD.items()
        if options.get(setting.option) not in (None, "")
    }
    if _KEY_PAIR & found.keys() and {"username", "password"} & found.keys():
        raise InvalidInput(
            "api_key or api_secret and api_username or api_password are given together",
            option="api_key",
            remedy="give one kind of credentials",
        )
    return found


def _from_environment(environ: Mapping[str, str]) -> _Found:
    return {
        field: (environ[setting.env], setting.env) for field, setting in _BY_FIELD.items() if environ.get(setting.env)
    }


def _from_profile(profile: str, file: Path) -> _Found:
    found = read_profile(profile, file)
    return {
        setting.field: (found[setting.profile], f"{setting.profile} of profile {profile} in {file}")
        for setting in SETTINGS
        if setting.profile and found.get(setting.profile)
    }


def _at_home(file: str, environ: Mapping[str, str]) -> Path:
    if file.startswith("~/") and environ.get("HOME"):
        return Path(environ["HOME"], file[2:])
    return Path(file).expanduser()


def _unused_credentials(sources: list[_Found]) -> frozenset[str]:
    for source in sources:
        if _KEY_PAIR & source.keys():
            return _USER
        if {"username", "password"} & source.keys():
            return _KEY_PAIR
    return frozenset()


def _require(chosen: _Found) -> None:
    if "endpoint" not in chosen:
        raise _missing("the URL of the API is not given", "endpoint")
    if not {"key", "secret", "username", "password"} & chosen.keys():
        raise _missing(
            "no credentials are given", "key", "secret", suffix="; or api_username and api_password to log in"
        )
    for first, second in (("key", "secret"), ("username", "password")):
        for one, other in ((first, second), (second, first)):
            if one in chosen and other not in chosen:
                raise _missing(f"{chosen[one][1]} is given without {_BY_FIELD[other].option}", other)


def _missing(what: str, *wanted: str, suffix: str = "") -> InvalidInput:
    settings = [_BY_FIELD[field] for field in wanted]
    options, variables = (" and ".join(names) for names in ([s.option for s in settings], [s.env for s in settings]))
    return InvalidInput(
        what,
        option=settings[0].option,
        remedy=f"set {options}, or {variables} in the environment, or name a cmk profile with api_profile or "
        f"CLOUDSTACK_PROFILE{suffix}",
    )


def _typed(setting: Setting, value: Any, name: str) -> dict[str, Any]:
    """The field and its value; a path in ``CLOUDSTACK_VERIFY`` becomes the CA file."""
    if not isinstance(value, str):
        return {setting.field: value}
    if setting.kind in ("int", "float"):
        try:
            return {setting.field: int(value) if setting.kind == "int" else float(value)}
        except ValueError:
            raise InvalidInput(f"{name} is not a number: {value}", option=name, value=value) from None
    if setting.kind == "bool":
        return _boolean_or_path(setting.field, value, name)
    if setting.field in _KEY_PAIR:
        # Neither holds blanks; a line end comes along when it is read from a file.
        return {setting.field: value.strip()}
    return {setting.field: value.lower() if setting.field == "method" else value}


def _boolean_or_path(field: str, value: str, name: str) -> dict[str, Any]:
    if value.strip().lower() in _TRUE | _FALSE:
        return {field: value.strip().lower() in _TRUE}
    if Path(value).expanduser().is_file():
        return {field: True, "ca_file": str(Path(value).expanduser())}
    raise InvalidInput(
        f"{name} is neither a boolean nor a file: {value}",
        option=name,
        value=value,
        remedy="give true, false, or the path of a file with CA certificates",
    )


def _in_users_words(error: InvalidInput, chosen: _Found) -> InvalidInput:
    """The check of a field, told with the name under which the user gave it."""
    field = error.option or ""
    name = chosen[field][1] if field in chosen else _BY_FIELD[field].option if field in _BY_FIELD else field
    return InvalidInput(error.message.replace(field, name, 1), option=name, value=error.value, remedy=error.remedy)
