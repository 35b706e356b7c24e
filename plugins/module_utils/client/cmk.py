# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles of CloudMonkey (``cmk``), the command line tool of CloudStack."""

from __future__ import annotations

import configparser
from pathlib import Path

from .errors import InvalidInput

# Names of the "cs" tool's file for the same things.
_OTHER_NAMES = {"endpoint": "url", "key": "apikey", "secret": "secretkey"}
_TOP = "*"


def read_profile(profile: str, file: Path) -> dict[str, str]:
    """The settings of one profile: ``url``, ``apikey``, ``secretkey``, ``username``, ``password``, ``domain`` ...

    The file is INI: what is common to all profiles stands above the first section, each profile is a section, comments
    stand on lines of their own, a value may be quoted. Source: config/config.go of cloudstack-cloudmonkey.

    Raises InvalidInput when the file cannot be read or has no such profile; it lists those there are.
    """
    parser = configparser.ConfigParser(
        interpolation=None,
        default_section=_TOP,
        comment_prefixes=("#", ";"),
        inline_comment_prefixes=None,
        strict=False,
    )
    try:
        parser.read_string(f"[{_TOP}]\n{file.read_text(encoding='utf-8')}")
    except OSError as error:
        raise _wrong(f"the profile file {file} cannot be read: {error.strerror}", profile) from None
    except (configparser.Error, UnicodeDecodeError):
        # The parser's own message would show the line, and with it perhaps a secret.
        raise _wrong(f"the profile file {file} is not in the format of cmk", profile) from None
    if not parser.has_section(profile):
        known = ", ".join(parser.sections()) or "none"
        raise _wrong(f"there is no profile {profile} in {file}; there are: {known}", profile)
    return {_OTHER_NAMES.get(name, name): _unquoted(value) for name, value in parser.items(profile)}


def _unquoted(value: str) -> str:
    for quote in ('"""', "`", '"', "'"):
        if len(value) >= 2 * len(quote) and value.startswith(quote) and value.endswith(quote):
            return value[len(quote) : -len(quote)]
    return value


def _wrong(what: str, profile: str) -> InvalidInput:
    return InvalidInput(what, option="api_profile", value=profile, remedy="correct api_profile or CLOUDSTACK_PROFILE")
