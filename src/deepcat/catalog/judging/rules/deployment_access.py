"""What a deployment, or the catalog for all, says of who may call can be carried out.

Why:
    Who finds `access` in a file takes what is served for guarded, so it says something. A key that
    two callers share tells neither of them apart, and takes the other one's bounds. What no
    workload may be given is no caller's key, and a key that stands in the file is everybody's. A
    bound for each caller holds where callers are told apart. `open` lets everybody in, so that no
    word of who may call stands beside it.
Mend:
    Give each caller a key of its own, below `env:DEEPCAT_WORKLOAD_…` or in Vault; `deepcat serve
    --new-key NAME` makes one. Say `keys` or `oidc` where you say `limits`, there or in
    `deepcat.yaml`.
Bad:
    access:
      keys:
        ada: {secret: env:GITHUB_TOKEN}
Good:
    access:
      keys:
        ada: {secret: env:DEEPCAT_WORKLOAD_ADA_KEY}
"""

from collections.abc import Iterator

from deepcat.catalog.access import OPEN, WORDS
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.paths import NAME
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown
from deepcat.errors import DeepcatError
from deepcat.secrets.reference import parse, require_for_workload

_HERE = ("access", "keys")


@unit_rule(__doc__, "deployment/access", UnitKind.DEPLOYMENT, UnitKind.CATALOG, needs="access")
def access(view: View) -> Iterator[Flaw]:
    """The keys one by one and against one another, and whether callers are told apart."""
    said = view.data["access"]
    beside = [word for word in WORDS if word in said]
    empty = [word for word in beside if not said[word]]
    if said.get(OPEN) and beside:
        message = f"`open` lets everybody in, and `{beside[0]}` says who may call"
        yield Flaw(view.place("access", OPEN), message, "take one of them away")
    if empty or not (beside or said.get(OPEN)):
        where = view.place("access", *empty[:1])
        message = f"`{empty[0] if empty else 'access'}` says nothing, and lets everybody in"
        yield Flaw(where, message, "say who may call, or take it away")
    keys = said.get("keys") or {}
    seen: dict[str, str] = {}
    for name, key in keys.items():
        if not NAME.match(name):
            message = f"{shown(name)} cannot be whose a key is"
            hint = "use lower-case letters, digits and `-`"
            yield Flaw(view.place(*_HERE, name), message, hint)
        secret = key.get("secret") if isinstance(key, dict) else None
        if not isinstance(secret, str):
            continue
        yield from _forbidden(view, (*_HERE, name, "secret"), f"the key of `{name}`", secret)
        if (other := seen.setdefault(secret, name)) != name:
            message = f"`{other}` and `{name}` would have the same key"
            yield Flaw(view.place(*_HERE, name, "secret"), message, "give each a key of its own")
    for part in ("certificate", "key"):
        if isinstance(lies := (said.get("tls") or {}).get(part), str):
            yield from _forbidden(view, ("access", "tls", part), f"`tls.{part}`", lies)
    if said.get("limits") and not (keys or said.get("oidc") or _tells_apart(view)):
        message = "`limits` count callers, and nobody is told apart"
        hint = "say `keys` or `oidc`, too, or take `limits` away"
        yield Flaw(view.place("access", "limits"), message, hint)


def _tells_apart(view: View) -> bool:
    """Whether the catalog's own file has each deployment ask for keys or tokens."""
    said = view.settings.get("access")
    return isinstance(said, dict) and bool(said.get("keys") or said.get("oidc"))


def _forbidden(view: View, pointer: Pointer, what: str, secret: str) -> Iterator[Flaw]:
    reference = parse(secret)
    if reference is None:  # it may be a key, which no finding repeats
        message = f"{what} is no reference, and this file is public"
        hint = "name where it lies, such as `env:DEEPCAT_WORKLOAD_…`; withdraw one that stood here"
        yield Flaw(view.place(*pointer), message, hint)
        return
    try:
        require_for_workload(reference)
    except DeepcatError as error:
        yield Flaw(view.place(*pointer), f"{what}: {error.message}", error.hint)
