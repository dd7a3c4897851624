"""EDGE: a forge's interfaces for large files, asked by HTTP.

Our login goes to the forge alone, by TLS; what the forge lets us do elsewhere has a way in of its
own. Files are sent and read piece by piece.
"""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deepcat.foreign import read_json
from deepcat.forge.failures import from_answer, said
from deepcat.loop.trained.stores.seam import CHUNK, Place, failed
from deepcat.plain import plain
from deepcat.secrets.mask import remember
from deepcat.secrets.resolve import resolve

_TIMEOUT_S = 120.0
# The longest that is waited, in all, where a forge says that it is asked too often.
_PATIENCE_S = 120.0
_MOST_WAITS = 4
_sleep = time.sleep
_MOST_SAID = 1 << 24
# Rows of a list that are asked for at once.
_PAGE = 100
_PLAIN = re.compile(r"[!-~]+")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
# With a token any name will do; this is what GitHub's own is called.
_ANYBODY = "x-access-token"


class Web:
    """One forge.

    Args:
        place: the store.
        roots: the addresses below which we say who we are.
        login: who we are, as a header says it (`basic`, `bearer`); empty where we do not say it
            even there, as hosts and readers do not.
    """

    def __init__(self, place: Place, *roots: str, login: str = "") -> None:
        self._place, self._login = place, login
        self._roots = tuple(f"{root}/" for root in roots)
        self._who = "" if login else " to somebody without a log-in"
        self._opener = urllib.request.build_opener(_OnlyHttps)

    def said(
        self,
        method: str,
        url: str,
        given: Any = None,
        kind: str = "application/json",
        more: Mapping[str, str] | None = None,
    ) -> Any:
        """What it answers, as JSON; None where there is no such thing.

        Args:
            method: of HTTP.
            url: below the root.
            given: is sent as JSON; nothing where it is None.
            kind: of both.
            more: headers that go along, before ours where they are the same.

        Raises:
            DeepcatError: it does not do it (``store/failed``).
        """
        content = None if given is None else json.dumps(given).encode()
        headers = {"Accept": kind} | ({} if content is None else {"Content-Type": kind})
        headers |= more or {}
        with self._asked(method, url, headers, content, nowhere=True) as answer:
            told = answer.read(_MOST_SAID) if answer else b""
        try:
            return read_json(told, _MOST_SAID) if told else None
        except ValueError:
            raise failed(self._place, f"`{url}` answers with what is no JSON") from None

    def pages(self, url: str, *, nowhere: bool = False) -> Iterator[list[Any]]:
        """A list of GitHub's or GitLab's, page by page, none of them empty.

        Args:
            url: of the list.
            nowhere: whether one that is not there has no pages, and is no failure.

        Raises:
            DeepcatError: it does not give it (``store/failed``).
        """
        count = 0
        while count % _PAGE == 0:
            words = f"per_page={_PAGE}&page={count // _PAGE + 1}"
            rows = self.said("GET", f"{url}{'&' if '?' in url else '?'}{words}")
            if rows is None and nowhere:
                return
            if not isinstance(rows, list):
                raise failed(self._place, "it does not say what it has")
            if not rows:
                return
            count += len(rows)
            yield rows

    def send(self, method: str, url: str, headers: Mapping[str, str], file: Path) -> bytes:
        """Send a file; gives what is answered."""
        with file.open("rb") as stream:
            own = {"Content-Type": "application/octet-stream", **headers}
            # Gitea asks for it in pieces, whose length nobody says.
            if "transfer-encoding" not in map(str.lower, own):
                own["Content-Length"] = str(file.stat().st_size)
            with self._asked(method, url, own, stream) as answer:
                return bytes(answer.read(_MOST_SAID))

    def read(self, url: str, headers: Mapping[str, str]) -> Iterator[bytes]:
        """What lies there, piece by piece."""
        with self._asked("GET", url, headers) as answer:
            while chunk := answer.read(CHUNK):
                yield chunk

    @contextmanager
    def _asked(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: Any = None,
        *,
        nowhere: bool = False,
    ) -> Iterator[Any]:
        if not _PLAIN.fullmatch(url) or urlsplit(url).scheme != "https":
            raise failed(self._place, f"it leads to `{plain(url)[:200]}`, no https address")
        request = urllib.request.Request(url, content, method=method)  # noqa: S310 - seen above
        for name, value in {"User-Agent": "deepcat", **headers}.items():
            if not _HEADER.fullmatch(name) or not str(value).isprintable():
                raise failed(self._place, "it asks for a header that is none")
            request.add_unredirected_header(name, str(value))
        is_ours = self._login and url.startswith(self._roots)
        if is_ours and not request.has_header("Authorization"):
            request.add_unredirected_header("Authorization", self._login)
        try:
            with self._answer(request, content) as answer:
                yield answer
        except _RefusedError as refused:
            if nowhere and refused.status == 404:
                yield None
                return
            words = f"{method} {urlsplit(url).path} is answered {refused.status}{self._who}"
            words += f": {plain(refused.said)[:200]}" if refused.said else ""
            raise failed(self._place, words) from None
        except (OSError, HTTPException) as error:
            raise failed(self._place, getattr(error, "reason", None) or error) from None

    def _answer(self, request: urllib.request.Request, content: Any) -> Any:
        """What is answered; where we ask too often, it is asked again when the forge says so."""
        until, attempt = time.monotonic() + _PATIENCE_S, 0
        while True:
            try:
                return self._opener.open(request, timeout=_TIMEOUT_S)
            except urllib.error.HTTPError as error:
                with error:
                    told = _told(error)
                failure = from_answer(error.code, dict(error.headers), told, attempt, time.time())
                wait_s = failure.wait_s if failure.code == "forge/limit" else None
                if wait_s is None or attempt == _MOST_WAITS or wait_s > until - time.monotonic():
                    again = "" if wait_s is None else f" (it may be asked again in {wait_s:.0f} s)"
                    raise _RefusedError(error.code, said(told) + again) from None
            _sleep(wait_s)
            attempt += 1
            if hasattr(content, "seek"):
                content.seek(0)


class _RefusedError(Exception):
    """An answer that is no success, and its words."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(status)
        self.status, self.said = status, said


def basic(place: Place) -> str:
    """Who we are at a forge, by a name and a token in the place of a password.

    Raises:
        DeepcatError: the secret cannot be had (``secret/…``).
    """
    user = resolve(place.key) if place.key else _ANYBODY
    login = base64.b64encode(f"{user}:{resolve(place.secret)}".encode()).decode()
    remember(login)
    return f"Basic {login}"


def bearer(place: Place) -> str:
    """Who we are at a forge, by a token alone.

    Raises:
        DeepcatError: the secret cannot be had (``secret/…``).
    """
    return f"Bearer {resolve(place.secret)}"


def _told(error: urllib.error.HTTPError) -> Any:
    try:
        return read_json(error.read(1 << 16), 1 << 16)
    except (OSError, ValueError, HTTPException):
        return None


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> urllib.request.Request | None:
        if urlsplit(str(args[-1])).scheme != "https":
            raise OSError("it leads on to what is no https address")
        return super().redirect_request(*args)
