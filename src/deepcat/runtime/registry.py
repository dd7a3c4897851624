"""EDGE: a registry of images, by the distribution API of OCI.

What is sent is read from disk piece by piece. Our login goes to the registry, to who it names to
give tokens where that speaks TLS, and to nobody else.
"""

from __future__ import annotations

import http.client
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import urlencode, urljoin, urlsplit

from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.plain import plain
from deepcat.runtime.answers import MOST_SAID, Answer, failed, refusal, unknown, unreachable
from deepcat.runtime.image import MANIFEST, named
from deepcat.runtime.logins import Login
from deepcat.runtime.reference import Reference, is_loopback, require_host
from deepcat.secrets.mask import remember

_TIMEOUT_S = 120.0
_PIECE = 2**20
_PAUSES_S = (0.5, 2.0)
_LONGEST_PAUSE_S = 60.0
_AGAIN = frozenset({408, 429, 502, 503, 504})
_CHALLENGE = re.compile(r'([a-z]+)="([^"]*)"', re.I)
# What stands in a header or an address as it is.
_PLAIN = re.compile(r"[!-~]+")
_SAID = 300
_MOST_PAGES = 1000
_NEXT = re.compile(r'<([^<>]+)>; *rel="?next"?')
_LED_ON = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes known by their digest, in a file.

    Attributes:
        digest: ``sha256:…``.
        size: bytes.
        opened: opens the file where they begin.
    """

    digest: str
    size: int
    opened: Callable[[], IO[bytes]]


class Registry:
    """One repository of a registry.

    Args:
        where: it lies.
        login: who we are there; None for nobody.
    """

    def __init__(self, where: Reference, login: Login | None) -> None:
        self._where = where
        self._login = login
        self._authorization = ""
        self._base = f"{where.scheme}://{where.host}/v2/"

    def holds(self, digest: str) -> bool:
        """Whether a blob is there."""
        answer = self._asked("HEAD", self._blobs(digest))
        return self._is_there(answer, f"asking for {digest[:19]}")

    def digest_of(self, tag: str) -> str:
        """The digest of the manifest that a tag, or digest, names; empty for none."""
        return self._manifest("HEAD", tag).headers.get("docker-content-digest", "")

    def described(self, tag: str) -> Mapping[str, Any]:
        """The descriptor of a manifest; empty for none."""
        answer = self._manifest("GET", tag)
        return named(MANIFEST, answer.content) if answer.status == HTTPStatus.OK else {}

    def manifest(self, tag: str) -> Mapping[str, Any]:
        """A manifest, or an index; empty for none."""
        return self._told(self._manifest("GET", tag), f"reading `{tag}`")

    def tags(self) -> list[str]:
        """All tags; none where the repository is not there yet."""
        url, found = f"{self._base}{self._where.name}/tags/list?n=1000", list[str]()
        for _ in range(_MOST_PAGES):
            answer = self._asked("GET", url)
            self._is_there(answer, "listing tags")
            listed = self._told(answer, "listing tags").get("tags")
            found += [str(each) for each in (listed if isinstance(listed, list) else ())]
            more = _NEXT.search(answer.headers.get("link", ""))
            if more is None:
                return found
            url = self._named(more[1])
        raise failed(self._where, "listing tags", "the list has no end")

    def delete(self, digest: str) -> None:
        """Take a manifest away; what is not there is none to take."""
        answer = self._asked("DELETE", self._manifests(digest))
        if answer.status != HTTPStatus.NOT_FOUND:
            self._require(answer, f"deleting {digest[:19]}", HTTPStatus.ACCEPTED, HTTPStatus.OK)

    def blob(self, digest: str) -> Iterator[bytes]:
        """What a blob holds, piece by piece; where it lies, one is led to once."""
        what, url = f"reading {digest[:19]}", self._blobs(digest)
        if not self.holds(digest):  # asked so that whoever asks who we are is answered
            raise failed(self._where, what, "it is not there")
        own = {"Authorization": self._authorization} if self._authorization else {}
        for headers in (own, {}):
            with _opened(self._where, url, {"User-Agent": "deepcat", **headers}) as answer:
                to = answer.headers.get("Location", "")
                if answer.status in _LED_ON and to:
                    url = self._named(urljoin(url, to))
                    continue
                self._require(Answer(answer.status), what, HTTPStatus.OK)
                while piece := answer.read(_PIECE):
                    yield piece
                return
        raise failed(self._where, what, "it leads on and on")

    def referrers(self, digest: str) -> list[Mapping[str, Any]]:
        """The manifests that refer to one, as the registry lists them or, else, a tag."""
        answer = self._asked("GET", f"{self._base}{self._where.name}/referrers/{digest}")
        told = self._told(answer, "asking what refers to it")
        if answer.status != HTTPStatus.OK:
            told = self.manifest(digest.replace(":", "-"))
        listed = told.get("manifests")
        return [each for each in listed if "digest" in each] if isinstance(listed, list) else []

    def _told(self, answer: Answer, what: str) -> Mapping[str, Any]:
        if answer.status != HTTPStatus.OK:
            return {}
        try:
            told = read_json(answer.content, MOST_SAID)
        except ValueError as error:
            raise failed(self._where, what, str(error)) from error
        return told if isinstance(told, Mapping) else {}

    def send(self, blob: Blob, sent: Callable[[int], None] = lambda _: None) -> None:
        """Give a blob; begun anew where the way to the registry broke.

        Args:
            blob: what is sent.
            sent: called with how many bytes more were.

        Raises:
            DeepcatError: it is not taken (``registry/…``).
        """
        what = f"sending {blob.digest[:19]}"
        for pause in (*_PAUSES_S, None):
            begun = self._asked("POST", f"{self._base}{self._where.name}/blobs/uploads/")
            self._require(begun, what, HTTPStatus.ACCEPTED)
            to = self._named(begun.headers.get("location", ""))
            to += f"{'&' if '?' in to else '?'}{urlencode({'digest': blob.digest})}"
            headers = {"Content-Length": str(blob.size), "Content-Type": "application/octet-stream"}
            try:
                answer = self._once("PUT", to, headers, _Body(blob, sent))
            except OSError as error:
                if pause is None:
                    raise unreachable(self._where, error) from error
            else:
                if pause is None or answer.status not in (*_AGAIN, HTTPStatus.UNAUTHORIZED):
                    self._require(answer, what, HTTPStatus.CREATED)
                    return
                if answer.status == HTTPStatus.UNAUTHORIZED:  # the token's time was over
                    self._answer_challenge(answer)
            time.sleep(pause)

    def lists_referrers(self, digest: str) -> bool:
        """Whether the registry itself keeps what refers to a manifest, as OCI 1.1 has it."""
        answer = self._asked("GET", f"{self._base}{self._where.name}/referrers/{digest}")
        return answer.status == HTTPStatus.OK

    def name(self, tag: str, content: bytes, kind: str) -> Mapping[str, str]:
        """Give a manifest under a tag, or under its digest; gives the answer's headers."""
        headers = {"Content-Type": kind, "Content-Length": str(len(content))}
        answer = self._asked("PUT", self._manifests(tag), headers, content)
        self._require(answer, f"naming `{tag}`", HTTPStatus.CREATED)
        return answer.headers

    def _manifest(self, method: str, tag: str) -> Answer:
        kinds = ("image.manifest", "image.index")
        accepted = ", ".join(f"application/vnd.oci.{each}.v1+json" for each in kinds)
        answer = self._asked(method, self._manifests(tag), {"Accept": accepted})
        self._is_there(answer, f"asking for `{tag}`")
        return answer

    def _is_there(self, answer: Answer, what: str) -> bool:
        if answer.status == HTTPStatus.NOT_FOUND:
            return False
        self._require(answer, what, HTTPStatus.OK, HTTPStatus.TEMPORARY_REDIRECT)
        return True

    def _blobs(self, digest: str) -> str:
        return f"{self._base}{self._where.name}/blobs/{digest}"

    def _manifests(self, tag: str) -> str:
        return f"{self._base}{self._where.name}/manifests/{tag}"

    def _asked(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> Answer:
        """An answer; who we are is said when it is asked for, and what is busy is asked again."""
        told = False
        for pause in (*_PAUSES_S, None):
            try:
                answer = self._once(method, url, headers or {}, content)
                if answer.status == HTTPStatus.UNAUTHORIZED and not told:
                    told = True
                    self._answer_challenge(answer)
                    answer = self._once(method, url, headers or {}, content)
            except OSError as error:
                if pause is None or isinstance(error, ssl.SSLError):
                    raise unreachable(self._where, error) from error
            else:
                if pause is None or answer.status not in _AGAIN:
                    return answer
                time.sleep(_asked_for(answer, pause))
                continue
            time.sleep(pause)
        raise AssertionError

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | _Body = b"",
    ) -> Answer:
        own = {"User-Agent": "deepcat"}
        if self._authorization and url.startswith(self._base):
            own["Authorization"] = self._authorization
        return _exchanged(self._where, method, url, {**own, **headers}, body)

    def _answer_challenge(self, answer: Answer) -> None:
        """Take who gives tokens at its word, or say who we are at once.

        Raises:
            DeepcatError: we have no login, or it does not count (``registry/login``).
        """
        if self._login and self._where.scheme == "http" and not is_loopback(self._where.machine):
            raise DeepcatError(
                f"`{self._where.host}` asks who pushes, and speaks without TLS",
                hint="a login is sent by TLS alone: leave out `--plain-http`",
                code="registry/login",
            )
        scheme, _, rest = answer.headers.get("www-authenticate", "").partition(" ")
        told = dict(_CHALLENGE.findall(rest))
        if scheme.lower() == "basic":
            if self._login is None or self._authorization:
                raise unknown(self._where, self._login, answer)
            self._authorization = f"Basic {self._login.basic}"
        elif scheme.lower() == "bearer" and told.get("realm"):
            self._authorization = f"Bearer {self._token(told)}"
        else:
            raise unknown(self._where, self._login, answer)

    def _token(self, told: Mapping[str, str]) -> str:
        realm = self._named(told["realm"])
        parts = urlsplit(realm)
        if parts.scheme != "https" and not (
            parts.scheme == "http" and is_loopback(parts.hostname or "")
        ):
            message = f"`{self._where.host}` names `{plain(realm)[:_SAID]}` to give tokens"
            raise DeepcatError(
                message, hint="a login is sent to what speaks TLS alone", code="registry/login"
            )
        asked = {"scope": f"repository:{self._where.name}:pull,push"}
        if told.get("service"):
            asked["service"] = told["service"]
        headers = {"Authorization": f"Basic {self._login.basic}"} if self._login else {}
        url = f"{realm}{'&' if parts.query else '?'}{urlencode(asked)}"
        try:
            answer = _exchanged(self._where, "GET", url, headers)
        except OSError as error:
            raise unreachable(self._where, error) from error
        if answer.status != HTTPStatus.OK:
            raise unknown(self._where, self._login, answer)
        try:
            given = read_json(answer.content)
            token = str(given.get("token") or given["access_token"])
        except (ValueError, KeyError, AttributeError):
            token = ""
        if not _PLAIN.fullmatch(token):
            raise failed(self._where, "asking for a token", "there is none in it")
        remember(token)
        return token

    def _named(self, address: str) -> str:
        """An address that the registry names, whole.

        Raises:
            DeepcatError: it is none (``registry/failed``).
        """
        try:
            found = urljoin(self._base, address)
            parts = urlsplit(found)
            require_host(parts.hostname or "", parts.port)
            is_one = _PLAIN.fullmatch(found) is not None
        except ValueError:
            is_one = False
        if not is_one:
            raise failed(self._where, "following it", f"it names `{plain(address)[:_SAID]}`")
        return found

    def _require(self, answer: Answer, what: str, *good: int) -> None:
        if answer.status not in good:
            raise refusal(self._where, what, answer, self._login)


class _Body:
    """A blob as `http.client` reads it, counted."""

    def __init__(self, blob: Blob, sent: Callable[[int], None]) -> None:
        self._blob = blob
        self._sent = sent

    def __iter__(self) -> Iterator[bytes]:
        left = self._blob.size
        with self._blob.opened() as stream:
            while left:
                piece = stream.read(min(_PIECE, left))
                if not piece:
                    raise DeepcatError(
                        f"{self._blob.digest[:19]} ends early in its archive",
                        hint="build the image anew",
                        code="registry/archive",
                    )
                left -= len(piece)
                yield piece
                self._sent(len(piece))


def _exchanged(
    where: Reference,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | _Body = b"",
) -> Answer:
    """One request and its answer; nobody is followed elsewhere.

    Raises:
        OSError: the way there broke.
    """
    connection, path = _connection(where, url)
    try:
        # A registry that refuses what it is being sent answers before it has all of it.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, path, body or None, dict(headers))
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told, answer.read(MOST_SAID))
    except http.client.HTTPException as error:
        raise ConnectionError(type(error).__name__) from error
    finally:
        connection.close()


def _connection(where: Reference, url: str) -> tuple[http.client.HTTPConnection, str]:
    """What leads to an address, and what is asked for there."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", where.scheme) or not parts.hostname:
        raise failed(where, "following it", f"it names `{plain(url)[:_SAID]}`")
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname, parts.port, timeout=_TIMEOUT_S), path


@contextmanager
def _opened(
    where: Reference, url: str, headers: Mapping[str, str]
) -> Iterator[http.client.HTTPResponse]:
    """An answer that is read as it comes."""
    connection, path = _connection(where, url)
    try:
        connection.request("GET", path, headers=dict(headers))
        with connection.getresponse() as answer:
            yield answer
    except http.client.HTTPException as error:
        raise unreachable(where, ConnectionError(type(error).__name__)) from error
    except OSError as error:
        raise unreachable(where, error) from error
    finally:
        connection.close()


def _asked_for(answer: Answer, pause: float) -> float:
    """How long to wait: as the registry asks, within bounds."""
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), _LONGEST_PAUSE_S) if asked.isdecimal() else pause
