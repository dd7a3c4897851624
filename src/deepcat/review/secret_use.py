"""Which secrets a pull request makes somebody name, and whether they are theirs. Pure.

Whose secrets are whose is read where the change shall go to: nobody gives oneself a secret in the
change that uses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from deepcat.catalog.findings import Finding
from deepcat.catalog.judging.named_secrets import HINT, Named, named_secrets, people_of, refused
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import MODULE_FILE
from deepcat.catalog.settings import read_settings, require_settings
from deepcat.errors import DeepcatError
from deepcat.secrets.owners import SecretOwners, secret_owners


def owners_at(tip: Tree) -> SecretOwners | None:
    """Who owns what, at the tip; a file with a mistake gives nobody anything."""
    try:
        return secret_owners(require_settings(tip))
    except DeepcatError:
        return None if secret_owners(read_settings(tip)) is None else SecretOwners((), {})


def added(old: Tree, new: Tree, parts: Iterable[str]) -> tuple[Named, ...]:
    """The references that are named in more places than before, or given to somebody else.

    Args:
        old: what the change is compared with.
        new: what is proposed.
        parts: modules' folders and files that differ.
    """
    found: list[Named] = []
    for part in sorted(set(parts)):
        known = Counter(map(_use, named_secrets(old, part)))
        for each in named_secrets(new, part):
            if known[_use(each)]:
                known[_use(each)] -= 1
            else:
                found.append(each)
    return tuple(found)


def foreign(
    owners: SecretOwners, tip: Tree, new: Tree, parts: Collection[str]
) -> Iterator[Finding]:
    """Secrets of others that the parts name; judged by the people of both sides of the change."""
    for part in sorted(set(parts)):
        named = named_secrets(new, part)
        if not named:
            continue
        now, then = _people(tip, part), _people(new, part)
        who = None if then is None else then | (now or frozenset())
        for each, why in refused(named, owners, who):
            yield Finding(each.place, "secret/owner", why, HINT)


def _use(named: Named) -> tuple[str, str, str]:
    return named.place.path, named.text, named.getter


def _people(tree: Tree, part: str) -> frozenset[str] | None:
    path = f"{part}/{MODULE_FILE}" if part.startswith("modules/") else part
    try:
        document = read_bytes(tree.read(path), path)[0]
    except FileNotFoundError:
        document = None
    data = document.data if document and isinstance(document.data, dict) else {}
    return people_of(part, data)
