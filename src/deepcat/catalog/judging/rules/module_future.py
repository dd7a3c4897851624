"""No day on which something was made or changed lies in the future.

Why:
    Readers sort by these days: what claims to be of tomorrow stands above all others, until the day
    comes.
Mend:
    Write the day on which it was made, updated or changed. A day counts as come once it has begun
    anywhere on Earth.
Bad:
    dates:
      created: "2024-01-01"
      updated: "2099-01-02"
Good:
    dates:
      created: "2024-01-01"
      updated: "2024-01-02"
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import UnitKind

# Kiribati is so far ahead of UTC.
_EARLIEST_ZONE = timedelta(hours=14)


@unit_rule(__doc__, "module/future", UnitKind.MODULE, severity=Severity.HINT, by_day=True)
def future(view: View) -> Iterator[Flaw]:
    """The days of the module and of its changes."""
    latest = last_day(datetime.now(UTC))
    days = view.data.get("dates", {})
    dated: list[tuple[Pointer, str]] = [
        (("dates", key), days.get(key, "")) for key in ("created", "updated")
    ]
    dated += [((*at, "date"), change.get("date", "")) for at, change in view.each("changes")]
    for pointer, day in dated:
        if day > latest:
            message = f"{day} has not come yet"
            yield Flaw(view.place(*pointer), message, "write the day on which it was done")


def last_day(now: datetime) -> str:
    """The last day that has begun anywhere on Earth."""
    return (now + _EARLIEST_ZONE).date().isoformat()
