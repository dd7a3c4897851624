"""EDGE: trainings of this machine as they go now, in place of the files that the build wrote."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deepcat_site.api.document import compact
from deepcat_site.views import trainings

if TYPE_CHECKING:
    from deepcat.loop.trainings import Seen

_PATH = re.compile(r"/modules/([a-z0-9-]+)/trainings/([0-9a-f]{12})/(state|curves)\.json")
# Together with the three seconds that a page waits, what it shows is less than five seconds old.
KEPT_S = 1.5


class Going:
    """What pages of trainings ask for, looked at once in a while for all readers together."""

    def __init__(
        self, look: Callable[[], Seen], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Look at nothing yet.

        Args:
            look: at the trainings of this machine; the curves of each that may be shown.
            clock: seconds, from anywhere.
        """
        self._look, self._clock = look, clock
        self._lock = Lock()
        self._seen: Seen | None = None
        self._until = 0.0

    def answer(self, path: str) -> bytes | None:
        """JSON for a path of the website; None where the file there says all that is known."""
        asked = _PATH.fullmatch(urlsplit(path).path)
        if asked is None:
            return None
        module, name, what = asked.groups()
        seen = self._now()
        training = seen.trainings.get(name)
        if training is None or training.module != module or name not in seen.curves:
            return None
        if what == "curves":
            return compact(trainings.points(seen.curves[name]))
        return compact(trainings.going(trainings.row(training)))

    def _now(self) -> Seen:
        with self._lock:
            if self._seen is None or self._clock() >= self._until:
                self._seen = self._look()
                self._until = self._clock() + KEPT_S
            return self._seen
