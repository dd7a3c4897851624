"""The notebooks of a deployment on a cluster: brought up, filled, seen to answer, kept.

What is noted of each node is as of jobs: ``live``, ``candidate``, ``generation``; and ``run``, the
last one that asked for it: a node that is asked for no more goes, for its work is saved then. The
claim and the secret are the node's own, whatever its generation: of two notebooks one takes the
place of the other, for both would work on the same files.
"""

from __future__ import annotations

import base64
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepcat.clouds.kinds.kubernetes import claims, job_ends, jobs, names, notebook_wanted, queues
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.given import require_jobs
from deepcat.clouds.kinds.kubernetes.held import Held, read_state
from deepcat.clouds.kinds.kubernetes.logs import tails
from deepcat.clouds.kinds.kubernetes.looking import warnings
from deepcat.clouds.kinds.kubernetes.notebook_asked import Asking, at, token
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests import notebooks as manifests
from deepcat.clouds.manifests.notebooks import NOTEBOOK, Notebook
from deepcat.clouds.manifests.values import DOMAIN
from deepcat.host.failure import StepError
from deepcat.host.notebook.pods import values as pod_values
from deepcat.host.notebook.values import prefix_of

Values = Mapping[str, Any]
CLAIM = "PersistentVolumeClaim"
BESIDE = ("Job", CLAIM)
OF = "batch.kubernetes.io/job-name"
_LOOK_S, _GOING_S, _WAIT_S, _LINES = 0.5, 60.0, 20.0, 60
# How often a pod is brought what it lacks: once more for each that took its place meanwhile.
_FILLS = 4
_MARK = re.compile(r"[0-9]{1,9}-[0-9a-f]{8}\Z")
_ERROR = re.compile(r"^error \[(?P<code>[a-z]+/[a-z-]+)\]: (?P<message>.+)$", re.MULTILINE)
_GONE = 404


def bring_up(held: Held, values: Values) -> bool:
    """Ask for a notebook, unless the very same is there, be it stopped; whether it was asked for.

    Raises:
        StepError: a newer run has taken over, or this cloud cannot run it.
        RefusedError: the cluster does not take it.
    """
    state = require_own(held, held.require(str(values["run"])))
    node = str(values["node"]["name"])
    mine = dict((state.get("notebooks") or {}).get(node) or {})
    found, lock = _asked_for(held, values)
    goal, old = notebook_wanted.goal_of(found), _noted(mine)
    if old and old["goal"] == goal and held.found("Job", str(old["program"])):
        known = {**(state.get("notebooks") or {}), node: {**mine, "run": str(values["run"])}}
        held.save({**state, "notebooks": known}, held.owner)
        return False
    number = int(mine.get("generation") or 0) + 1
    found = manifests.named(found, f"{found.what.name}-{number}-{goal[:8]}")
    made = manifests.made_of(found)
    objects = [[each["kind"], each["metadata"]["name"]] for each in made]
    told = {"program": found.what.name, "goal": goal, "lock": lock, "objects": objects}
    told["port"] = found.told["port"]
    mine |= {"candidate": told, "generation": number, "run": str(values["run"])}
    known = {**(state.get("notebooks") or {}), node: mine}
    beside = sorted({*state.get("beside", ()), *BESIDE})
    held.save({**state, "notebooks": known, "beside": beside}, held.owner)
    *given, job = made
    for each in given:  # what is not taken, such as another class of a claim, ends nothing
        held.apply(each)
    if old:
        _end(held, str(old["program"]))
    give_token(held.cluster, found.secret, names.labels(held.catalog, held.name))
    held.create(job)
    if found.what.card is not None:  # what it claims by outlives its job, which is made anew
        own = held.reference
        keeper = {**own, "metadata": {"name": own["name"], "uid": own["uid"]}}
        claims.claim(held.cluster, found.what, keeper)
    return True


def _asked_for(held: Held, values: Values) -> tuple[Notebook, str]:
    """What its node asks for, and the lock of its kernel."""
    lock = str((values["node"].get("properties") or {}).get("requirements") or "")
    what_is = notebook_wanted.brought(lock, Path(str(values["files"]), "module"))
    found = notebook_wanted.notebook(values, held.cluster.own, held.catalog, what_is)
    return replace(found, what=queues.queued(held.cluster, found.what)), lock


def _noted(mine: Values) -> Values:
    return mine.get("candidate") or mine.get("live") or {}


def _end(held: Held, program: str) -> None:
    """Take a notebook's pods away, and wait until they have gone: the next one has its files."""
    held.remove("Job", program)
    until = time.monotonic() + _GOING_S
    while held.pods(f"{OF}={program}") and time.monotonic() < until:
        time.sleep(_LOOK_S)


def give_token(cluster: Cluster, secret: str, labels: Mapping[str, str]) -> None:
    """Let another token count from the next start on.

    Raises:
        RefusedError: the cluster does not take it.
    """
    own = base64.b64encode(secrets.token_urlsafe(32).encode()).decode()
    wanted: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": secret,
            "namespace": cluster.namespace,
            "labels": {**labels, "app.kubernetes.io/managed-by": DOMAIN},
        },
        "data": {pod_values.TOKEN: own},
    }
    cluster.apply(at(cluster, secret), wanted)


def take_tokens_away(held: Held, but: Iterable[str] = ()) -> None:
    """Take away what lets in, but for some nodes.

    Raises:
        RefusedError: the cluster does not do it.
    """
    for node in sorted({*(held.state.get("notebooks") or ())}.difference(but)):
        _take_token(held, names.server_name(held.catalog, held.name, str(node)))


def _take_token(held: Held, head: str) -> None:
    try:
        secret = notebook_wanted.secret_name(head)
        held.cluster.ask("DELETE", at(held.cluster, secret))
    except RefusedError as error:
        if error.status != _GONE:
            raise


def take_unnoted_away(held: Held) -> None:
    """Take away what lets in where the owner tag is gone, by the names of the claims.

    Raises:
        RefusedError: the cluster does not do it.
    """
    name, _, mark = names.server_name(held.catalog, held.name).rpartition("-")
    ends = notebook_wanted.claim_name(f"-{mark}")
    for each in held.each(CLAIM):
        claim = str(each["metadata"]["name"])
        if claim.startswith(f"{name}-") and claim.endswith(ends):
            _take_token(held, claim.removesuffix(notebook_wanted.claim_name("")))


def found_before(held: Held) -> frozenset[tuple[str, str]]:
    """The claims that are older than the owner tag: on them is work that no run noted.

    Raises:
        RefusedError: the cluster does not tell.
    """
    known = [each["metadata"] for each in (held.each(CLAIM) if held.state.get("notebooks") else ())]
    older = (each for each in known if str(each["creationTimestamp"]) < held.since)
    return frozenset((CLAIM, str(each["name"])) for each in older)


def previewed(held: Held, values: Values) -> tuple[list[Object], list[tuple[str, str]]]:
    """What would be made for a notebook, and what of it stays as it is.

    Raises:
        StepError: this cloud cannot run it.
        RefusedError: the cluster does not tell.
    """
    node = str(values["node"]["name"])
    mine = (require_own(held, held.state).get("notebooks") or {}).get(node) or {}
    found, _ = _asked_for(held, values)
    goal, old = notebook_wanted.goal_of(found), _noted(mine)
    if old and old["goal"] == goal and held.found("Job", str(old["program"])):
        return [], [(kind, name) for kind, name in old["objects"]]
    number = int(mine.get("generation") or 0) + 1
    named = manifests.named(found, f"{found.what.name}-{number}-{goal[:8]}")
    return manifests.made_of(named), []


def prove(held: Held, values: Values) -> None:
    """Wait until every notebook has what it is made of, and answers, or was stopped.

    Raises:
        StepError: one failed, or will not begin.
        RefusedError: the cluster does not tell.
    """
    for node, mine in sorted((require_own(held, held.state).get("notebooks") or {}).items()):
        if noted := _noted(mine):
            _wait(held, str(node), noted, values)


def _wait(held: Held, node: str, noted: Values, values: Values) -> None:
    name, timeout_s = str(noted["program"]), float(values["timeout"])
    wait_s = float(held.cluster.own.get("wait") or _WAIT_S)
    until, fills = time.monotonic() + timeout_s, 0
    head = names.server_name(held.catalog, held.name, node)
    shown = token(held.cluster, notebook_wanted.secret_name(head))
    while job := held.found("Job", name):
        pods = pods_of(held, name)
        if is_over(job):
            return
        if pod := running(pods):
            asking = Asking(held.cluster, pod, shown)
            told = asking.now()
            if told.get("lacks") and fills < _FILLS:
                _fill(asking, told["lacks"], str(noted.get("lock") or ""), values)
                until, fills = time.monotonic() + timeout_s, fills + 1
                continue
            if (told.get("now") or {}).get("answers"):
                return
        elif job_ends.is_waiting(job):
            jobs.require_hope(held, job)
        elif error := _trouble(held, name, pods, wait_s):
            error.log = "\n".join(tails(held.cluster, pods, _LINES))
            raise error
        if time.monotonic() > until:
            jobs.require_begun(held, job, timeout_s)
            message = f"JupyterLab did not answer after {timeout_s:.0f} s"
            error = StepError("cloud", "run/timeout", message, "allow more time")
            error.log = "\n".join(tails(held.cluster, pods, _LINES))
            raise error
        time.sleep(_LOOK_S)
    held.require_staying()
    hint = "run `deepcat apply` to begin it anew"
    raise StepError("cloud", "run/lost", "the notebook's job was ended from outside", hint)


def _fill(asking: Asking, lacks: Iterable[str], lock: str, values: Values) -> None:
    what_is = notebook_wanted.brought(lock, Path(str(values["files"]), "module"))
    by_sum = {each.sha256: each for each in what_is.values()}
    for sha256 in lacks:
        if sha256 not in by_sum:
            message = "the notebook's pod asks for what did not come along"
            raise StepError("cloud", "run/notebook", message, "run `deepcat apply`")
        asking.bring(by_sum[sha256])


def _trouble(held: Held, name: str, pods: list[Object], wait_s: float) -> StepError | None:
    for pod in reversed(pods):
        if (ended := _state(pod).get("terminated")) and ended.get("exitCode"):
            return _failed(ended)
    asked = () if pods else (f"involvedObject.kind=Job,involvedObject.name={name}",)
    events = warnings(held.cluster, *asked)
    found = job_ends.trouble(pods, events, datetime.now(UTC), wait_s)
    return found.error() if found else None


def _failed(ended: Values) -> StepError | None:
    """Why a notebook's container failed; None where its pod was ended from outside."""
    status, said = int(ended["exitCode"]), str(ended.get("message") or "")
    if status == pod_values.ENDED:
        return None
    if "StartError" in str(ended.get("reason")):
        hint = "name an image of this version of deepcat as `image` or `fetcher` of the cloud"
        message = f"the image has no program `{manifests.PROGRAM}`: {said[-300:]}"
        return StepError("cloud", "run/container", message, hint)
    if ended.get("reason") == "OOMKilled":
        message = "the notebook took more memory than it asked for"
        return StepError("capacity", "run/memory", message, "ask for more memory")
    if told := list(_ERROR.finditer(said)):
        hint = "see the cloud's `image` and `notebooks`"
        return StepError("cloud", told[-1]["code"], told[-1]["message"][:500], hint)
    message = f"JupyterLab ended as it began, with status {status}"
    return StepError("cloud", "run/notebook", message, "see its log")


def is_over(job: Values) -> bool:
    """Whether a notebook was stopped."""
    return any(
        each.get("type") == "Complete" and each.get("status") == "True"
        for each in (job.get("status") or {}).get("conditions") or ()
    )


def running(pods: Iterable[Object]) -> Object | None:
    """The pod of them that runs and is not about to end."""
    for pod in pods:
        if _state(pod).get("running") and not pod["metadata"].get("deletionTimestamp"):
            return pod
    return None


def last_words(pods: Iterable[Object]) -> str:
    """What the last pod that ended said of its end."""
    said = [str((_state(pod).get("terminated") or {}).get("message") or "") for pod in pods]
    return next((each for each in reversed(said) if each), "")


def _state(pod: Object) -> Values:
    """Of the notebook's own container, as the API gives it; empty before there is one."""
    for each in (pod.get("status") or {}).get("containerStatuses") or ():
        if each.get("name") == NOTEBOOK:
            return each.get("state") or {}
    return {}


def pods_of(held: Held, program: str) -> list[Object]:
    """A notebook's pods, the oldest first.

    Raises:
        RefusedError: the cluster does not tell.
    """
    found = held.pods(f"{OF}={program}")
    return sorted(found, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))


def settled(state: Values) -> dict[str, Any]:
    """What is noted of notebooks once what began holds: of those that this run asked for. Pure."""
    return {
        node: {**_without(mine), **({"live": mine["candidate"]} if mine.get("candidate") else {})}
        for node, mine in (state.get("notebooks") or {}).items()
        if mine.get("run") == state.get("run")
    }


def abandoned(state: Values) -> dict[str, Any]:
    """What is noted of notebooks once what did not begin as it should is taken away. Pure."""
    return {node: _without(mine) for node, mine in (state.get("notebooks") or {}).items()}


def _without(mine: Values) -> dict[str, Any]:
    return {name: value for name, value in mine.items() if name != "candidate"}


def live(state: Values) -> dict[str, Values]:
    """Node -> the notebook that holds. Pure."""
    noted = (state.get("notebooks") or {}).items()
    return {str(node): mine["live"] for node, mine in sorted(noted) if mine.get("live")}


def kept(state: Values) -> frozenset[tuple[str, str]]:
    """Kind and name of all that belongs to the notebooks that hold. Pure."""
    each = live(state).values()
    return frozenset((str(kind), str(name)) for one in each for kind, name in one["objects"])


def resources(held: Held, state: Values) -> dict[str, Any]:
    """What a record keeps of them: what runs, and where the work lies."""
    found = live(state)
    heads = [names.server_name(held.catalog, held.name, node) for node in found]
    work = {"work": [notebook_wanted.claim_name(head) for head in heads]} if heads else {}
    return {"programs": [str(each["program"]) for each in found.values()], **work}


def endpoints(held: Held, state: Values) -> dict[str, str]:
    """Where they answer, for a tunnel alone. Pure."""
    found = live(state)
    space = held.cluster.namespace
    return {
        "notebook" if len(found) == 1 else f"{node}-notebook": url(each, space, held.name)
        for node, each in found.items()
    }


def url(noted: Values, namespace: str, deployment: str) -> str:
    """Where one answers: a port of its job's pod, and the path of all that is its own."""
    host = f"{noted['program']}.{namespace}.jobs"
    return f"http://{host}:{int(noted['port'])}{prefix_of(deployment)}"


def require_own(held: Held, state: dict[str, Any]) -> dict[str, Any]:
    """The state, unless it names a notebook that no run could have noted.

    It lies where others of the namespace may write.

    Raises:
        StepError: it does (``run/noted``).
    """
    require_jobs(held, state.get("notebooks") or {}, _MARK)
    return state


def seen(tag: Values, begun: Iterable[Values]) -> tuple[frozenset[str], dict[str, str]]:
    """Those that are there, and those of them that were stopped, of which why is not known. Pure.

    One that was stopped is there, for who wants it starts it again.
    """
    jobs_of = {str(each["metadata"]["name"]): each for each in begun}
    own = {str(each["program"]) for each in live(read_state(tag)).values()}
    there = frozenset(own & jobs_of.keys())
    return there, {name: "" for name in sorted(there) if is_over(jobs_of[name])}


def each_of(held: Held) -> Iterator[tuple[str, Values]]:
    """Node and what is noted of its notebook, of those that hold.

    Raises:
        StepError: as `require_own`.
    """
    yield from live(require_own(held, held.state)).items()
