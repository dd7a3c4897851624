"""A pytest plugin: how xdist goes on where a test brings its worker down.

xdist 3.8 gives the test that crashed to the next worker again, and leaves a worker that is given a
lone test waiting for a second one, so that the run never ends: CI was cut off after 90 minutes, and
told nothing. Here the test counts as done, since it is told as failed, and a worker that can get no
more is told so.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController


class Scheduling(LoadGroupScheduling):
    """xdist's own for groups, but for what a crash leaves."""

    def remove_node(self, node: WorkerController) -> str | None:
        """What `node` had left goes back to the queue; its test that was running is returned."""
        units = self.assigned_work.pop(node)
        crashed = next((each for unit in units.values() for each in unit if not unit[each]), None)
        for scope, unit in units.items():
            if crashed in unit:
                unit[crashed] = True
            if not all(unit.values()):
                self.workqueue[scope] = unit
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed

    def _reschedule(self, node: WorkerController) -> None:
        """Give `node` units until it has more than two tests, or tell it that no more will come."""
        while node in self.registered_collections and not node.shutting_down:
            if not self.workqueue:
                node.shutdown()
            elif self._pending_of(self.assigned_work[node]) > 2:
                return
            else:
                self._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Callable[..., None]
) -> LoadGroupScheduling | None:
    """Ours where tests are in groups."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None
