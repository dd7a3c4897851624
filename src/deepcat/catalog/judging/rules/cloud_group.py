"""A group that a cloud admits is one that `deepcat.yaml` names.

Why:
    A misspelt group admits nobody, and its people wonder why.
Mend:
    Correct the name, or add the group under `groups` in `deepcat.yaml`.
Bad:
    users: ["@staf"]
Good:
    users: ["@staff"]
"""

from collections.abc import Iterator, Mapping

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@unit_rule(__doc__, "cloud/group", UnitKind.CLOUD, needs="users")
def group(view: View) -> Iterator[Flaw]:
    """Every user that begins with `@`."""
    groups = view.settings.get("groups")
    known = groups if isinstance(groups, Mapping) else {}
    for index, user in enumerate(view.data["users"]):
        if user and user.startswith("@") and user[1:] not in known:
            likely = nearest(user[1:], known)
            hint = (
                f"did you mean `@{likely}`?" if likely else "add it to `groups` in `deepcat.yaml`"
            )
            yield Flaw(view.place("users", index), f"there is no group {shown(user)}", hint)
