"""What a cluster is asked, and what it answers, as values. Pure.

Nodes are asked for in JSON where this Slurm tells them so, else in columns of fixed width, which
all versions since 20.02 write; for all else there is no option that 20.02 did not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from shlex import join, quote
from typing import Any

from deepcat.clouds.kinds.slurm import nodes
from deepcat.clouds.kinds.slurm.there import queue
from deepcat.host.failure import StepError

_WIDTHS = {
    "Partition": 64, "StateLong": 32, "CPUsState": 48, "Memory": 24, "AllocMem": 24,
    "Gres": 512, "GresUsed": 512, "Time": 32,
}  # fmt: skip
_COLUMNS = ",".join(f"{name}:{width}" for name, width in _WIDTHS.items())
_MARK = "--deepcat"
# Which command tells nodes in JSON is known by the version, so that a controller that is silent is
# asked once; one that was built without JSON says so.
_NODES = f"""\
told() {{ sinfo --noheader --Node --Format={quote(_COLUMNS)} || exit; }}
case "$(sinfo --version 2>/dev/null)" in
    *\\ 2[3-9].*|*\\ [3-9][0-9].*) json="scontrol show nodes --json";;
    *\\ 22.*|*\\ 21.08*) json="sinfo --json";;
    *) json=;;
esac
if [ ! "$json" ]; then told
elif said=$($json 2>&1); then
    printf '%s\\n' "$said"
    sinfo --noheader --format="{nodes.LIMIT} %R %l"
else
    case $said in
        *[Ss]erializ*|*[Jj][Ss][Oo][Nn]*|*plugin*) told;;
        *) printf '%s\\n' "$said" >&2; exit 1;;
    esac
fi"""
_GRES = re.compile(r"(?:^|,)gpu:(?:([A-Za-z0-9_.+-]+):)?([0-9]{1,9})")
_TIME = "%Y-%m-%dT%H:%M:%S"
_STARTS = re.compile(r"to start at ([0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2})")
_GPUS = re.compile(r"(?:^|,)gres/gpu=([0-9]{1,9})")
_MOST_QUESTIONS = 16
# No node has more GPUs, and no cluster more nodes: what says so would have us count for ever.
_MOST_CARDS, _MOST_ROWS = 64, 100_000
_COUNT = re.compile(r"[0-9]{1,12}\Z")
_PARTITION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}\Z")
# A queue that is full and says nothing of its end: an hour is neither soon nor never.
UNKNOWN_S = 3600.0


@dataclass(frozen=True, slots=True)
class Row:
    """One node of one partition.

    Attributes:
        partition: its name.
        state: in Slurm's word.
        cpus: that it has.
        cpus_free: that no job has.
        memory_MiB: that it has.
        memory_free_MiB: that no job has.
        cards: type of GPU -> how many; empty type for those to which the site gave none.
        used: type of GPU -> how many jobs have.
        limit: the partition's longest time, as Slurm writes it.
    """

    partition: str
    state: str
    cpus: int
    cpus_free: int
    memory_MiB: int
    memory_free_MiB: int
    cards: Mapping[str, int]
    used: Mapping[str, int]
    limit: str


def script(own: Mapping[str, Any]) -> str:
    """What is asked first: the nodes, the clock, our limits, and of each partition a trial."""
    account = quote(str(own.get("account") or ""))
    assoc = "user,grpjobs,maxjobs,grptres,maxtres,defaultqos"
    qos = "name,maxwall,maxjobspu,grpjobs,maxtrespu,grptres"
    named = " ".join(own.get("partition") or ())
    wanted = named or "$(sinfo --noheader --format=%R | sort -u | head -n 16)"
    trial = join(["sbatch", "--test-only", *_charged(own)])
    return "\n".join(
        (
            _NODES,
            f"echo {_MARK}; date +%Y-%m-%dT%H:%M:%S",
            f"me=$(id -un); a={account}",
            '[ "$a" ] || a=$(sacctmgr -nP show user "$me" format=defaultaccount 2>/dev/null)',
            f'echo {_MARK}; sacctmgr -nP show assoc where account="$a" format={assoc} 2>/dev/null'
            ' | grep -e "^|" -e "^$me|"',
            f"echo {_MARK}; sacctmgr -nP show qos format={qos} 2>/dev/null",
            f'echo {_MARK}; squeue --noheader --account="$a" --format="%k|%b" 2>/dev/null',
            f"for each in {wanted}; do echo {_MARK} $each; {trial} --partition=$each --wrap=: 2>&1",
            "done; :",
        )
    )


def questions(own: Mapping[str, Any], full: Iterable[tuple[str, str]]) -> str:
    """What is asked then: of each full shape, given by name and gres, when a job would start."""
    lines = []
    for name, gres in list(full)[:_MOST_QUESTIONS]:
        partition = name.split(".", maxsplit=1)[0]
        more = [f"--partition={partition}", *([f"--gres={gres}"] if gres else []), "--wrap=:"]
        lines += [
            f"echo {_MARK} {name}",
            f"{join(['sbatch', '--test-only', *_charged(own), *more])} 2>&1",
        ]
    return "\n".join((*lines, ":"))


def _charged(own: Mapping[str, Any]) -> list[str]:
    named = ("account", "qos", "reservation", "constraint")
    given = [f"--{name}={own[name]}" for name in named if own.get(name)]
    return [f"--time={int(own.get('time') or 60)}", *given]


def parts(said: str) -> Iterator[tuple[str, str]]:
    """The answers to each question: what was put behind its mark, and its lines."""
    name, lines = "", list[str]()
    for line in said.splitlines():
        if line.startswith(_MARK):
            yield name, "\n".join(lines)
            name, lines = line[len(_MARK) :].strip(), []
        else:
            lines.append(line)
    yield name, "\n".join(lines)


def rows(said: str) -> list[Row]:
    """What is said of nodes, in JSON or line by line; what is no node is passed over."""
    if (told := nodes.nodes(said)) is not None:
        return list(islice(_told(told, nodes.limits(said)), _MOST_ROWS))
    found = []
    for line in said.splitlines()[:_MOST_ROWS]:
        cells, at = {}, 0
        for name, width in _WIDTHS.items():
            cells[name] = line[at : at + width].strip()
            at += width
        cores = cells["CPUsState"].split("/")
        memory = cells["Memory"].rstrip("+")
        partition = cells["Partition"].rstrip("*")
        if len(cores) != 4 or not all(map(_COUNT.match, (*cores, memory))):
            continue
        if not _PARTITION.match(partition):
            continue
        given = int(cells["AllocMem"]) if _COUNT.match(cells["AllocMem"]) else 0
        found.append(
            Row(
                partition, cells["StateLong"].rstrip("*~#!%$@^-+"),
                int(cores[3]), int(cores[1]), int(memory), max(0, int(memory) - given),
                _cards(cells["Gres"]), _cards(cells["GresUsed"]), cells["Time"],
            )
        )  # fmt: skip
    return found


def _told(found: Iterable[Mapping[str, Any]], limits: Mapping[str, str]) -> Iterator[Row]:
    for node in found:
        cpus, memory = nodes.number(node, "cpus"), nodes.number(node, "real_memory")
        for partition in nodes.partitions(node):
            if _PARTITION.match(partition):
                yield Row(
                    partition, nodes.state(node),
                    cpus, max(0, cpus - nodes.number(node, "alloc_cpus")),
                    memory, max(0, memory - nodes.number(node, "alloc_memory")),
                    _cards(nodes.text(node, "gres")), _cards(nodes.text(node, "gres_used")),
                    limits.get(partition, ""),
                )  # fmt: skip


def _cards(text: str) -> dict[str, int]:
    """Type -> how many; which sockets or which ones, as in ``gpu:a100:2(IDX:0)``, is left out."""
    found: dict[str, int] = {}
    for name, count in _GRES.findall(re.sub(r"\([^()]*\)", "", text)):
        found[name] = min(found.get(name, 0) + int(count), _MOST_CARDS)
    return found


def wait(said: str, now: str) -> float | None:
    """Seconds until a job would start, by what a trial said; None when it does not say."""
    found = _STARTS.search(said)
    if found is None or not now:
        return None
    try:
        starts = datetime.strptime(found[1], _TIME) - datetime.strptime(now, _TIME)
    except ValueError:  # no such day, or no time at all
        return None
    return max(0.0, starts.total_seconds())


def refused(said: str) -> StepError | None:
    """Why a trial is refused for good; None when it is not."""
    lines = [line for line in said.splitlines() if "error" in line.lower() or "failure" in line]
    return queue.refusal("sbatch", lines[-1]) if lines and not _STARTS.search(said) else None


def limits(assoc: str, qos: str, jobs: str, own: Mapping[str, Any]) -> dict[str, float]:
    """Resource -> the most that our account may have there beside what others use of it."""
    ours = [line.split("|") for line in assoc.splitlines() if line.count("|") == 5]
    given = [cells[5] for cells in ours if cells[0] and cells[5]]
    named = str(own.get("qos") or (given[0] if given else "normal"))
    there = [line.split("|") for line in qos.splitlines() if line.split("|")[0] == named]
    there = [cells for cells in there if len(cells) == 6]
    counts = [cell for cells in ours for cell in cells[1:3]]
    counts += [cell for cells in there for cell in cells[2:4]]
    cards = [cell for cells in ours for cell in cells[3:5]]
    cards += [cell for cells in there for cell in cells[4:6]]
    others = [line.split("|") for line in jobs.splitlines() if not line.startswith("deepcat:")]
    used = sum(sum(_cards(cells[-1].removeprefix("gres:")).values()) for cells in others)
    found: dict[str, float] = {}
    if least := [float(text) for text in counts if _COUNT.match(text)]:
        found["deployments"] = max(0.0, min(least) - len(others))
    if most := [float(each[1]) for each in map(_GPUS.search, cards) if each]:
        found["accelerators"] = max(0.0, min(most) - used)
    return found


def longest(qos: str, own: Mapping[str, Any]) -> float | None:
    """Seconds that a job of our QOS may run; None for no bound of its own."""
    named = str(own.get("qos") or "normal")
    cells = [line.split("|") for line in qos.splitlines() if line.split("|")[0] == named]
    return seconds(cells[0][1]) if cells and len(cells[0]) > 1 else None


def seconds(limit: str) -> float | None:
    """A time limit as Slurm writes it, in seconds; None for none."""
    days, _, clock = limit.rpartition("-")
    found = clock.split(":")
    if not all(map(_COUNT.match, found)) or len(found) > 3 or (days and not _COUNT.match(days)):
        return None
    while len(found) < 3:
        found.insert(0, "0")
    hours, minutes, rest = map(int, found)
    return float(int(days or 0) * 86_400 + hours * 3600 + minutes * 60 + rest)
