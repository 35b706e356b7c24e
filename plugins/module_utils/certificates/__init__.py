# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate that console proxies and secondary storage VMs serve: read, checked, uploaded and probed."""

from __future__ import annotations

from .bundle import HAS_CRYPTOGRAPHY, Bundle, look_up_names, plain_domain, read_bundle
from .journal import Journal
from .names import system_vm_records, zone_file
from .probe import Served, UnreachableError, look
from .upload import Upload, uploads

__all__ = (
    "HAS_CRYPTOGRAPHY",
    "Bundle",
    "Journal",
    "Served",
    "UnreachableError",
    "Upload",
    "look",
    "look_up_names",
    "plain_domain",
    "read_bundle",
    "system_vm_records",
    "uploads",
    "zone_file",
)
