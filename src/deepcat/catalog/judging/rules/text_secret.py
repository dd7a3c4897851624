"""No text holds a secret.

Why:
    What Git once knew, everyone can read for ever, also after it was removed.
Mend:
    Withdraw the secret where it was issued: it is no longer one. Then name it by reference, such as
    `env:MY_TOKEN`, and give it to deepcat outside Git.
Bad:
    token: a token of a forge or cloud
Good:
    credentials:
      token: env:MY_CLOUD_TOKEN
"""

import re
from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.scan import scan_near
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

# One of these stands in every match.
_NEAR = (
    *(
        b"PRIVATE KEY",
        b"AKIA",
        b"ASIA",
        b"ghp_",
        b"gho_",
        b"ghu_",
        b"ghs_",
        b"ghr_",
    ),
    *(b"github_pat_", b"glpat-", b"xox", b"hf_", b"sk-", b"pypi-", b"hvs.", b"AIza", b"eyJ"),
)
_SECRET = re.compile(
    r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,251}\b|\bgithub_pat_[A-Za-z0-9_]{60,251}\b"
    r"|\bglpat-[A-Za-z0-9_-]{20,64}\b|\bxox[abprs]-[A-Za-z0-9-]{20,200}\b"
    r"|\bhf_[A-Za-z]{34}\b|\bsk-[A-Za-z0-9_-]{40,200}\b|\bpypi-[A-Za-z0-9_-]{60,300}"
    r"|\bhvs\.[A-Za-z0-9_-]{24,200}\b|\bAIza[0-9A-Za-z_-]{35}\b"
    r"|\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"
)


@unit_rule(
    __doc__, "text/secret", UnitKind.CATALOG, UnitKind.CLOUD, UnitKind.DEPLOYMENT, UnitKind.MODULE
)
def secret(view: View) -> Iterator[Flaw]:
    """Every text that has the form of a well-known kind of secret; the secret is not repeated."""
    for name, _, line, column in scan_near(view, _SECRET, _NEAR):
        message = "this looks like a secret"
        hint = "withdraw it where it was issued, and name it by reference such as `env:MY_TOKEN`"
        yield Flaw(view.file_place(name, line, column), message, hint)
