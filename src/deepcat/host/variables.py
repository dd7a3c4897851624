"""Which environment variables a topology may set for a program on a host. Pure.

A list of what may be set: what a module's own code reads, and what says how much of the processor
TensorFlow uses and how much it talks. What decides which code a process loads, what it trusts or
whom it talks to is not the module's to set.
"""

from __future__ import annotations

import re

_MAY = re.compile(
    r"MODEL_[A-Z0-9_]{1,120}"
    r"|TF_CPP_(MIN_LOG_LEVEL|MAX_VLOG_LEVEL|VMODULE)"
    r"|TF_NUM_(INTEROP|INTRAOP)_THREADS"
    r"|TF_(ENABLE_ONEDNN_OPTS|DETERMINISTIC_OPS|CUDNN_DETERMINISTIC|ENABLE_TF32)"
    r"|TF_(FORCE_GPU_ALLOW_GROWTH|GPU_ALLOCATOR|GPU_THREAD_MODE|GPU_THREAD_COUNT)"
    r"|TF_ENABLE_AUTO_MIXED_PRECISION"
    r"|(OMP|MKL|OPENBLAS|NUMEXPR)_NUM_THREADS"
    r"|KMP_(AFFINITY|BLOCKTIME|SETTINGS)"
    r"|TZ"
)


def may_be_set(name: str) -> bool:
    """Whether a topology may set the variable."""
    return _MAY.fullmatch(name) is not None
