"""Whether TensorFlow is to put neighbouring operations of a graph together; told by its file.

What it puts together is handed to oneDNN. For a convolution that spares passes over its output. For
matrices alone it spares nothing that was measured, and of a small one the call into oneDNN costs
more than to compute it.
"""

from __future__ import annotations

import mmap
from pathlib import Path

# So begin the names of all operations that convolve, and of few others.
_CONVOLUTION = b"Conv"


def pays(graph: Path) -> bool:
    """Whether a graph has convolutions, for all that its file says; where there is none, too."""
    try:
        with graph.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            return text.find(_CONVOLUTION) >= 0
    except (OSError, ValueError):
        return True
