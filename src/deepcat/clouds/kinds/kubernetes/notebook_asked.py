"""EDGE of a cluster: asks what keeps a notebook in its pod, by the API server's own way."""

from __future__ import annotations

import base64
import http.client
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import IO, Any

from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.forward import HERE, ending, forwarded
from deepcat.clouds.kinds.kubernetes.notebook_wanted import Brought
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.host.failure import StepError
from deepcat.host.notebook.pods import values
from deepcat.remote.address import target

# To unpack an environment on a slow claim, or to pack the work of one, takes minutes.
_ANSWERS_S, _POURS_S = 60.0, 900.0
# So much longer an answer may take than until something of it comes.
_WHOLE = 4
_MOST, _MOST_WORDS = 1 << 20, 300
_GONE = 404
_MERGE = "application/merge-patch+json"
_ERRORS = (OSError, http.client.HTTPException, ValueError, RecursionError)


def token(cluster: Cluster, secret: str) -> str:
    """What lets in; empty where there is none.

    It is the answer to a change that changes nothing: who applies may patch secrets, and not list
    or get them.

    Raises:
        RefusedError: the cluster does not tell.
    """
    try:
        told = cluster.ask("PATCH", at(cluster, secret), None, {}, _MERGE)
        return base64.b64decode((told.get("data") or {}).get(values.TOKEN) or "").decode()
    except RefusedError as error:
        if error.status != _GONE:
            raise
        return ""
    except ValueError:
        return ""


def at(cluster: Cluster, secret: str) -> str:
    """A secret's address."""
    return f"/api/v1/namespaces/{cluster.namespace}/secrets/{secret}"


class Asking:
    """One pod, and what lets in.

    Args:
        cluster: where.
        pod: as the API gives it.
        token: that lets in.
    """

    def __init__(self, cluster: Cluster, pod: Object, token: str) -> None:
        self._cluster, self._name, self._token = cluster, str(pod["metadata"]["name"]), token

    def now(self) -> dict[str, Any]:
        """What is known of it; empty where it does not answer."""
        try:
            with self._asked("GET", values.NOW) as answer:
                found = (
                    json.loads(answer.read(_MOST)) if answer.status == http.HTTPStatus.OK else {}
                )
                return found if isinstance(found, dict) else {}
        except _ERRORS:
            return {}

    def ask(self, asked: Mapping[str, Any]) -> bool:
        """Ask it for something; whether that was taken."""
        try:
            content = json.dumps(dict(asked)).encode()
            with self._asked("PUT", values.ASKED, io.BytesIO(content), len(content)) as answer:
                return answer.status == http.HTTPStatus.OK
        except _ERRORS:
            return False

    def bring(self, each: Brought) -> None:
        """Bring an archive.

        Raises:
            StepError: it does not take it.
        """
        content = each.path.open("rb") if each.path else io.BytesIO(each.content)
        path = f"{values.BRING}{each.sha256}"
        try:
            asking = self._asked("PUT", path, content, each.size, _POURS_S)
            with closing(content), asking as answer:
                if answer.status == http.HTTPStatus.OK:
                    return
                why = answer.read(_MOST_WORDS).decode("utf-8", "replace")
        except _ERRORS as error:
            why = str(error) or type(error).__name__
        message = f"the notebook's pod does not take what is brought to it: {why}"
        raise StepError(
            "cloud", "run/notebook", message, "see `storage` of the cloud's `notebooks`"
        )

    @contextmanager
    def poured(self, path: str) -> Iterator[IO[bytes]]:
        """The work as an archive, or what it began with.

        Raises:
            OSError: it is not handed out.
        """
        try:
            with self._asked("GET", path, timeout_s=_POURS_S) as answer:
                if answer.status != http.HTTPStatus.OK:
                    why = answer.read(_MOST_WORDS).decode("utf-8", "replace")
                    raise OSError(why or f"it answers {answer.status}")
                yield answer
        except http.client.HTTPException as error:
            raise OSError(f"its work ends too early: {error}") from None

    @contextmanager
    def _asked(
        self,
        verb: str,
        path: str,
        content: IO[bytes] | None = None,
        size: int = 0,
        timeout_s: float = _ANSWERS_S,
    ) -> Iterator[http.client.HTTPResponse]:
        address = {"keep": f"http://{self._name}:{values.PORT}"}
        headers = {"Authorization": f"Bearer {self._token}"}
        if content is not None:
            headers["Content-Length"] = str(size)
        with forwarded(self._cluster, address, lambda _: "", self._name) as found:
            port = target(found["keep"])[1]
            with closing(http.client.HTTPConnection(HERE, port, timeout=timeout_s)) as asking:
                asking.connect()
                with ending(asking.sock, _WHOLE * timeout_s):
                    asking.request(verb, path, content, headers)
                    yield asking.getresponse()
