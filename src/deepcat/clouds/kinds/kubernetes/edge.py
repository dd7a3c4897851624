"""EDGE of the kind: the API server, by the client library of Kubernetes.

One `Cluster` speaks to one API server. What it is asked and what it answers is plain data; what is
refused is a `RefusedError`, with the server's own words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import account
from deepcat.clouds.kinds.kubernetes.port_forward import PROTOCOL, Way
from deepcat.clouds.kinds.kubernetes.refused import RefusedError, refused
from deepcat.clouds.kinds.kubernetes.shared import Shared
from deepcat.errors import DeepcatError
from deepcat.extras import needed
from deepcat.garbage import uncollected

MANAGER = "deepcat"
_JSON = "application/json"
_APPLY = "application/apply-patch+yaml"
_PAGE = 500
_MOST_PAGES = 2_000
# Of one answer, of one line of a log, and of what an answer says where it should be short.
_MOST_BYTES, _MOST_LINE, _MOST_WORDS = 256 << 20, 1 << 20, 300
_CHUNK = 1 << 16
# Connections that are kept for who asks next.
_MOST_IDLE = 32
Object = dict[str, Any]


class TooMuchError(RefusedError):
    """An answer is longer than any is read."""

    @classmethod
    def of(cls, error: RefusedError) -> TooMuchError:
        """The same, told as this."""
        return cls(error.status, error.kind, error.code, error.message, error.hint)


class Cluster:
    """One API server.

    Args:
        cloud: its file.
        means: what may be used.

    Raises:
        DeepcatError: who calls is not known (``secret/…``, ``run/kubeconfig``), nor where
            (``run/cluster``), or the client library is not installed (``extra/missing``).
    """

    def __init__(self, cloud: Cloud, means: Means) -> None:
        self.own: Mapping[str, Any] = account.section(cloud)
        self.namespace = str(self.own["namespace"])
        self._deadline_s = means.deadline_s
        login = self.own["login"]
        told = {} if login.get("in_cluster") else kubeconfig(login, means)
        self._key = json.dumps(told, sort_keys=True, default=str)
        self._client = _CLIENTS.take(self._key, lambda: _client(told))
        self._configuration = self._client.configuration
        self._is_open = True

    def close(self) -> None:
        """Let go of all connections, unless others ask by the same ones."""
        if self._is_open:
            self._is_open = False
            _CLIENTS.give_back(self._key)

    def ask(
        self,
        verb: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content: str = _JSON,
    ) -> Object:
        """What is answered.

        Raises:
            RefusedError: it is not done, or nobody answers.
        """
        answer = self._asked(verb, path, query, body, content)
        told = _content(answer)
        if answer.status >= 300:
            raise refused(answer.status, _told(_text(told)))
        found = _object(told or b"{}")
        if found is None:
            words = _text(told[:_MOST_WORDS])
            raise refused(0, {"message": f"what it answers is no object: {words}"})
        return found

    def text(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """What is answered, where that is no object.

        Raises:
            RefusedError: as `ask`.
        """
        answer = self._asked("GET", path, query, None, _JSON)
        text = _text(_content(answer))
        if answer.status >= 300:
            raise refused(answer.status, _told(text))
        return text

    def lines(self, path: str, query: Mapping[str, Any]) -> Iterator[str]:
        """The lines of an answer that goes on.

        Raises:
            RefusedError: as `ask`.
        """
        from urllib3.exceptions import HTTPError

        answer = self._asked("GET", path, query, None, _JSON, goes_on=True)
        rest = b""
        try:
            if answer.status >= 300:
                raise refused(answer.status, _told(answer.read(_CHUNK).decode("utf-8", "replace")))
            for chunk in answer.stream(4096, decode_content=True):
                *whole, rest = (rest + chunk).split(b"\n")
                if len(rest) > _MOST_LINE:
                    whole, rest = [*whole, rest], b""
                for line in whole:
                    yield line.decode("utf-8", "replace")
            if rest:
                yield rest.decode("utf-8", "replace")
        except (HTTPError, OSError) as error:
            raise refused(0, {"message": _words(error)}) from None
        finally:
            answer.close()

    def remembered(self, path: str) -> list[Object]:
        """All objects of one kind as the API server has them at hand, a moment old, in one answer.

        What is too much for one answer comes page by page, as it is now.

        Raises:
            RefusedError: as `ask`.
        """
        try:
            return self.list(path, resourceVersion="0")
        except TooMuchError:
            return self.list(path)

    def list(self, path: str, **query: Any) -> list[Object]:
        """All objects of one kind, page by page.

        Raises:
            RefusedError: as `ask`.
        """
        found: list[Object] = []
        asked = {"limit": _PAGE, **query}
        for _ in range(_MOST_PAGES):
            told = self.ask("GET", path, asked)
            if "items" not in told:
                raise refused(0, {"message": f"what it answers for {path} is no list"})
            found += told["items"] or ()
            onward = (told.get("metadata") or {}).get("continue")
            if not onward:
                return found
            asked["continue"] = onward
        raise refused(0, {"message": f"its list of {path} does not end"})

    def apply(self, path: str, wanted: Object, *, is_dry: bool = False) -> Object:
        """An object as it is once it was applied by our field manager.

        Raises:
            RefusedError: as `ask`.
        """
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict", "force": "true"}
        if is_dry:
            query["dryRun"] = "All"
        return self.ask("PATCH", path, query, wanted, _APPLY)

    def forward(self, pod: str, port: int) -> Way:
        """What leads to a port of a pod.

        Raises:
            RefusedError: no way leads there.
        """
        from kubernetes.stream.ws_client import create_websocket
        from websocket import WebSocketBadStatusException, WebSocketException

        at = f"/api/v1/namespaces/{self.namespace}/pods/{pod}/portforward?ports={port}"
        headers = {"sec-websocket-protocol": PROTOCOL}
        if token := self._token():
            headers["authorization"] = token
        url = f"{self._configuration.host}{at}".replace("http", "ws", 1)
        try:
            return Way(create_websocket(self._configuration, url, headers))
        except WebSocketBadStatusException as error:
            raise refused(error.status_code, _told(_text(error.resp_body or b""))) from None
        except (WebSocketException, OSError, ValueError) as error:
            raise refused(0, {"message": _words(error)}) from None

    def _token(self) -> str:
        told = self._configuration.auth_settings().get("BearerToken") or {}
        return str(told.get("value") or "")

    def _asked(
        self,
        verb: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        content: str,
        *,
        goes_on: bool = False,
    ) -> Any:
        from urllib.parse import urlencode

        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        url = f"{self._configuration.host}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Accept": _JSON, "Content-Type": content, "User-Agent": MANAGER}
        if not goes_on:  # many objects say much that is alike
            headers["Accept-Encoding"] = "gzip"
        if token := self._token():
            headers["Authorization"] = token
        sent = None if body is None else json.dumps(body).encode()
        wait = Timeout(
            connect=min(5.0, self._deadline_s), read=None if goes_on else self._deadline_s
        )
        try:
            return self._client.rest_client.pool_manager.request(
                verb, url, body=sent, headers=headers, timeout=wait, retries=False,
                redirect=False, preload_content=False,
            )  # fmt: skip
        except (HTTPError, OSError) as error:
            raise refused(0, {"message": _words(error)}) from None


def _content(answer: Any) -> bytes:
    """All that is answered.

    Raises:
        RefusedError: it is cut off, or is more than any answer needs.
    """
    from urllib3.exceptions import HTTPError

    found = bytearray()
    try:
        for chunk in answer.stream(_CHUNK, decode_content=True):
            found += chunk
            if len(found) > _MOST_BYTES:
                told = {"message": f"it says more than {_MOST_BYTES >> 20} MiB at once"}
                raise TooMuchError.of(refused(0, told))
    except (HTTPError, OSError) as error:
        raise refused(0, {"message": _words(error)}) from None
    finally:
        answer.close()
    return bytes(found)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _object(text: str | bytes) -> Object | None:
    """What a text says; None where that is no object."""
    import orjson  # thousands of pods are read so in a third of the time

    with suppress(ValueError), uncollected():
        found = orjson.loads(text)
        return found if isinstance(found, dict) else None
    return None


def _told(text: str) -> Mapping[str, Any]:
    """Why something is refused, by an object of the API or by its mere words."""
    return _object(text) or {"message": text[:_MOST_WORDS]}


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _client(told: Mapping[str, Any]) -> Any:
    """The client library's own, by what `kubeconfig` gave; as a pod of the cluster by nothing."""
    with needed():
        from kubernetes.client.api_client import ApiClient
    return ApiClient(_configuration(told))


def _clear(client: Any) -> None:
    client.rest_client.pool_manager.clear()


# Those who ask as the same one at the same time, as a hundred deployments that are brought up do,
# share what the library reads and the connections; nobody finds one that lay idle since.
_CLIENTS: Shared[Any] = Shared(_clear)


def _configuration(told: Mapping[str, Any]) -> Any:
    """As the client library has it."""
    with needed():
        from kubernetes.client.configuration import Configuration
        from kubernetes.config.config_exception import ConfigException
        from kubernetes.config.incluster_config import load_incluster_config
        from kubernetes.config.kube_config import KubeConfigLoader

    found = Configuration()
    found.retries = False
    found.connection_pool_maxsize = _MOST_IDLE
    try:
        if not told:
            load_incluster_config(client_configuration=found)
            return found
        KubeConfigLoader(config_dict=dict(told)).load_and_set(found)
    except (ConfigException, OSError, ValueError) as error:
        raise DeepcatError(
            f"the cluster's credentials cannot be used: {_words(error)}",
            hint="see `kubectl config view`",
            code="run/kubeconfig",
        ) from None
    if "exec" not in told["users"][0]["user"]:
        found.refresh_api_key_hook = None  # it would read all that for each request
    return found


def kubeconfig(own: Mapping[str, Any], means: Means) -> dict[str, Any]:
    """As `account.config`, of what the section refers to.

    Raises:
        DeepcatError: as there, or a reference leads nowhere (``secret/…``).
    """
    text = means.secret(str(own["kubeconfig"])) if own.get("kubeconfig") else ""
    token = means.secret(str(own["token"])) if own.get("token") else ""
    return account.config(own, text, token)


def address(own: Mapping[str, Any], means: Means) -> str:
    """Of the API server, which tells one cluster from another.

    Raises:
        DeepcatError: as `kubeconfig`.
    """
    if own.get("in_cluster"):
        return str(_configuration({}).host)
    return account.server(kubeconfig(own, means))


__all__ = ["MANAGER", "Cluster", "Object", "RefusedError", "Way", "address"]
