"""Link this clone once as ansible_collections/cloudstack/ops in the site-packages of the Python that runs this.

Code and tests import the collection by that one name, so that no class exists twice.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def link(site_packages: Path) -> Path:
    """Make the link, replacing one that points elsewhere. Raises FileExistsError for a real directory there."""
    place = site_packages / "ansible_collections" / "cloudstack" / "ops"
    if place.is_symlink():
        if place.resolve() == ROOT:
            return place
        place.unlink()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(ROOT, target_is_directory=True)
    return place


if __name__ == "__main__":
    if sys.prefix == sys.base_prefix:
        sys.exit("Run this with the Python of a virtual environment: it writes into site-packages.")
    link(Path(sysconfig.get_path("purelib")))
