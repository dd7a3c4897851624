"""A module is updated on or after the day it was created, and no version is dated after the last.

Why:
    Readers sort by these days, and judge by them whether a module is still cared for.
Mend:
    Set `dates.updated` to the day of the newest version.
Bad:
    dates:
      created: "2024-05-01"
      updated: "2023-05-01"
Good:
    dates:
      created: "2023-05-01"
      updated: "2024-05-01"
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/dates", UnitKind.MODULE, needs="dates")
def dates(view: View) -> Iterator[Flaw]:
    """The two days, and those of the changes."""
    days = view.data["dates"]
    created, updated = days.get("created"), days.get("updated")
    if created and updated and updated < created:
        message = f"updated on {updated}, before it was created on {created}"
        yield Flaw(view.place("dates", "updated"), message, "correct one of the two days")
    for pointer, change in view.each("changes"):
        day = change.get("date")
        if updated and day and day > updated:
            message = f"this change of {day} is later than `dates.updated`, {updated}"
            hint = f'write `updated: "{day}"` under `dates`'
            yield Flaw(view.place(*pointer, "date"), message, hint)
