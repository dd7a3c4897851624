"""Which environment variables a topology may set for a program on a host. Pure.

What decides which code a process loads, what it trusts or whom it talks to is not the module's to
set: its code runs in a box, and such a variable would reach around it.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")
_NEVER = re.compile(
    r"(LD_|DYLD_|PYTHON|DEEPCAT|ANSIBLE|SUPERVISOR|VAULT|SSL_|SSH_|GIT_|XDG_|LC_|GCONV|GLIBC|MALLOC"
    r"|NSS_|RES_|CUDA_INJECTION|CUDA_VISIBLE|NVIDIA_|ROCR_|HIP_|TF_PLUGGABLE"
    # What the libraries of the server load, run or write by their own variables.
    r"|OPENSSL_|GRPC_DEFAULT_SSL|KRB5|NCCL_|UCX_|OMP_TOOL|XLA_FLAGS|TF_XLA_FLAGS)"
    r"|.*(_PROXY|PRELOAD|_CA_BUNDLE|_LIBRARY_PATH)\Z"
    r"|(PATH|HOME|USER|LOGNAME|SHELL|ENV|BASH_ENV|IFS|LANG|TZDIR|TMPDIR|VIRTUAL_ENV|LOCPATH|NLSPATH"
    r"|HOSTALIASES|LOCALDOMAIN|NOTIFY_SOCKET)\Z",
    re.IGNORECASE,
)


def may_be_set(name: str) -> bool:
    """Whether a topology may set the variable."""
    return _NAME.match(name) is not None and _NEVER.match(name) is None
