"""A way to become somebody that stays who it is, and leaves a line for each command in the home folder."""

from __future__ import annotations

from ansible.plugins.become import BecomeBase

DOCUMENTATION = """
name: counted
short_description: Stays who it is
description: [Leaves a line for each command.]
author: Contributors to the cloudstack.ops project
options:
  become_user: {description: [Ignored.], default: root, vars: [{name: ansible_become_user}]}
  become_exe: {description: [Ignored.]}
  become_flags: {description: [Ignored.]}
  become_pass: {description: [Ignored.]}
"""


class BecomeModule(BecomeBase):
    name = "counted"

    def build_become_command(self, cmd, shell):
        super().build_become_command(cmd, shell)
        return f"echo became >> $HOME/became; {self._build_success_command(cmd, shell)}"
