"""A store of models in a release of GitLab, by a server that answers as its documentation says."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from credentials import Authority
from gitlab import PROJECT, GitLab, running
from stores import CONTENT, archive_of, require_cut, require_kept, require_swept

from deepcat.errors import DeepcatError
from deepcat.loop.trained import store as room
from deepcat.loop.trained.store import YOUNG_S, ModelStore, Place
from deepcat.loop.trained.stores import gitlab_release, web
from deepcat.loop.trained.stores.gitlab_release import GitLabRelease

pytestmark = pytest.mark.starts("a GitLab")


@pytest.fixture
def gitlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitLab]:
    (tmp_path / "tls").mkdir()
    authority = Authority(tmp_path / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*authority.sign("forge", "forge"))
    with running(tls) as found:
        monkeypatch.setenv("STORE_SECRET", found.token)
        yield found


@pytest.fixture
def place(gitlab: GitLab) -> Place:
    where = f"gitlab-release://127.0.0.1:{gitlab.port}/{PROJECT}/models"
    return Place(where, "", secret="env:STORE_SECRET")


def puts(gitlab: GitLab, end: str = ".tar.gz") -> int:
    """How often a file was sent."""
    return sum(each.startswith("PUT ") and each.endswith(end) for each in gitlab.asked)


def test_what_is_kept_is_whole(
    gitlab: GitLab, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_kept(place, tmp_path)
    (sha256,) = ModelStore(place).names()
    assert gitlab.release
    assert (gitlab.release["tag_name"], gitlab.release["ref"]) == ("models", "main")
    (link,) = gitlab.links.values()
    address = ModelStore(place).address(sha256, "model.tar.gz", 1)
    assert (link["name"], link["url"]) == (f"{sha256}.tar.gz", address)
    (package,) = gitlab.packages.values()
    assert (package["name"], package["version"]) == ("models", sha256)
    names = sorted(each["file_name"] for each in gitlab.files.values())
    assert names == [f"{sha256}.intoto.json", f"{sha256}.tar.gz"]
    require_cut(place, gitlab.port, tmp_path)
    require_swept(place, tmp_path, monkeypatch)
    assert (len(gitlab.packages), len(gitlab.files), len(gitlab.links)) == (1, 1, 1)


def test_what_is_there_is_not_sent_again(gitlab: GitLab, place: Place, tmp_path: Path) -> None:
    """One that might be swept is made young by a small file beside it."""
    path, sha256 = archive_of(tmp_path)
    store = ModelStore(place)
    store.put(path, sha256)
    for _ in range(2):
        for each in gitlab.files.values():
            each["created_at"] = "2020-01-01T00:00:00.000Z"
        assert store.names()[sha256][1] > YOUNG_S
        store.put(path, sha256)
        assert store.names()[sha256][1] < 60
    assert (puts(gitlab), len(gitlab.files)) == (1, 2)
    assert store.sweep(()) == ()
    # What is spoiled there, by whatever, is written anew, and what it had before goes.
    for each in gitlab.files.values():
        each["_content"] = b"x" * len(CONTENT)
    store.put(path, sha256)
    kept = [each for each in gitlab.files.values() if each["file_name"].endswith(".tar.gz")]
    assert [each["_content"] for each in kept] == [CONTENT]


def test_what_others_keep_there_is_none_of_ours(
    gitlab: GitLab, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sha256 = archive_of(tmp_path)
    store = ModelStore(place)
    store.put(path, sha256)
    token = f"Bearer {gitlab.token}"
    root = f"/api/v4/projects/{PROJECT.replace('/', '%2F')}/packages/generic"
    others = [f"models/1.0.0/{'a' * 64}.zip", f"models-of-others/{'a' * 64}/{'a' * 64}.zip"]
    left = f"models/{'b' * 64}/{'b' * 64}.zip"  # by who was killed before it was named
    for each in (*others, left):
        gitlab.answer("PUT", f"{root}/{each}", token, b"x")
    assert set(store.names()) == {sha256}
    monkeypatch.setattr(room, "YOUNG_S", -3600.0)
    assert store.sweep({sha256}) == ()
    versions = sorted(each["version"] for each in gitlab.packages.values())
    assert versions == sorted(["1.0.0", "a" * 64, sha256])


def grow_old(gitlab: GitLab) -> None:
    for each in (*gitlab.files.values(), *gitlab.packages.values()):
        each["created_at"] = "2020-01-01T00:00:00.000Z"


def test_what_a_commit_names_stays_without_its_link(
    gitlab: GitLab, place: Place, tmp_path: Path
) -> None:
    """As where somebody made the release anew: its files are fetched by no link."""
    path, sha256 = archive_of(tmp_path)
    store = ModelStore(place)
    store.put(path, sha256)
    grow_old(gitlab)
    gitlab.links.clear()
    assert store.sweep({sha256}) == ()
    assert b"".join(store._backend.read(f"0/0/{sha256}.tar.gz")) == CONTENT
    store.put(path, sha256)
    assert set(store.names()) == {sha256}


@pytest.mark.parametrize("after", ["parts", "find", "DELETE"])
def test_what_is_kept_anew_while_it_is_swept_stays(
    gitlab: GitLab, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """Whichever answer who sweeps has just heard: what is half there, how old it is, no link."""
    path, sha256 = archive_of(tmp_path)
    store = ModelStore(place)
    if after == "parts":
        store._backend.write(path)
    else:
        store.put(path, sha256)
    grow_old(gitlab)
    asked = store._backend._web if after == "DELETE" else store._backend
    name = "said" if after == "DELETE" else after
    ask, kept = getattr(asked, name), []

    def then(*args: str) -> object:
        told = ask(*args)
        if not kept and args[:1] in ((), (f"sha256/{sha256[:2]}/{sha256}.tar.gz",), ("DELETE",)):
            kept.append(args)
            ModelStore(place).put(path, sha256)
        return told

    monkeypatch.setattr(asked, name, then)
    store.sweep(())
    assert kept
    assert set(ModelStore(place).names()) == {sha256}
    assert b"".join(store._backend.read(f"0/0/{sha256}.tar.gz")) == CONTENT


def test_many_pages_are_read(gitlab: GitLab, place: Place, tmp_path: Path) -> None:
    path, sha256 = archive_of(tmp_path)
    store = ModelStore(place)
    store.put(path, sha256)
    (link,) = gitlab.links.values()
    (package,) = gitlab.packages.values()
    for number in range(100, 250):
        gitlab.links = {number: {**link, "id": number, "url": f"x{number}"}, **gitlab.links}
        gitlab.packages = {number: {**package, "id": number, "version": "1.0"}, **gitlab.packages}
    assert set(store.names()) == {sha256}


def test_a_list_without_end_is_no_list(
    gitlab: GitLab, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a server that does not know of pages, and has as many rows as a page."""
    monkeypatch.setattr(gitlab_release, "_MOST_ROWS", 300, raising=False)
    store, asked = ModelStore(place), []

    def said(method: str, url: str) -> list[object]:
        asked.append(url)
        assert len(asked) < 10
        return [{"id": 1, "name": "x", "url": "x"}] * 100

    monkeypatch.setattr(store._backend._web, "said", said)
    with pytest.raises(DeepcatError, match="more than 300"):
        store.names()


def test_who_names_the_same_at_the_same_moment_is_no_fault(
    gitlab: GitLab, place: Place, tmp_path: Path
) -> None:
    path, sha256 = archive_of(tmp_path)
    one, other, name = GitLabRelease(place), GitLabRelease(place), f"{sha256}.tar.gz"
    first, second = one.write(path), other.write(path)
    one.name(first, name)
    other.name(second, name)
    assert (len(gitlab.links), len(gitlab.files)) == (1, 1)
    assert set(ModelStore(place).names()) == {sha256}


def test_what_it_refuses_is_said(
    gitlab: GitLab, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(web, "_sleep", waits.append)
    path, sha256 = archive_of(tmp_path)
    gitlab.is_public = False
    with pytest.raises(DeepcatError, match="everybody may read") as caught:
        ModelStore(place).put(path, sha256)
    assert ("public project" in str(caught.value.hint), puts(gitlab)) == (True, 0)
    gitlab.is_public = True
    monkeypatch.setenv("STORE_SECRET", "0" * 40)
    with pytest.raises(DeepcatError, match="401 Unauthorized") as caught:
        ModelStore(place).put(path, sha256)
    assert "0" * 40 not in caught.value.message
    monkeypatch.setenv("STORE_SECRET", gitlab.token)
    gitlab.limits = 2
    ModelStore(place).put(path, sha256)
    assert waits == [5.0, 5.0]
