"""What is really there: all that bears the catalog's owner tag, as the kinds of cloud list it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.host.notebook.values import SUFFIX, prefix_of
from deepcat.host.place import is_place

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.clouds.kind import Found, Listing
    from deepcat.plan.values import State
    from deepcat.records.record import Record
    from deepcat.review.drift import Drift, Seen


@dataclass(frozen=True, slots=True)
class Observation:
    """All that bears the catalog's owner tag, as far as the kinds of cloud could look.

    Attributes:
        listings: one of each kind that answered.
        catalog: this catalog's id; what bears another one's is somebody else's, and left alone.
        far: names of the clouds that are not this very machine, whatever their hosts say they are.
    """

    listings: tuple[Listing, ...]
    catalog: str = ""
    far: frozenset[str] = frozenset()

    @property
    def _all(self) -> Iterator[Found]:
        return (
            each
            for listing in self.listings
            for each in listing.found
            if each.owner.get("catalog") in (None, "", self.catalog)
        )

    @property
    def found(self) -> dict[str, Found]:
        """What is there, by deployment's name; of several under one name, any."""
        return {each.name: each for each in self._all}

    def _apart(self, records: Mapping[str, Record]) -> tuple[dict[str, Found], tuple[Found, ...]]:
        """What is there by name, and what is there again although its record says another place."""
        own: dict[str, Found] = {}
        copies: list[Found] = []
        for each in self._all:
            record = records.get(each.name)
            if record is None or _lies_there(record.state, each):
                own[each.name] = each
            else:
                copies.append(each)
        return own, tuple(copies)

    @property
    def unseen(self) -> tuple[str, ...]:
        """What could not be looked at, in words."""
        return tuple(listing.detail for listing in self.listings if listing.detail)

    def there(self, state: State) -> Found | None:
        """What was found where a record says that it is: what others say under its name is not."""
        named = (each for each in self._all if each.name == state.name)
        return next((each for each in named if _lies_there(state, each)), None)

    def tag_of(self, state: State) -> State | None:
        """What the owner tag says where a record says that it is; None where there is none."""
        found = self.there(state)
        return _tag(found) if found else None

    def where_now(self, state: State) -> dict[str, str]:
        """A deployment's endpoints: where its programs listen by now, where these choose that."""
        found = self.there(state)
        listens = found.listens if found else {}
        by_tls = bool(state.resources.get("certificate"))
        programs = state.resources.get("programs", ())
        return {**state.endpoints, **moved(programs, listens, by_tls=by_tls)}

    def stopped(self, state: State) -> str | None:
        """Why nobody can work in a place to develop now; None where anything of it goes on.

        It counts as running: its place and its work are kept, and one command starts it again.
        """
        found = self.there(state)
        told = found.stopped if found else {}
        programs = state.resources.get("programs", ())
        if not told.keys() >= set(programs):
            return None
        return next((told[name] for name in programs), None)

    def covers(self, state: State) -> bool:
        """Whether a deployment would have been found if it were there."""
        return any(True for _ in self._covered(state))

    def _covered(self, state: State) -> Iterator[Listing]:
        """The listings that it would be in; of what far clouds have, this machine's is none."""
        for listing in self.listings:
            if not (listing.machine and state.cloud in self.far) and _covers(listing, state):
                yield listing

    def tagged(self) -> dict[str, State]:
        """What the owner tags say, by deployment's name; those that can be read."""
        found = ((name, _tag(each)) for name, each in self.found.items())
        return {name: state for name, state in found if state is not None}

    def drift(self, records: Mapping[str, Record], wishes: Collection[str] = ()) -> Drift:
        """What differs between the records and what is there.

        Args:
            records: by deployment's name.
            wishes: names of the deployments that main holds.
        """
        from deepcat.review.drift import drift

        own, copies = self._apart(records)
        young = {name for name in records.keys() - own.keys() if self._is_young(records[name])}

        def covers(state: State) -> bool:
            return state.name not in young and self.covers(state)

        seen = {name: _seen(each) for name, each in own.items()}
        return drift(records, seen, covers, wishes, self.unseen, map(_seen, copies))

    def _is_young(self, record: Record) -> bool:
        """Whether it was brought up so lately that its cloud may not list it yet."""
        from deepcat.records.history import instant

        lag = max((each.lag_s for each in self._covered(record.state)), default=0)
        since = instant(record.updated)
        if not lag or since is None:
            return False
        return (datetime.now(UTC) - since).total_seconds() < lag


def moved(
    programs: Iterable[str], listens: Mapping[str, Mapping[str, Any]], *, by_tls: bool = False
) -> dict[str, str]:
    """The endpoints of programs that choose where they listen, as these say now. Pure.

    Args:
        programs: of the deployment, each `deployment~node~generation`.
        listens: program -> where it listens.
        by_tls: whether they answer by TLS alone.
    """
    named = [name for name in programs if name in listens]
    told = {name.split("~")[1]: listens[name] for name in named}
    notebooks = {n.split("~")[1]: n.split("~")[0] for n in named if n.endswith(SUFFIX)}
    found = {}
    for node, at in told.items():
        prefix = "" if len(told) == 1 else f"{node}-"
        host = f"[{at['address']}]" if ":" in str(at["address"]) else str(at["address"])
        if node in notebooks:
            found[f"{prefix}notebook"] = f"http://{host}:{at['rest']}{prefix_of(notebooks[node])}"
            continue
        found[f"{prefix}rest"] = f"{'https' if by_tls else 'http'}://{host}:{at['rest']}"
        found[f"{prefix}grpc"] = f"{'https://' if by_tls else ''}{host}:{at['grpc']}"
    return found


def _covers(listing: Listing, state: State) -> bool:
    if not listing.machine:
        return state.cloud in listing.clouds or (state.cloud, state.shape) in listing.shapes
    if listing.machine != state.resources.get("machine"):
        return False
    place = str(state.resources.get("place", ""))
    # Another clone's on this machine lies elsewhere; what lies nowhere any more would be here.
    return not listing.folder or place.startswith(f"{listing.folder}/") or not is_place(place)


def _lies_there(state: State, found: Found) -> bool:
    """Whether what was found is where a record says that it is."""
    if not found.cloud:
        return True
    at = {(state.cloud, part.shape) for part in state.parts}
    return (found.cloud, found.shape) in at or (not found.shape and found.cloud == state.cloud)


def _tag(found: Found) -> State | None:
    """What an owner tag says; None where it cannot be read.

    It lies where a module's own scripts run, so it is read as records are.
    """
    from deepcat.records.shape import require_shape
    from deepcat.runs.state import from_tag

    with suppress(ValueError):
        require_shape(found.owner)
        state = from_tag(found.owner)
        if state.name == found.name:
            return state
    return None


def _seen(found: Found) -> Seen:
    from deepcat.review.drift import Seen

    state = _tag(found)
    if state is not None and found.cloud:
        state = replace(state, cloud=found.cloud, shape=found.shape or state.shape)
    return Seen(found.name, state, found.up, found.loose, found.altered, found.waits)


def is_up(up: Collection[str], state: State) -> bool:
    """Whether all programs of a deployment are among those that run."""
    return set(up).issuperset(state.resources.get("programs", ()))


def observe(root: Path, clouds: Mapping[str, Cloud]) -> Observation:
    """Ask every kind of cloud what is there.

    Args:
        root: the catalog's folder.
        clouds: of the catalog, by name; a kind that needs none of their files is asked without.
    """
    from deepcat.clouds import registry
    from deepcat.clouds.means import means

    given = means(root)
    far = frozenset(name for name, cloud in clouds.items() if not registry.is_here(cloud))
    return Observation(registry.observe(clouds, given), given.catalog, far)
