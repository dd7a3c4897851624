"""The verbs of the cases: each does a thing as its user would, or says what must be so now."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from loops import MODULE, NEVER, Broken

from conformance import desk
from conformance.stand import Client, Stand
from deepcat.serving.server.keys import new_key

Step = Callable[[Stand, Any], None]


# Where an API key lies.
_KEY = "DEEPCAT_WORKLOAD_{}_KEY"
# A job that was taken into a queue runs a little later.
_QUEUED_S = 180.0


def take(stand: Stand, verb: str, given: Any) -> None:
    """Take one step.

    Raises:
        Broken: what must be so is not.
    """
    STEPS[verb](stand, given)


def _expect(is_so: bool, stand: Stand, words: str) -> None:
    if not is_so:
        raise Broken(f"{words}\n-- the last command said\n{stand.said}")


def wish(stand: Stand, given: Any) -> None:
    """Somebody writes a wish: its name, or name -> fields."""
    for name, fields in (given if isinstance(given, Mapping) else {given: {}}).items():
        stand.wish_for(name, **(fields or {}))


def key(stand: Stand, given: Any) -> None:
    """A new API key lies under a name; or name -> other: it is the other one's, too, from now on.

    What it was so far lies under `before`.
    """
    for name, other in given.items() if isinstance(given, Mapping) else [(given, "")]:
        keys, own = stand.environment, _KEY.format(name.upper())
        keys[_KEY.format("BEFORE")] = keys.get(own, "")
        keys[own] = keys[_KEY.format(other.upper())] if other else new_key(name)[0]


def stays(stand: Stand, when: str) -> None:
    """What is there of `demo` when it `ends` is what was there when it `begins`, each process."""
    found = stand.ground.there(stand.root).get("demo", [])
    if when == "begins":
        stand.stayed = found
    stand.said = json.dumps([stand.stayed, found], indent=1)
    _expect(bool(found), stand, "nothing is there")
    _expect(found == stand.stayed, stand, "something else is there by now")


def job(stand: Stand, given: Mapping[str, Any]) -> None:
    """Somebody wishes for a job in place of `demo`: inputs of the module `sums`."""
    stand.job(given)


def training(stand: Stand, given: Mapping[str, Any]) -> None:
    """Somebody wishes for a training in place of `demo`: inputs of the module `learns`."""
    stand.training(given)


def data(stand: Stand, lines: list[str]) -> None:
    """The catalog names data of these lines, with which `demo` is trained from now on."""
    stand.data(lines)


def trained(stand: Stand, given: Mapping[str, Any]) -> None:
    """What the cloud tells of the only training of `demo`: name -> value, by `a.b` one inside."""
    told = stand.trainings()
    stand.said = json.dumps(told, indent=1)
    _expect(len(told) == 1, stand, f"{len(told)} trainings are told of")
    for key, value in given.items():
        found: Any = told[0]
        for name in key.split("."):
            found = (found or {}).get(name)
        found = [row["path"] for row in found] if key == "output" else found
        found = sorted({line.partition(": ")[2] for line in found}) if key == "left" else found
        found = len(found) if key.endswith(".points") else found
        _expect(found == value, stand, f"{key} is {found!r}, not {value!r}")


def checkpointed(stand: Stand, least: int) -> None:
    """The training of `demo` has come to a checkpoint of that number, or a later one."""
    found = [(each.get("checkpoint") or {}).get("name", "0") for each in stand.trainings()]
    _expect(any(int(name) >= least for name in found), stand, f"it has come to {found}")


def escaped(stand: Stand, is_so: bool) -> None:
    """Whether the hostile training of `demo` has written anything outside of what it may."""
    found = stand.ground.escaped(stand.root)
    stand.said = "\n".join(map(str, found))
    _expect(bool(found) == is_so, stand, f"{len(found)} files lie where they must not")


def brought(stand: Stand, given: Mapping[str, str]) -> None:
    """What the training of `demo` made is brought here: file -> its text."""
    folder = stand.brought("training")
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    _expect(found >= set(given), stand, f"{sorted(found)} was brought")
    for name, text in given.items():
        _expect((folder / name).read_text() == text, stand, f"{name} holds something else")


def ran(stand: Stand, times: int) -> None:
    """How often the job really ran, by its own word, since the case began."""
    until = time.monotonic() + _QUEUED_S
    while (found := len(stand.ran().split())) < times and time.monotonic() < until:
        time.sleep(0.2)
    _expect(found == times, stand, f"it ran {found} times")


def unwish(stand: Stand, name: str) -> None:
    """Somebody deletes a wish."""
    stand.unwish_for(name)


def release(stand: Stand, how: str) -> None:
    """The module gets a version: `good`, with `wrong samples`, or with a model that is `broken`."""
    stand.release(how in ("good", "broken"))
    if how in ("good", "broken"):
        repack(stand, broken=how == "broken")
    stand.commit(f"release {how}")


def repack(stand: Stand, broken: bool) -> None:
    """Give the module another archive of the same model, or of one that cannot be loaded."""
    import gzip
    import hashlib
    import io
    import tarfile

    folder = stand.root / "modules" / MODULE
    archive = folder / "model.tar.gz"
    old = hashlib.sha256(archive.read_bytes()).hexdigest()
    raw = io.BytesIO()
    with tarfile.open(archive) as source, tarfile.open(fileobj=raw, mode="w") as target:
        for member in source:
            stream = source.extractfile(member) if member.isfile() else None
            if stream is None or member.name == "1/note.txt":
                continue
            content = stream.read()
            if broken and member.name.endswith("variables.index"):
                content = b"no index"
            _add(target, member.name, content)
        _add(target, "1/note.txt", str(len(stand.main.versions)).encode())
    archive.write_bytes(gzip.compress(raw.getvalue(), mtime=0))
    new = hashlib.sha256(archive.read_bytes()).hexdigest()
    for path in (folder / "module.yaml", folder / "tosca.yaml"):
        path.write_text(path.read_text().replace(old, new))


def _add(target: Any, name: str, content: bytes) -> None:
    import io
    import tarfile

    info = tarfile.TarInfo(name)
    info.size = len(content)
    target.addfile(info, io.BytesIO(content))


def take_back(stand: Stand, given: Any) -> None:
    """The last release is reverted."""
    revert(stand, given)
    stand.main.versions.pop()


def revert(stand: Stand, given: Any) -> None:
    """The last commit is reverted."""
    stand.git("revert", "--no-edit", "HEAD")


def cloud(stand: Stand, given: Mapping[str, Any]) -> None:
    """Somebody changes a cloud's file: name -> fields, or null to delete it."""
    for name, fields in given.items():
        path = stand.root / "clouds" / f"{name}.yaml"
        if fields is None:
            path.unlink()
        else:
            path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    stand.commit("change a cloud")


def deepcat(stand: Stand, given: Any) -> None:
    """Somebody runs a command: its words, or `run`, how it `ends` (by 0) and what it says."""
    given = given if isinstance(given, Mapping) else {"run": given}
    with _meanwhile(stand, given.get("fault", "")) as file:
        by = given.get("by", file)
        status = stand.call(*given["run"].split(), at=given.get("at", NEVER), by=by)
    ends = given.get("ends", 0)
    _expect(ends == "anyhow" or status == ends, stand, f"{given['run']} ended by {status}")
    for words in _many(given.get("says", ())):
        _expect(words in stand.said, stand, f"{given['run']} did not say {words!r}")
    one = _many(given.get("says_one", ("",)))
    _expect(any(words in stand.said for words in one), stand, f"it said none of {one}")
    for words in _many(given.get("never_says", ())):
        _expect(words not in stand.said, stand, f"{given['run']} said {words!r}")


@contextmanager
def _meanwhile(stand: Stand, name: str) -> Iterator[str]:
    """Let something happen once a command has come to its moment: it writes the file given here."""
    if not name:
        yield ""
        return
    file, is_over = stand.folder / "moment", threading.Event()

    def wait() -> None:
        while not file.exists():
            if is_over.wait(0.02):
                return
        try:
            fault(stand, name)
        finally:
            file.unlink()

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield str(file)
    finally:
        is_over.set()
        thread.join()


def interrupted(stand: Stand, given: Mapping[str, Any]) -> None:
    """A command is run again and again, ended at moments; what is `meanwhile` must hold.

    Where a ground is costly it takes its share of the moments, and another one the others.
    """
    for at in given["at"][stand.ground.moments]:
        status = stand.call(*given["run"].split(), at=at, by=given.get("by", ""))
        if status in (0, 1):
            break
        for verb, more in given.get("meanwhile", {}).items():
            take(stand, verb, more)


def both(stand: Stand, commands: list[str]) -> None:
    """Several controllers work at once; each may be told that another one is at work."""
    running = [stand.started("-C", str(stand.root), *each.split()) for each in commands]
    said = [process.communicate(timeout=300)[0] for process in running]
    stand.said = "\n--\n".join(said)
    for process in running:
        _expect(process.returncode in (0, 1), stand, f"one ended by {process.returncode}")
    _expect("Traceback" not in stand.said, stand, "one did not end in order")


def status(stand: Stand, given: Mapping[str, Any]) -> None:
    """What `deepcat status` must tell now: name -> fields, or null for nothing."""
    rows = stand.rows()
    stand.said = json.dumps(rows, indent=1)
    for name, fields in given.items():
        if fields is None:
            _expect(name not in rows, stand, f"{name} is still told of")
            continue
        _expect(name in rows, stand, f"{name} is not told of")
        for key, value in ({"status": fields} if isinstance(fields, str) else fields).items():
            _expect(_same(rows[name][key], value, stand), stand, f"{name}: {key} is not {value!r}")


def _same(found: Any, wanted: Any, stand: Stand) -> bool:
    if wanted == "newest":
        return bool(found == stand.main.versions[-1][0])
    if wanted == "good":
        return (found, True) in stand.main.versions
    return bool(found == wanted)


def _failures_told(stand: Stand) -> list[Mapping[str, str]]:
    """What the record says of the last attempt; without one, what the command said tells why."""
    said = stand.said
    rows = stand.rows()
    stand.said = said
    _expect("demo" in rows, stand, "demo has no record")
    found: list[Mapping[str, str]] = rows["demo"]["failures"]
    stand.said = json.dumps(found, indent=1)
    return found


def failures(stand: Stand, given: list[Mapping[str, str]]) -> None:
    """What the record says of the last attempt, in order: each field is a pattern."""
    found = _failures_told(stand)
    _expect(len(found) == len(given), stand, f"{len(found)} failures are recorded")
    for one, wanted in zip(found, given, strict=True):
        for key, pattern in wanted.items():
            fits = re.search(f"^(?:{pattern})$", str(one.get(key, "")), re.DOTALL)
            _expect(bool(fits), stand, f"{key} of a failure does not fit {pattern!r}")


def why(stand: Stand, kind: str) -> None:
    """Of which kind the last attempt's failures are, unless the plan refused it by name."""
    if "demo: refused" in stand.said:
        return
    kinds = {each["kind"] for each in _failures_told(stand)}
    _expect(kinds == {kind}, stand, f"the failures are of the kinds {sorted(kinds)}")


def plan(stand: Stand, given: Mapping[str, str]) -> None:
    """What the plan must say of each deployment: the action."""
    stand.call("plan", "--json")
    found = {each["deployment"]: each["action"] for each in json.loads(stand.said)["changes"]}
    for name, action in given.items():
        _expect(found.get(name, "none") == action, stand, f"{name}: {found.get(name, 'none')}")


def predict(stand: Stand, name: str) -> None:
    """A person asks it, and the answer is as the module says."""
    ended = stand.call("predict", name, "--sample", "1")
    _expect(ended == 0 and "The answers agree." in stand.said, stand, f"{name} does not answer")


def client(stand: Stand, what: str) -> None:
    """Somebody who asks without pause `begins`; `ends`, having lost nothing; or `ends anyhow`."""
    if what == "begins":
        stand.client = Client(stand, "demo")
        return
    assert stand.client is not None
    found, stand.client = stand.client, None
    # A way that was cut is open again when it is asked once more, however long that takes.
    is_answered = found.waits_for(10)
    found.end()
    _expect(is_answered, stand, f"only {found.answers} answers")
    if what == "ends":
        _expect(not found.failures, stand, f"{len(found.failures)} lost: {found.failures[:3]}")


def there(stand: Stand, names: list[str]) -> None:
    """Of which deployments anything is there, by the cloud's own means."""
    found = {name: things for name, things in stand.ground.there(stand.root).items() if things}
    stand.said = json.dumps(found, indent=1)
    # What a keeper needs itself is there as long as anything is kept.
    own = {name for name in found if name} or set(found)
    _expect(own == set(names), stand, f"of {sorted(own)} something is there, not of {names}")


def copies(stand: Stand, count: int) -> None:
    """How many servers there are, by the cloud's own means."""
    found = stand.ground.there(stand.root).get("demo", [])
    stand.said = json.dumps(found, indent=1)
    # The box of a server has its command, too.
    servers = [words for words in found if f"{MODULE}=" in words and "enter.py" not in words]
    _expect(len(servers) == count, stand, f"{len(servers)} servers are there")


def fault(stand: Stand, name: str) -> None:
    """Something happens there behind deepcat's back."""
    stand.ground.faults[name](stand.root, "demo")
    stand.since = time.monotonic()


def mend(stand: Stand, given: Any) -> None:
    """What happened there is undone."""
    stand.ground.mend()


def mark(stand: Stand, name: str) -> None:
    """How long it took from the last fault until here is a figure of the case."""
    stand.marks[name] = round(time.monotonic() - stand.since, 1)


def forget(stand: Stand, given: Any) -> None:
    """The records are lost."""
    stand.git("update-ref", "-d", "refs/heads/records")


def forget_one(stand: Stand, name: str) -> None:
    """The record of one deployment is lost, and its wish with it: what is there is an orphan."""
    from deepcat.records.store import Store

    stand.unwish_for(name)
    Store(stand.root).update(name, lambda _: None, f"{name}: lost")


def another(stand: Stand, what: str) -> None:
    """Another catalog in the same accounts `begins`, and serves; `answers` still; `ends`."""
    if what == "begins":
        folder = stand.folder / "another"
        folder.mkdir()
        stand.other = Stand(folder, stand.ground)
        stand.other.begin()
        stand.other.become("served")
        return
    assert stand.other is not None
    if what == "answers":
        predict(stand.other, "demo")
        copies(stand.other, 1)
    else:
        stand.other.become("nothing")
        there(stand.other, [])
        stand.other.end()
        stand.other = None


def until(stand: Stand, given: Mapping[str, Any]) -> None:
    """Steps that must hold within so many seconds: they are looked at again until they do."""
    ends = time.monotonic() + given["within_s"]
    while True:
        try:
            for verb, more in given["steps"].items():
                take(stand, verb, more)
            return
        except Broken:
            if time.monotonic() > ends:
                raise
            time.sleep(0.3)


def _many(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


STEPS: Mapping[str, Step] = {
    each.__name__.replace("_", " "): each
    for each in (
        wish, key, stays, job, training, data, trained, checkpointed, escaped, brought, ran,
        unwish, release, take_back, revert,
        cloud, deepcat, interrupted,
        both, status, failures, why, plan, predict, client, there, copies, fault, mend, mark,
        forget, forget_one,
        another, until,
    )
} | desk.STEPS  # fmt: skip
