"""This machine, reached as if it were another one, so that tasks run as ordinary modules."""

from __future__ import annotations

from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: elsewhere
short_description: This machine as if it were another
description:
  - Runs everything here, but is not the local connection.
"""


class Connection(Local):
    transport = "elsewhere"
