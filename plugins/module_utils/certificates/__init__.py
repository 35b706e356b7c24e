# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate that console proxies and secondary storage VMs serve: read, checked, uploaded and probed."""

from __future__ import annotations

from .bundle import Bundle, read_bundle
from .probe import Served, UnreachableError, look
from .upload import Upload, uploads

__all__ = ("Bundle", "Served", "UnreachableError", "Upload", "look", "read_bundle", "uploads")
