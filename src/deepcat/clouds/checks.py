"""The hard filters: each says in words why an offer cannot meet a request, or nothing. Pure.

Three kinds, by what they depend on, so that the market can ask each but once for many offers:
`SITE` looks at what all offers of a cloud share, `HARDWARE` at what all hosts of a make share,
`OFFER` at the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from deepcat.catalog.access import ENCRYPTED, GUARDED, OPEN, TOKENS
from deepcat.clouds import accelerators
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request, Unit
from deepcat.host.data.address import BY_FUSE
from deepcat.quantities import human_memory, human_time

# Begins words for ways in which data is mounted.
DATA = "data."
_LIMIT = "say `limits: {time: …}` or `limits: {cost: …}`"
# Words that roles take, and no host: one of a server runs there, and a job once.
_OF_CLUSTERS = (
    *("deepcat.nodes.ModelServer.replicas", "deepcat.nodes.ModelServer.scalable"),
    "tosca.nodes.indigo.Container.Application.Docker.Chronos.schedule",
)

# That of a notebook which is worked in with another editor than the one that is brought.
EDITOR = "deepcat.nodes.Notebook.editor"
# What of it is there instead, where somebody would not guess.
_INSTEAD = {EDITOR: "JupyterLab is: say `editor: jupyterlab`"}

Check: TypeAlias = Callable[[Request, Offer], str | None]


def healthy(_request: Request, offer: Offer) -> str | None:
    """The last probe reached the cloud."""
    if offer.healthy:
        return None
    said = "the cloud did not answer the last probe"
    return f"{said}: {offer.down}" if offer.down else said


def realised(request: Request, offer: Offer) -> str | None:
    """What is installed here can run the workloads on a cloud of this kind."""
    if not offer.takes:
        return f"nothing here can run on clouds of the kind `{offer.kind}`"
    missing = [kind for kind in request.kinds if kind not in offer.takes]
    if not missing:
        return None
    besides = (GUARDED, TOKENS, ENCRYPTED)
    known = [each for each in offer.takes if each not in besides and not each.startswith(DATA)]
    return f"the kind `{offer.kind}` takes {_words(known)}; {_words(missing)} asked"


def guarded(request: Request, offer: Offer) -> str | None:
    """What runs there asks callers for what the wish says."""
    missing = [word for word in request.asks if word not in offer.takes]
    if not missing or not offer.takes:
        return None
    return f"nothing carries out {_words([f'`{word}`' for word in missing])} there"


def agreed(request: Request, offer: Offer) -> str | None:
    """Who may call is said, where whoever is outside gets there."""
    if not offer.opens or request.says_who or "service" not in request.kinds:
        return None
    return (
        f"whoever comes by {offer.opens} could call it: say who may as `access` of the wish,"
        f" or `access: {{{OPEN}: true}}`"
    )


def scripted(request: Request, offer: Offer) -> str | None:
    """Scripts of the module can run there, if it brings any."""
    if offer.scripts or not request.scripts:
        return None
    return "no script of a module runs there; this one brings some"


def carried(request: Request, offer: Offer) -> str | None:
    """What the topology asks of roles is carried out there, word by word."""
    if offer.carries is None:  # the roles as they are, which begin one of each
        missing = [word for word in request.words if word.startswith(_OF_CLUSTERS)]
    else:
        missing = [word for word in request.words if word not in offer.carries]
    if not missing:
        return None
    why = f"nothing carries out {_words([f'`{word}`' for word in missing])} there"
    return "; ".join((why, *(_INSTEAD[word] for word in missing if word in _INSTEAD)))


def boxed(request: Request, offer: Offer) -> str | None:
    """Its hosts give a box to code of modules, or may do without."""
    if request.unboxed or not offer.lacks:
        return None
    why = "; ".join(offer.lacks)
    return f"gives no box to code of modules, and deepcat.yaml does not say `unboxed: true`: {why}"


def mounts(request: Request, offer: Offer) -> str | None:
    """Its hosts can mount data of a store, if some is to be."""
    if BY_FUSE not in request.asks or not offer.unmounts:
        return None
    return f"its hosts cannot mount data: {'; '.join(offer.unmounts)}"


def edits(request: Request, offer: Offer) -> str | None:
    """Its hosts have the editor, if one is asked for that is brought to none."""
    if EDITOR not in request.words or not offer.unedits:
        return None
    return f"its hosts do not have the editor: {'; '.join(offer.unedits)}"


def allowed(request: Request, offer: Offer) -> str | None:
    """The deployment's bounds allow the cloud."""
    if not request.clouds or offer.cloud in request.clouds:
        return None
    return f"placement allows only {_words(request.clouds)}"


def admitted(request: Request, offer: Offer) -> str | None:
    """The cloud admits the owner."""
    if not offer.users or not set(offer.users).isdisjoint(request.identities):
        return None
    owner = request.identities[0] if request.identities else ""
    whose = f"the owner is {owner}" if owner else "no owner is named"
    return f"open to {_words(offer.users)}; {whose}"


def profile(request: Request, offer: Offer) -> str | None:
    """The cloud takes the profile, or all the workloads' kinds."""
    takes = offer.profiles
    if not takes or not (request.profile or request.kinds) or request.profile in takes:
        return None
    if request.kinds and set(request.kinds) <= set(takes):
        return None
    asked = request.profile or _words(request.kinds)
    return f"takes {_words(takes)}; {asked} asked"


def count(request: Request, offer: Offer) -> str | None:
    """A host has accelerators enough."""
    need = request.largest.accelerators
    if offer.accelerators >= need:
        return None
    return f"has {hardware(offer)}; {_asked(request, need)} asked"


def model(request: Request, offer: Offer) -> str | None:
    """The accelerator is one of those named, and of the vendor named."""
    if not request.largest.accelerators or not offer.accelerators:
        return None
    wish = request.accelerator
    if request.tiers and not any(offer.accelerator in tier for tier in request.tiers):
        return f"has {hardware(offer)}; {_words(wish.models, 'or')} asked"
    if wish.vendor and accelerators.vendor(offer.accelerator) != wish.vendor.lower():
        return f"has {hardware(offer)}; an accelerator by {wish.vendor} asked"
    return None


def memory_each(request: Request, offer: Offer) -> str | None:
    """Each accelerator has memory enough."""
    need = request.accelerator.memory_MiB
    if not request.largest.accelerators or not offer.accelerators:
        return None
    if request.accelerator.mig or offer.memory_MiB_each >= need:
        return None
    if not offer.memory_MiB_each:
        return f"the memory of {offer.accelerator} is not known; {human_memory(need)} asked"
    return f"has {hardware(offer)}; {human_memory(need)} asked"


def capability(request: Request, offer: Offer) -> str | None:
    """The accelerator's CUDA compute capability is high enough."""
    need = request.accelerator.compute_capability
    if need is None or not request.largest.accelerators or not offer.accelerators:
        return None
    has = accelerators.compute_capability(offer.accelerator)
    if has is not None and has >= need:
        return None
    known = f"{has[0]}.{has[1]}" if has else "unknown"
    return f"{offer.accelerator}'s compute capability is {known}; {need[0]}.{need[1]} asked"


def cuda(request: Request, offer: Offer) -> str | None:
    """The driver takes the CUDA version."""
    return _version("CUDA", request.accelerator.cuda, offer.cuda, request)


def driver(request: Request, offer: Offer) -> str | None:
    """The driver is new enough."""
    return _version("the driver", request.accelerator.driver, offer.driver, request)


def mig(request: Request, offer: Offer) -> str | None:
    """The MIG profile is on offer."""
    need = request.accelerator.mig
    if not need or need in offer.mig:
        return None
    return f"offers {'MIG ' + _words(offer.mig) if offer.mig else 'no MIG share'}; {need} asked"


def whole(request: Request, offer: Offer) -> str | None:
    """Whole accelerators are asked for, and none but parts of them are there."""
    if request.accelerator.mig or not request.largest.accelerators or not offer.mig:
        return None
    nominal = accelerators.memory_of(offer.accelerator)
    if offer.memory_MiB_each >= (1 - accelerators.NEAR) * nominal:
        return None
    return f"has parts of {offer.accelerator} ({_words(offer.mig)}); whole ones asked"


def interconnect(request: Request, offer: Offer) -> str | None:
    """The accelerators are joined as asked."""
    need = request.accelerator.interconnect
    if not need or need.lower() == offer.interconnect.lower():
        return None
    return f"interconnect is {offer.interconnect or 'unknown'}; {need} asked"


def cpus(request: Request, offer: Offer) -> str | None:
    """A host has cores enough."""
    need = request.largest.cpus
    if offer.cpus >= need:
        return None
    return f"has {offer.cpus:g} cores; {need:g} asked"


def memory(request: Request, offer: Offer) -> str | None:
    """A host has memory enough."""
    need = request.largest.memory_MiB
    if offer.memory_MiB >= need:
        return None
    return f"has {human_memory(offer.memory_MiB)} of memory; {human_memory(need)} asked"


def up(_request: Request, offer: Offer) -> str | None:
    """Its hosts themselves can be used."""
    return (offer.down or None) if offer.healthy else None


def disk(request: Request, offer: Offer) -> str | None:
    """A host has disk enough."""
    need = request.storage_MiB
    if offer.disk_MiB >= need:
        return None
    if not offer.disk_MiB:
        return f"how much disk it has is not known; {human_memory(need)} asked"
    return f"has {human_memory(offer.disk_MiB)} of disk free; {human_memory(need)} asked"


def longest(request: Request, offer: Offer) -> str | None:
    """A job may run there for as long as it is wished."""
    if not offer.most_s or request.job_s <= offer.most_s:
        return None
    return (
        f"lets a job run for {human_time(offer.most_s)};"
        f" the wish's lifetime is {human_time(request.job_s)}"
    )


# What may change while a deployment runs, and is no reason to move it.
def single(request: Request, offer: Offer) -> str | None:
    """It takes one machine where a deployment gets one alone."""
    if not offer.alone or (taken := hosts(request, offer)) == 1:
        return None
    return f"a deployment gets one machine there; it takes {taken}"


_PASSING: tuple[Check, ...] = (realised, guarded, agreed, scripted, carried, healthy)
LASTING: tuple[Check, ...] = (allowed, admitted, profile)
SITE: tuple[Check, ...] = (*_PASSING, *LASTING)
# Those of a make that last; the others are asked of what is new alone.
MAKE: tuple[Check, ...] = (
    count, model, memory_each, capability, cuda, driver, mig, whole, interconnect, cpus, memory,
    longest,
)  # fmt: skip
HARDWARE: tuple[Check, ...] = (*MAKE, up, boxed, mounts, edits, disk, single)


def hosts(request: Request, offer: Offer) -> int:
    """How many hosts of this shape the request takes, given that its largest unit fits one.

    Units that are machines take a host each, unless hosts are shared. All others share one host
    where they fit together; else each kind of unit has hosts of its own.
    """
    units = request.units
    if any(unit.apart for unit in units) and not offer.shared:
        apart = sum(unit.count for unit in units if unit.apart)
        rest = tuple(unit for unit in units if not unit.apart)
        return apart + (hosts(replace(request, units=rest), offer) if rest else 0)
    total = request.total
    if (
        total.cpus <= offer.cpus
        and total.memory_MiB <= offer.memory_MiB
        and total.accelerators <= offer.accelerators
    ):
        return 1
    return sum(-(-unit.count // _per_host(unit, offer)) for unit in units)


def _per_host(unit: Unit, offer: Offer) -> int:
    pairs = (
        (offer.cpus, unit.cpus),
        (offer.memory_MiB, unit.memory_MiB),
        (offer.accelerators, unit.accelerators),
    )
    return max(1, int(min((has // need for has, need in pairs if need), default=unit.count)))


def price(request: Request, offer: Offer) -> str | None:
    """All hosts together stay within the price."""
    bound = request.max_price
    if bound is None:
        return None
    taken = hosts(request, offer)
    if offer.price * taken <= bound:
        return None
    words = f" for {taken} hosts" if taken > 1 else ""
    return f"costs {offer.price * taken:g} an hour{words}; at most {bound:g} allowed"


def is_free(offer: Offer, taken: int) -> bool:
    """Whether hosts enough are free, or there is a queue to wait in."""
    return offer.free is None or offer.free >= taken or offer.wait_s > 0


def free(request: Request, offer: Offer) -> str | None:
    """Hosts enough are free, or there is a queue to wait in."""
    if is_free(offer, 0 if offer.free is None else hosts(request, offer)):
        return None
    taken = hosts(request, offer)
    return f"{offer.free} of the {taken} host{'s' if taken > 1 else ''} needed free now"


def limited(request: Request, offer: Offer) -> str | None:
    """What costs something ends at some time, or at some sum."""
    if not request.unlimited or not offer.price:
        return None
    return f"costs {offer.price:g} an hour, and nothing ends the training: {_LIMIT}"


OFFER: tuple[Check, ...] = (price, free, limited)


def reasons(request: Request, offer: Offer) -> tuple[str, ...]:
    """Every reason why the offer cannot meet the request; empty when it can."""
    found = (check(request, offer) for check in (*SITE, *HARDWARE, *OFFER))
    return tuple(dict.fromkeys(reason for reason in found if reason))


def bounds(request: Request, offer: Offer) -> tuple[str, ...]:
    """As `reasons`, for an offer in use: what is free, answers or is installed does not matter."""
    found = (check(request, offer) for check in (*LASTING, *MAKE, price))
    return tuple(dict.fromkeys(reason for reason in found if reason))


def _version(what: str, need: str, has: str, request: Request) -> str | None:
    if not need or not request.largest.accelerators:
        return None
    if has and _parts(has) >= _parts(need):
        return None
    return f"{what} is {has or 'of unknown version'}; {need} or newer asked"


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"[0-9]+", version)[:4])


def _asked(request: Request, count_: int) -> str:
    wish = request.accelerator
    kind = f"{wish.vendor} accelerator" if wish.vendor else "accelerator"
    name = _words(wish.models, "or") or (kind if count_ == 1 else f"{kind}s")
    memory_ = f" {human_memory(wish.memory_MiB)}" if wish.memory_MiB else ""
    return (
        f"{count_} × {name}{memory_}"
        if wish.models
        else f"{count_} {name}{memory_ and ' of' + memory_}"
    )


def hardware(offer: Offer) -> str:
    """A host's accelerators in words: ``2 × A100-40GB``, ``4 × T4 16 GiB``."""
    if not offer.accelerators:
        return "no accelerator"
    name = offer.accelerator
    if offer.memory_MiB_each and not name.endswith("GB"):
        name = f"{name} {human_memory(offer.memory_MiB_each)}"
    return f"{offer.accelerators} × {name}"


def _words(items: Sequence[str], last: str = "and") -> str:
    *first, end = items or ("",)
    return f"{', '.join(first)} {last} {end}" if first else end
