"""What a new password must be like, as the settings of its user's domain tell."""

from __future__ import annotations

import re

from ...call import Call
from ...errors import InvalidParameter
from ...model.tenants import Domain


def check(call: Call, password: str, username: str, domain: Domain) -> None:
    letters = [c for c in password if c.isalnum()]
    found = (
        ("special.characters", "special characters", len(password) - len(letters)),
        ("uppercase.letters", "upper case letters", sum(c.isupper() for c in letters)),
        ("lowercase.letters", "lower case letters", sum(c.islower() for c in letters)),
        ("digits", "digits", sum(c.isdigit() for c in letters)),
        ("length", "characters", len(password)),
    )
    for setting, word, number in found:
        least = int(call.setting(f"password.policy.minimum.{setting}", domain))
        if number < least:
            raise InvalidParameter(f"User password should contain at least [{least}] {word}.")
    if not call.setting("password.policy.allowPasswordToContainUsername", domain) and (
        username.lower() in password.lower()
    ):
        raise InvalidParameter("User password should not contain their username.")
    pattern = call.setting("password.policy.regex", domain)
    if pattern and not re.fullmatch(pattern, password):
        raise InvalidParameter("User password does not match with password policy regex.")
