"""Files of a deployment that somebody changed, by what each workload remembers of its own."""

from __future__ import annotations

from deepcat.host.model_server.contents import altered_models
from deepcat.host.place import Place

_WORKLOADS = (altered_models,)


def altered(place: Place) -> tuple[str, ...]:
    """The changed files, relative to the deployment's folder."""
    return tuple(name for of_workload in _WORKLOADS for name in of_workload(place.folder))
