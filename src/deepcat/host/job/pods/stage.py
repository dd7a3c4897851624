"""What brings the data of a training into its pod before the training begins.

It is our image's `deepcat-stage`, told by one variable, `DEEPCAT_STAGED`, as JSON: ``data``, a list
of what is wanted, and ``hosts``, whom it may ask. Lists of files, and files that came along, lie
below `/brought`. What goes wrong is the last line that it says, as `deepcat serve` words errors.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.host.data import wanted
from deepcat.host.data.wanted import Datum
from deepcat.host.data.web import Allowed
from deepcat.host.failure import StepError
from deepcat.host.job.pods import values


def main() -> None:
    """Bring all of it; ends with status 1 where some cannot be had."""
    try:
        stage(json.loads(os.environ[values.STAGED]), values.DATA, values.BROUGHT)
    except StepError as error:
        sys.exit(f"error [{error.code}]: {error.message}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"error [run/values]: {type(error).__name__}: {error}")


def stage(asked: Mapping[str, Any], into: Path, brought: Path) -> None:
    """Bring data, each file held against its checksum.

    Args:
        asked: as the module's docstring has it.
        into: the folder that gets it.
        brought: what came along.

    Raises:
        StepError: some cannot be had (``data/…``).
    """
    allowed = Allowed(tuple(map(str, asked["hosts"])))
    for each in asked["data"]:
        wanted.stage(into, Datum(**each), brought, allowed)
        print(f"the data {each['name']} is verified", flush=True)
