"""How well-known kinds of secret look. Pure."""

from __future__ import annotations

import re

# One of these stands in every match.
NEAR = (
    *(b"PRIVATE KEY", b"AKIA", b"ASIA", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
    *(b"github_pat_", b"glpat-", b"xox", b"hf_", b"sk-", b"pypi-", b"hvs.", b"AIza", b"eyJ"),
)
SECRET = re.compile(
    r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,251}\b|\bgithub_pat_[A-Za-z0-9_]{60,251}\b"
    r"|\bglpat-[A-Za-z0-9_-]{20,64}\b|\bxox[abprs]-[A-Za-z0-9-]{20,200}\b"
    r"|\bhf_[A-Za-z]{34}\b|\bsk-[A-Za-z0-9_-]{40,200}\b|\bpypi-[A-Za-z0-9_-]{60,300}"
    r"|\bhvs\.[A-Za-z0-9_-]{24,200}\b|\bAIza[0-9A-Za-z_-]{35}\b"
    r"|\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"
)


def holds_secret(content: bytes) -> bool:
    """Whether a file holds what has the form of one."""
    if not any(each in content for each in NEAR):
        return False
    return SECRET.search(content.decode("utf-8", "replace")) is not None
