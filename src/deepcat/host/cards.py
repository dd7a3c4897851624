"""EDGE: the graphics cards of this host, taken one by one, each by its UUID.

Two deployments never have the same card: whoever starts a server takes its cards under a lock that
all catalogs of one user on this host share. What a place's state names is held; what a process of
somebody else computes on is left alone. A card that is split is taken in its parts (MIG).
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.place import Place, locked, places, read_json, write_json
from deepcat.host.processes import lineage

# As `nvidia-smi -L` prints a card, and the parts of one that is split.
_CARD = re.compile(r"GPU (\d+): (.+?) \(UUID: (GPU-[^)\s]+)\)")
_PART = re.compile(r"\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[^)\s]+)\)")
# Rows of the tables that `nvidia-smi` prints: of parts (GPU, GI, CI, device), and of processes.
_ROW_PART = re.compile(r"(?m)^\|\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\|")
_ROW_PROCESS = re.compile(r"(?m)^\|\s*(\d+)\s+(\d+)\s+(\d+)\s+\d+\s+[CGM+]+\s")
_APPS = ("--query-compute-apps=gpu_uuid,pid", "--format=csv,noheader")
_POWER = ("--query-gpu=uuid,power.draw", "--format=csv,noheader,nounits")
_MOST_WATTS = 10_000.0
_BY_PROCESS = ("pmon", "-c", "1", "-s", "u")
_PROC = Path("/proc/driver/nvidia/gpus")
_FILE = re.compile(r"/dev/nvidia(\d+)\Z")
_ASK_S = 20.0
# A process that was just ended may still be listed.
_PATIENCE_S, _PAUSE_S = 5.0, 0.25


@dataclass(frozen=True)
class Card:
    """A graphics card, or a part of one that is split.

    Attributes:
        uuid: that the driver knows it by.
        name: of the card, in the driver's words.
        index: of the card.
        profile: of a part, such as ``1g.5gb``; empty for a whole card.
        part: of a part, its number among the card's; else -1.
    """

    uuid: str
    name: str
    index: int
    profile: str = ""
    part: int = -1


def listed(text: str) -> tuple[Card, ...]:
    """The cards in what `nvidia-smi -L` prints; of one that is split, its parts alone. Pure."""
    whole: dict[int, Card] = {}
    parts: list[Card] = []
    at = -1
    for line in text.splitlines():
        if found := _CARD.match(line):
            at = int(found[1])
            whole[at] = Card(found[3], found[2], at)
        elif (found := _PART.match(line)) and at in whole:
            parts.append(Card(found[3], whole[at].name, at, found[1], int(found[2])))
    split = {part.index for part in parts}
    cards = [card for card in whole.values() if card.index not in split]
    return tuple(sorted((*cards, *parts), key=lambda card: (card.index, card.part)))


def busy(cards: Iterable[Card], apps: str, table: str) -> frozenset[str]:
    """UUIDs of the cards that some process computes on. Pure.

    Args:
        cards: of the host.
        apps: what `nvidia-smi` prints of computing processes, each with a card's UUID.
        table: what it prints without arguments, where alone a process is told with its part.
    """
    named = {line.split(",")[0].strip() for line in apps.splitlines()}
    number = {found.groups()[:3]: int(found[4]) for found in _ROW_PART.finditer(table)}
    processes = (found.groups() for found in _ROW_PROCESS.finditer(table))
    parts = {(int(where[0]), number.get(where, -1)) for where in processes}
    return frozenset(
        card.uuid
        for card in cards
        if card.uuid in named or (card.profile and (card.index, card.part) in parts)
    )


def seen() -> tuple[tuple[Card, ...], frozenset[str]]:
    """The cards of this host, and which of them are computed on."""
    cards = listed(_smi("-L"))
    if not cards:
        return (), frozenset()
    table = _smi() if any(card.profile for card in cards) else ""
    return cards, busy(cards, _smi(*_APPS), table)


def watts() -> dict[str, float]:
    """What each whole card of this host takes now, by UUID; nothing of one that does not tell."""
    found = {}
    for line in _smi(*_POWER).splitlines():
        uuid, _, said = line.partition(",")
        with suppress(ValueError):
            found[uuid.strip()] = float(said)
    return {uuid: value for uuid, value in found.items() if 0 <= value < _MOST_WATTS}


def computing(text: str) -> frozenset[int]:
    """Ids of the processes that compute, in what `nvidia-smi pmon` prints. Pure.

    A process that only holds memory of a card, or whose use is not told, is none of them: so it is
    with every process on a part of a card (MIG).
    """
    lines = [line.split() for line in text.splitlines()]
    names = next((line[1:] for line in lines if line[:2] == ["#", "gpu"]), [])
    if not {"pid", "sm"} <= {*names}:
        return frozenset()
    pid, used = names.index("pid"), names.index("sm")
    rows = [line for line in lines if line and line[0].isdigit() and len(line) > max(pid, used)]
    return frozenset(
        int(row[pid])
        for row in rows
        if row[pid].isdigit() and row[used].isdigit() and int(row[used])
    )


def used_below(root: int) -> bool:
    """Whether a process, or one that it or a child of it began, computes on a card now."""
    found = computing(_smi(*_BY_PROCESS))
    return any(root in lineage(pid) for pid in found)


def free_for(
    wanted: int, cards: Iterable[Card], taken: Collection[str], own: Collection[str], profile: str
) -> tuple[str, ...] | None:
    """Which cards to take; None where there are not enough. Pure.

    Args:
        wanted: how many.
        cards: of the host.
        taken: UUIDs that others hold or use.
        own: that what is replaced has: they are taken again only where no others are free.
        profile: of parts; empty for whole cards.
    """
    fit = [card.uuid for card in cards if card.profile == profile]
    free = [uuid for uuid in fit if uuid not in taken and uuid not in own]
    again = [uuid for uuid in fit if uuid in own]
    for found in (free, again):
        if len(found) >= wanted:
            return tuple(found[:wanted])
    return None


@contextmanager
def choosing(place: Path) -> Iterator[Cards]:
    """Hold the lock of this host's cards; what is taken must be in the state when it ends.

    Args:
        place: the folder of the deployment that takes some.

    Raises:
        StepError: the lock's folder is somebody else's (``run/host``).
    """
    folder = _folder()
    with locked(folder / "lock"):
        known = {path: True for path in read_json(folder / "catalogs.json") if Path(path).is_dir()}
        known[str(place.parent)] = True
        write_json(folder / "catalogs.json", known)
        yield Cards(place, tuple(map(Path, sorted(known))))


class Cards:
    """This host's cards while nobody else takes any.

    Args:
        place: the deployment's.
        catalogs: the folders that hold deployments of catalogs.
    """

    def __init__(self, place: Path, catalogs: Iterable[Path]) -> None:
        self._held = frozenset(
            uuid
            for catalog in catalogs
            for other in places(catalog)
            if other.folder != place
            for uuid in held(other.state)
        )
        self._place = Place(place)

    def take(self, wanted: int, own: Collection[str] = (), profile: str = "") -> tuple[str, ...]:
        """UUIDs of so many cards.

        Raises:
            StepError: there are not so many left (``run/cards``).
        """
        end = time.monotonic() + _PATIENCE_S
        beside = {*held(self._place.state)} - {*own}
        while True:
            cards, used = seen()
            taken = (used - {*own}) | self._held | beside
            found = free_for(wanted, cards, taken, own, profile)
            if found is not None:
                return found
            if not used or time.monotonic() > end:
                break
            time.sleep(_PAUSE_S)
        fit = [card for card in cards if card.profile == profile]
        what = f"parts {profile} of cards" if profile else "graphics cards"
        left = sum(card.uuid not in taken for card in fit)
        message = f"{left} of its {len(fit)} {what} are free, and {wanted} needed"
        hint = "stop what computes there, or ask for fewer; another offer is tried meanwhile"
        raise StepError("capacity", "run/cards", message, hint)


def held(state: Mapping[str, Any]) -> Iterator[str]:
    """UUIDs of the cards that servers, jobs and notebooks in a place's state have."""
    known = (state.get(kind) for kind in ("servers", "jobs", "notebooks"))
    for mine in (each for held in known if isinstance(held, dict) for each in held.values()):
        for which in ("live", "candidate"):
            yield from (mine.get(which) or {}).get("cards") or ()


def shown(local: Path) -> tuple[tuple[Card, ...], frozenset[str]]:
    """The cards of this host, and UUIDs of those that others compute on.

    Args:
        local: the folder of what is not others'.
    """
    cards, used = seen()
    ours = {uuid for place in places(local) for uuid in held(place.state)} if used else set()
    return cards, frozenset(used - ours)


def device_files(files: Iterable[str], uuids: Collection[str]) -> tuple[str, ...]:
    """Those of the cards' device files that somebody needs who has some cards alone."""
    # A part of a card is reached by the card's own file.
    whole = _whole(_smi("-L"), uuids) if any(map(_is_part, uuids)) else uuids
    mine = {minor for uuid, minor in _minors().items() if uuid in whole}
    if not mine:
        return tuple(files)
    return tuple(
        path for path in files if not (found := _FILE.match(path)) or int(found[1]) in mine
    )


def _is_part(uuid: str) -> bool:
    return uuid.startswith("MIG-")


def _whole(text: str, uuids: Collection[str]) -> set[str]:
    """UUIDs of the cards that parts are of, by what `nvidia-smi -L` prints. Pure."""
    names = {int(found[1]): found[3] for found in map(_CARD.match, text.splitlines()) if found}
    return {names[card.index] for card in listed(text) if card.uuid in uuids}


def _minors() -> dict[str, int]:
    """UUID -> the number in the name of a card's device file, by the driver's own word."""
    found = {}
    for path in _PROC.glob("*/information"):
        try:
            lines = dict(
                line.split(":", 1) for line in path.read_text().splitlines() if ":" in line
            )
            found[lines["GPU UUID"].strip()] = int(lines["Device Minor"])
        except (OSError, KeyError, ValueError):
            continue
    return found


def _folder() -> Path:
    """Where this user's processes on this host agree who has which card."""
    path = Path("/tmp") / f"deepcat-cards-{os.geteuid()}"  # noqa: S108 - held to be ours below
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise StepError("cloud", "run/host", f"{path} is not ours", "take it away")
    return path


def _smi(*arguments: str) -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_ASK_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
