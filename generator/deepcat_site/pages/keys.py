"""What parts look at, as texts that change whenever it does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from deepcat_site.digests import digest
from deepcat_site.manifest import Entries
from deepcat_site.values import Source
from deepcat_site.views.place import Place


class Keys:
    """The texts of one build, each made once."""

    def __init__(self, source: Source, entries: Entries, places: Sequence[Place]) -> None:
        self._source = source
        self._entries = entries
        self._places = places

    @property
    def cards(self) -> str:
        """What lists say of the modules."""
        return self._entries.cards_key

    @property
    def looks(self) -> str:
        """The same, and what is drawn on them."""
        return self._entries.looks_key

    @cached_property
    def modules(self) -> str:
        """All that the modules are made of."""
        return digest("\n".join([f"{n} {e.key}" for n, e in self._entries.items()]).encode())

    @cached_property
    def names(self) -> str:
        """Which modules there are."""
        return " ".join(self._entries)

    @cached_property
    def findings(self) -> str:
        """What is wrong, in the catalog and in its topologies."""
        return f"{self._source.catalog.findings_fingerprint} {self._entries.findings_key}"

    @cached_property
    def places(self) -> str:
        """The deployments in short, and which clouds answer."""
        return repr((self._places, self._source.health))

    @cached_property
    def records(self) -> str:
        """All that is known of the deployments, and at which instant."""
        source = self._source
        return repr((source.records, source.history, source.now if source.records else ""))

    @cached_property
    def trainings(self) -> str:
        """All that is known of trainings."""
        return digest(repr((self._source.trainings, self._source.curve_ids)).encode())

    @cached_property
    def history(self) -> str:
        """What happened to the deployments, and which of them have a page."""
        source = self._source
        return repr((source.history, sorted({*source.records, *source.catalog.deployments})))

    @cached_property
    def health(self) -> str:
        """Which clouds answer."""
        return repr(self._source.health)

    @cached_property
    def clouds(self) -> str:
        """The clouds' files."""
        clouds = self._source.catalog.clouds.values()
        return repr([(cloud.path, cloud.kind, cloud.data) for cloud in clouds])

    @cached_property
    def collections(self) -> str:
        """The collections' files."""
        return repr(sorted(self._source.catalog.collections.items()))

    @cached_property
    def datasets(self) -> str:
        """The data sets' files, and which modules are trained with each."""
        catalog = self._source.catalog
        rows = sorted((name, data.digest, data.data) for name, data in catalog.datasets.items())
        return digest(repr((rows, sorted(catalog.reads.items()))).encode())

    @cached_property
    def wishes(self) -> str:
        """The deployments' files."""
        wishes = self._source.catalog.deployments.values()
        return repr([(wish.path, wish.data) for wish in wishes])

    @cached_property
    def planned(self) -> str:
        """What a plan would do now."""
        plan = self._source.plan
        return repr((plan.changes, plan.refusals)) if plan else ""
