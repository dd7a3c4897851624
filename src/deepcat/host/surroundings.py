"""What a program needs of the variables of whoever starts it; above all no one's secrets. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEPT = re.compile(
    r"(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|SSL_CERT_\w+|VIRTUAL_ENV"
    # Where engines of containers keep what they have.
    r"|XDG_RUNTIME_DIR|CONTAINERS_(STORAGE_)?CONF|(APPTAINER|SINGULARITY)_(CACHEDIR|TMPDIR)"
    r"|CUDA\w*|NVIDIA\w*|ROCR\w*|HIP\w*|TF_\w+|XLA_\w+|OMP_\w+)\Z"
)


def kept(given: Mapping[str, str]) -> dict[str, str]:
    """Those variables that go on."""
    return {name: value for name, value in given.items() if _KEPT.match(name)}
