"""What goes with a server, and what outlives it."""

from __future__ import annotations

from typing import Any

from deepcat.clouds.kinds.openstack.edge import VOLUMES
from deepcat.clouds.kinds.openstack.going import data_before, data_of, take_away
from deepcat.clouds.kinds.openstack.names import DATA, PART, Of, description, known

OF = Of("0123456789ab", "demo", "small")


class Listed:
    """A project with a disk and a volume for data, whose store may list nothing for a moment."""

    def __init__(self, **own: Any) -> None:
        self.own, self.server_groups, self.is_silent = own, self, True
        row = {"description": description(OF, {}), "servers": [], "status": "available", "size": 1}
        self.volumes = [
            {**row, "id": "disk", "metadata": known(OF)},
            {**row, "id": "data", "metadata": known(OF) | {PART: DATA}},
        ]

    def servers(self, *_: str) -> list[Any]:
        return []

    def sweep(self, *_: str, **__: bool) -> None:
        pass

    def attached(self, kind: str) -> list[Any]:
        return list(self.volumes) if kind == VOLUMES and not self.is_silent else []

    def delete_attached(self, _: str, id_: str) -> None:
        self.volumes = [each for each in self.volumes if each["id"] != id_]


def test_a_store_that_lists_nothing_for_a_moment_loses_no_data() -> None:
    for own, left in (({}, ["data"]), ({"volume": {"size": 1}}, [])):
        project: Any = Listed(**own)
        before = data_before(project, OF)
        project.is_silent = False
        take_away(project, OF, before)  # where one is asked for, it was made since
        assert [each["id"] for each in project.volumes] == left
    project = Listed()
    project.is_silent = False
    assert take_away(project, OF, data_of(OF)) and [each["id"] for each in project.volumes] == [
        "data"
    ]
    assert take_away(project, OF) and not project.volumes
