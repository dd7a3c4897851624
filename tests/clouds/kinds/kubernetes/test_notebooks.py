"""What a notebook is on a cluster, what is handed out of its pod, and what its keeper answers."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import socket
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from pods.given import cloud

from deepcat.clouds.kinds.kubernetes import (
    notebook_wanted,
    notebook_work,
    notebooks,
)
from deepcat.clouds.kinds.kubernetes.forward import ending
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.clouds.manifests import notebooks as manifests
from deepcat.clouds.manifests.values import Card, Served
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.host.notebook.pods import answering, bringing, handing, keep, values
from deepcat.host.notebook.saved import MOST_BYTES

TOLD = {
    "port": 8888,
    **{"deployment": "demo", "idle_s": 60, "python": "3.11", "environment": {}, "reads": False},
    **{part: part[0] * 64 for part in values.PARTS},
}
WHAT = Served(
    "demo-1", "registry.example/deepcat@sha256:" + "0" * 64, (), "lab", card=Card("x.com/gpu", 1)
)
NOTEBOOK = manifests.Notebook(WHAT, TOLD, "demo-work", "1Gi", "", "demo-token")


def test_its_pod_may_do_nothing_and_nobody_comes_in() -> None:
    claim, policy, job = manifests.made_of(NOTEBOOK)
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert not pod["automountServiceAccountToken"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "ports" not in container
    assert (policy["spec"]["ingress"], policy["spec"]["egress"]) == ([], [])
    assert "ownerReferences" not in claim["metadata"]
    assert pod["volumes"][2]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]


def test_one_that_hands_the_work_out_asks_for_no_card_and_begins_no_jupyterlab() -> None:
    job = manifests.job(NOTEBOOK)
    given = {"batch.kubernetes.io/controller-uid": "u", "job-name": "demo-1"}
    job["spec"]["template"]["metadata"]["labels"] |= given
    job["spec"] |= {"selector": {"matchLabels": {}}, "suspend": False}
    once_more = manifests.again(job)
    assert once_more["spec"]["template"]["spec"] == job["spec"]["template"]["spec"]
    assert not given.keys() & once_more["spec"]["template"]["metadata"]["labels"].keys()
    assert not {"selector", "suspend"} & once_more["spec"].keys()
    reads = manifests.again(job, "demo-1-reads", reads=True)
    (container,) = reads["spec"]["template"]["spec"]["containers"]
    assert manifests.told_of(container) == {**TOLD, "reads": True}
    assert "x.com/gpu" not in json.dumps(container["resources"])
    assert reads["metadata"]["name"] == "demo-1-reads"


def test_a_cloud_without_a_place_for_the_work_takes_no_notebook() -> None:
    assert "notebook" in KIND.lacks(cloud({}, "lab"))  # type: ignore[attr-defined]
    there = cloud({}, "lab", notebooks={"storage": "1Gi"})
    assert "notebook" not in KIND.lacks(there)  # type: ignore[attr-defined]


def test_the_module_s_files_are_the_work_s_beginning_alone() -> None:
    goal = notebook_wanted.goal_of(NOTEBOOK)
    other = manifests.Notebook(WHAT, {**TOLD, "files": "a" * 64, "idle_s": 1}, *"abcd")
    assert notebook_wanted.goal_of(other) == goal
    other = manifests.Notebook(WHAT, {**TOLD, "own": "a" * 64}, *"abcd")
    assert notebook_wanted.goal_of(other) != goal


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        ({"exitCode": 143}, ""),
        ({"exitCode": 128, "reason": "StartError", "message": "no such file"}, "run/container"),
        ({"exitCode": 137, "reason": "OOMKilled"}, "run/memory"),
        ({"exitCode": 125, "message": "error [run/environment]: Python 3.9"}, "run/environment"),
        ({"exitCode": 1, "message": "Traceback"}, "run/notebook"),
    ],
    ids=["from outside", "another image", "memory", "another python", "jupyterlab"],
)
def test_why_its_container_failed(ended: dict[str, Any], code: str) -> None:
    found = notebooks._failed(ended)
    assert (found.code if found else "") == code


def test_only_what_the_run_asked_for_holds_and_its_claim_is_kept() -> None:
    job = {"program": "demo-1", "objects": [["PersistentVolumeClaim", "demo-work"], ["Job", "d"]]}
    noted = {"a": {"run": "r2", "candidate": job}, "b": {"run": "r1", "live": job}}
    state = {"run": "r2", "notebooks": noted}
    assert notebooks.kept(state) == {("PersistentVolumeClaim", "demo-work"), ("Job", "d")}
    assert notebooks.settled(state) == {"a": {"run": "r2", "live": job}}
    # What did not come up leaves what was there.
    assert notebooks.abandoned(state) == {"a": {"run": "r2"}, "b": noted["b"]}


def test_one_whose_job_is_complete_was_stopped_and_is_there() -> None:
    state = {"notebooks": {node: {"live": {"program": f"demo-{node}"}} for node in "abc"}}
    tag = {"data": {"state.json": json.dumps(state)}}
    complete = {"conditions": [{"type": "Complete", "status": "True"}]}
    begun = [{"metadata": {"name": "demo-a"}, "status": complete}, {"metadata": {"name": "demo-b"}}]
    assert notebooks.seen(tag, begun) == (frozenset({"demo-a", "demo-b"}), {"demo-a": ""})


@pytest.mark.parametrize(
    "program", ["other-1-86374ab1", "demo-notebook-ada797-1", "demo-notebook-ada797-1-../x"]
)
def test_what_others_noted_is_not_believed(program: str) -> None:
    state = {"notebooks": {"notebook": {"live": {"program": program}}}}
    with pytest.raises(StepError) as caught:
        notebooks.require_own(Held(None, "cat", "demo"), state)  # type: ignore[arg-type]
    assert caught.value.code == "run/noted"


def work(folder: Path) -> dict[str, bytes]:
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "c.py").write_bytes(b"1\n")
    (folder / "run.sh").write_bytes(b"#!\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("/etc/passwd")
    with (folder / "large").open("wb") as out:
        out.truncate(MOST_BYTES + 1)
    return {"a/b/c.py": b"1\n", "run.sh": b"#!\n"}


def test_the_work_comes_out_as_it_lies_but_links_and_what_is_too_large(tmp_path: Path) -> None:
    (there := tmp_path / "there").mkdir()
    (here := tmp_path / "here").mkdir()
    known = work(there)
    archive = io.BytesIO()
    handing.poured(there, archive)
    assert len(archive.getvalue()) < 100_000
    archive.seek(0)
    notebook_work.taken(archive, here)
    assert {path: (here / path).read_bytes() for path in known} == known
    assert (here / "run.sh").stat().st_mode & 0o100
    assert (here / "link").is_symlink()
    assert not (here / "link").exists()
    assert (here / "large").stat().st_size == MOST_BYTES + 1


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, to
    return found


@pytest.mark.parametrize(
    "members",
    [
        [member("../out")],
        [member("/out")],
        [member("a"), member("a")],
        [member("a", tarfile.SYMTYPE, ".."), member("a/out")],
        [member("a", tarfile.LNKTYPE, "/etc/passwd")],
        [member("a", tarfile.FIFOTYPE)],
        [member("a", tarfile.CHRTYPE)],
    ],
    ids=["above", "absolute", "twice", "below a link", "hard link", "pipe", "device"],
)
def test_what_a_stranger_s_pod_hands_out_stays_in_its_folder(
    members: list[tarfile.TarInfo], tmp_path: Path
) -> None:
    (here := tmp_path / "here").mkdir()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for each in members:
            tar.addfile(each)
    archive.seek(0)
    with pytest.raises(OSError, match=r"."):
        notebook_work.taken(archive, here)
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_header_of_absurd_length_is_not_read(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 1 << 30
    with pytest.raises(StepError, match="absurd"):
        notebook_work.taken(io.BytesIO(header.tobuf() + bytes(4096)), tmp_path)


class Hands:
    """Hands two folders out."""

    def __init__(self, **folders: Path) -> None:
        self._folders = folders

    @contextmanager
    def poured(self, path: str) -> Iterator[io.BytesIO]:
        archive = io.BytesIO()
        handing.poured(self._folders[path.strip("/")], archive)
        archive.seek(0)
        yield archive


@pytest.mark.starts("Git, in a box")
def test_git_is_made_here_of_what_it_began_with_and_what_lies_there(tmp_path: Path) -> None:
    begun, now = tmp_path / "begun", tmp_path / "work"
    begun.mkdir()
    (begun / "train.py").write_text("1\n")
    now.mkdir()
    work(now)
    bundle, told = notebook_work.saved(Hands(begun=begun, work=now), "demo")
    assert bundle.startswith(b"# v2 git bundle\n")
    assert b"refs/deepcat/base/demo" in bundle[:400]
    assert b"refs/deepcat/work/demo" in bundle[:400]
    assert told["left"] == {"large": "it is larger than 20 MB", "link": "a link"}


class Silent:
    """Hands nothing out."""

    def poured(self, path: str) -> Any:
        raise OSError(f"{path} is not handed out")


def test_what_cannot_be_had_is_told() -> None:
    with pytest.raises(DeepcatError) as caught:
        notebook_work.saved(Silent(), "demo")
    assert caught.value.code == "develop/work"


def packed(content: bytes) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        found = tarfile.TarInfo("a/b.txt")
        found.size = len(content)
        tar.addfile(found, io.BytesIO(content))
    return raw.getvalue()


def test_what_is_brought_is_held_against_its_checksum(tmp_path: Path) -> None:
    content = packed(b"hello")
    sha256 = hashlib.sha256(content).hexdigest()
    for broken in (content[:-4], content + b"1"):
        with pytest.raises(OSError, match=r"checksum|ends too early"):
            bringing.take(tmp_path, sha256, len(content) + 1, io.BytesIO(broken))
        assert list(tmp_path.iterdir()) == []
    bringing.take(tmp_path, sha256, len(content), io.BytesIO(content))
    assert (bringing.path_of(tmp_path, sha256) / "a" / "b.txt").read_text() == "hello"
    (tmp_path / f".{sha256}.tar.gz").write_bytes(content)  # of a pod that was killed meanwhile
    bringing.sweep(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_the_work_begins_though_a_pod_was_cut_off_before(tmp_path: Path) -> None:
    begun, base, files = (tmp_path / each for each in ("begun", "base", "files"))
    for folder in (begun, base, tmp_path / ".files.new"):
        folder.mkdir()
        (folder / "train.py").write_text(folder.name)
    keep.begin(begun, base, files)
    assert [(each / "train.py").read_text() for each in (base, files)] == ["begun"] * 2
    assert {each.name for each in tmp_path.iterdir()} == {"begun", "base", "files"}


def test_the_work_of_a_claim_that_is_full_is_handed_out(tmp_path: Path) -> None:
    tries = []

    def pour(into: IO[bytes]) -> None:
        into.write(b"work")
        tries.append(into)
        if len(tries) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    with answering.packed(pour, tmp_path, tmp_path) as whole:
        whole.seek(0)
        assert whole.read() == b"work"
    tries.clear()
    with pytest.raises(OSError, match="No space"):
        answering.packed(pour, tmp_path)


def test_who_answers_a_little_again_and_again_is_ended() -> None:
    here, there = socket.socketpair()
    with here, there, ending(here, 0.01):
        assert here.recv(1) == b""


@pytest.mark.starts("a server of the loopback")
def test_its_keeper_hears_only_who_shows_the_token(tmp_path: Path) -> None:
    content = packed(b"hello")
    sha256 = hashlib.sha256(content).hexdigest()
    folder, kept = tmp_path / "own", tmp_path / "kept"
    folder.mkdir()
    kept.mkdir()
    answers = answering.Answers(folder, kept, kept / "asked", [sha256])
    server = answering.serving(answers, "t" * 20, ("127.0.0.1", 0))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(verb: str, path: str, data: bytes | None = None, token: str = "t" * 20) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        request = Request(
            f"http://127.0.0.1:{server.server_port}{path}", data, headers, method=verb
        )
        try:
            with urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()

    try:
        assert ask("GET", values.NOW, token="u" * 20)[0] == 403
        assert ask("PUT", values.ASKED, b"{}", token="")[0] == 403
        assert ask("GET", "/elsewhere")[0] == 404
        assert json.loads(ask("GET", values.NOW)[1])["lacks"] == [sha256]
        assert ask("PUT", f"{values.BRING}{'0' * 64}", content)[0] == 507
        assert ask("PUT", f"{values.BRING}../{sha256}", content)[0] == 507
        assert ask("PUT", f"{values.BRING}{sha256}", content)[0] == 200
        asked = json.dumps({"number": "1", "act": "stop", "idle_s": 5}).encode()
        assert ask("PUT", values.ASKED, asked)[0] == 200
        told = json.loads(ask("GET", values.NOW)[1])
        assert (told["lacks"], told["asked"]["act"]) == ([], "stop")
        # What a pod that comes after this one is told: until when, but not to stop.
        assert json.loads((kept / "asked").read_text()) == {"idle_s": 5}
    finally:
        server.shutdown()
        server.server_close()
