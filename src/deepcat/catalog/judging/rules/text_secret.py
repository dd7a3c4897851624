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

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.scan import scan_near
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.host.secret_forms import NEAR, SECRET


@unit_rule(
    __doc__, "text/secret", UnitKind.CATALOG, UnitKind.CLOUD, UnitKind.DEPLOYMENT, UnitKind.MODULE
)
def secret(view: View) -> Iterator[Flaw]:
    """Every text that has the form of a well-known kind of secret; the secret is not repeated."""
    for name, _, line, column in scan_near(view, SECRET, NEAR):
        message = "this looks like a secret"
        hint = "withdraw it where it was issued, and name it by reference such as `env:MY_TOKEN`"
        yield Flaw(view.file_place(name, line, column), message, hint)
