"""What the hosts have: one short script on each, all at once, each bounded in time."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.ssh.hosts import base, hosts, link, proxy_of
from deepcat.clouds.offers import Probe, Shape
from deepcat.clouds.probed_cards import of_cards
from deepcat.errors import DeepcatError
from deepcat.host.cards import busy, listed
from deepcat.host.proxy.values import PROGRAMS
from deepcat.remote import ssh, steps
from deepcat.remote.agent import agent

_MOST_AT_ONCE = 64
# A clock so far off misleads who reads logs, and certificates and jobs there.
_OFF_S = 60
_MOST_LINES, _LONGEST = 20_000, 1_000
_PROXY = """\
for each in {programs}; do
  PATH="$PATH:/usr/local/sbin:/usr/sbin" command -v "$each" >/dev/null && echo "proxy $each"
done
for each in {files}; do [ -r "$each" ] || echo "unreadable $each"; done
"""
_COUNT = re.compile(r"[0-9]{1,15}\Z")
_SCRIPT = """\
echo "clock $(date +%s)"
echo "cpus $(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)"
sed -n 's/^MemTotal: */memory /p' /proc/meminfo
d={base}; while [ ! -d "$d" ]; do d=$(dirname "$d"); done
echo "disk $(df -Pk "$d" | awk 'NR==2 {{print $4}}')"
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits 2>/dev/null \\
  | sed 's/^/gpu /'
nvidia-smi -L 2>/dev/null | sed 's/^/list /'
nvidia-smi --query-compute-apps=gpu_uuid,pid --format=csv,noheader 2>/dev/null | sed 's/^/app /'
nvidia-smi 2>/dev/null | sed -n 's/^|/table |/p'
rocm-smi --showproductname --csv 2>/dev/null | sed -n 's/^card[0-9]*,\\([^,]*\\).*/amd \\1/p'
grep -ohsE '"(GPU|MIG)-[^"]+"' {base}/*/*/state.json | sed 's/^/ours /'
nvidia-smi 2>/dev/null | sed -n 's/.*CUDA Version: *\\([0-9.]*\\).*/cuda \\1/p'
"""


def probe(cloud: Cloud, means: Means) -> Probe:
    """One shape a host; one that does not answer says why. Never fails."""
    names = list(hosts(cloud))
    # Made once, not by every thread that asks at the same time.
    digest = agent(means.root).digest
    with ThreadPoolExecutor(min(len(names), _MOST_AT_ONCE)) as pool:
        told = list(pool.map(lambda name: _asked(cloud, name, means, digest), names))
    shapes = tuple(shape for shape, _ in told)
    errors = [odd for _, odd in told if isinstance(odd, DeepcatError)]
    why = "; ".join(dict.fromkeys(str(getattr(odd, "message", odd)) for _, odd in told if odd))
    return Probe(
        cloud.name,
        healthy=len(errors) < len(names),
        shapes=shapes,
        detail=why,
        shared=True,
        refused=bool(errors) and all(each.code == "remote/denied" for each in errors),
    )


def _asked(cloud: Cloud, name: str, means: Means, digest: str) -> tuple[Shape, DeepcatError | str]:
    folder = base(cloud)
    box = steps.facts(f"{folder}/agent/{digest}")
    proxy = proxy_of(hosts(cloud)[name])
    script = f"{_SCRIPT.format(base=ssh.quoted(folder))}{_looks(proxy)}{box.command}"
    try:
        way = link(cloud, name, means.root)
        began = time.time()
        done = ssh.run(way, script, box.given, timeout_s=means.deadline_s)
        asked = began, time.time()
    except DeepcatError as error:
        return Shape(name, down=error.message), error
    out = done.out.decode("utf-8", "replace")
    known = steps.answer(box, done.rc, out, done.err)
    lacks = tuple(map(str, known["lacks"])) if isinstance(known, dict) else None
    if proxy and (why := unfit(proxy, out)):
        return Shape(name, down=why), f"`{name}` has {why}"
    found, odd = shape(name, out, lacks)
    if isinstance(known, dict):
        found = replace(
            found,
            unmounts=tuple(known.get("unmounts") or ()),
            unedits=tuple(known.get("unedits") or ()),
        )
    odd = "; ".join(filter(None, (odd, skew(out, asked))))
    return found, f"`{name}` has {odd}" if odd else ""


def _looks(proxy: Mapping[str, Any]) -> str:
    """What says whether a host can have a proxy; nothing where it shall have none."""
    if not proxy:
        return ""
    files = " ".join(shlex.quote(str(proxy[file])) for file in ("certificate", "key"))
    return _PROXY.format(programs=" ".join(PROGRAMS), files=files)


def unfit(proxy: Mapping[str, Any], said: str) -> str:
    """Why a host cannot have the proxy that its cloud's file asks for; empty when it can. Pure.

    Args:
        proxy: as the file has it.
        said: by the script.
    """
    lines = [line.partition(" ") for line in said.splitlines()[:_MOST_LINES]]
    there = [rest for word, _, rest in lines if word == "proxy"]
    wanted = str(proxy.get("program") or "")
    if wanted not in there if wanted else not there:
        return f"no {wanted or 'nginx or Caddy'} for its proxy"
    hidden = [rest[:_LONGEST] for word, _, rest in lines if word == "unreadable"]
    return f"no {hidden[0]} for its proxy that its user may read" if hidden else ""


def shape(name: str, said: str, lacks: tuple[str, ...] | None = None) -> tuple[Shape, str]:
    """What a host's script said, as a shape; and what is odd about its cards, in words. Pure.

    Args:
        name: the host's.
        said: by the script.
        lacks: what keeps it from giving a box; None where nothing of ours lies there to tell.
    """
    # What somebody else wrote who is root there.
    lines = [line[:_LONGEST].partition(" ") for line in said.splitlines()[:_MOST_LINES]]
    facts: Mapping[str, str] = {word: rest.strip() for word, _, rest in lines}
    cards, odd = _cards(lines, facts.get("cuda") or None)
    found = Shape(
        name,
        cpus=float(_number(facts.get("cpus")) or 1),
        memory_MiB=_number(facts.get("memory")) >> 10,
        disk_MiB=_number(facts.get("disk")) >> 10,
        lacks=lacks,
        **cards,
    )
    return found, odd


def skew(said: str, asked: tuple[float, float]) -> str:
    """How a host's clock differs from this machine's, in words; empty when it hardly does. Pure.

    Args:
        said: by the script.
        asked: when it was sent, and when its answer was there.
    """
    told = [line.partition(" ")[2] for line in said.splitlines() if line.startswith("clock ")]
    if not told or not _COUNT.match(told[-1]):
        return ""
    ahead, behind = int(told[-1]) - asked[1], asked[0] - int(told[-1])
    if max(ahead, behind) <= _OFF_S:
        return ""
    way = "ahead of" if ahead > 0 else "behind"
    return f"a clock that is {max(ahead, behind):.0f} s {way} this machine's"


def _cards(lines: Sequence[tuple[str, str, str]], cuda: str | None) -> tuple[dict[str, Any], str]:
    def told(word: str) -> list[str]:
        return [rest for each, _, rest in lines if each == word]

    rows = [[part.strip() for part in line.split(",")] for line in told("gpu")]
    rows = [row for row in rows if len(row) == 3 and _COUNT.match(row[1])]
    cards = listed("\n".join(told("list")))
    used = busy(cards, "\n".join(told("app")), "\n".join(told("table")))
    ours = {line.strip().strip('"') for line in told("ours")}
    found, odd = of_cards([(row[0], int(row[1])) for row in rows], cards, used - ours)
    if others := [name.strip()[:80] for name in told("amd")]:
        # Nothing of ours could give one to a deployment alone.
        named = ", ".join(sorted(set(others)))
        odd = "; ".join(filter(None, (odd, f"{len(others)} AMD GPUs ({named}); none is offered")))
    return ({**found, "driver": rows[0][2], "cuda": cuda} if rows else found), odd


def _number(text: str | None) -> int:
    word = (text or "").partition(" ")[0]
    return int(word) if _COUNT.match(word) else 0
