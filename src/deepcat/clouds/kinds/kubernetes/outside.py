"""How who is outside a cluster comes to what is served there, as `endpoint` of its cloud says.

Without it nobody does but through the API server. A service has an address before its pods are
led to, so that one that is never given any fails before anything is taken over.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests import objects
from deepcat.clouds.manifests.values import Served
from deepcat.host.failure import StepError
from deepcat.remote.address import at_port

Section = Mapping[str, Any]

WAYS = ("node_port", "load_balancer", "ingress", "gateway")
_WORDS = {
    "node_port": "a port of its nodes",
    "load_balancer": "a load balancer",
    "ingress": "an Ingress",
    "gateway": "a Gateway",
}
_WAIT_S = 180.0
_LOOK_S = 1.0
_GONE, _DENIED = 404, 403
_ROUTES = "gateway.networking.k8s.io"
_CODE = "run/outside"
# Where TLS is, nobody answers in clear besides, as Contour and others do.
_TLS_ALONE = {"kubernetes.io/ingress.allow-http": "false"}


def way(own: Section) -> tuple[str, Section]:
    """The word of `endpoint` and what it says; an empty word where readers take a tunnel. Pure."""
    said = own.get("endpoint") or {}
    return next(((name, said[name] or {}) for name in WAYS if name in said), ("", {}))


def opens(own: Section) -> str:
    """By what whoever is outside comes in, in words; empty where nobody does. Pure."""
    return _WORDS.get(way(own)[0], "")


def made(served: Served, own: Section) -> list[Object]:
    """All objects of a server, with those by which it is reached from outside. Pure."""
    found = [each for each in objects.objects(served) if each["kind"] != "Service"]
    return [*found, *leading(served, own)]


def leading(served: Served, own: Section) -> list[Object]:
    """The service of a server, of the type that is asked for, and what leads to it. Pure."""
    service = objects.service(served)
    name, said = way(own)
    if name == "node_port":
        service["spec"]["type"] = "NodePort"
    elif name == "load_balancer":
        service["spec"]["type"] = "LoadBalancer"
        if said.get("class"):
            service["spec"]["loadBalancerClass"] = said["class"]
        _mark(service, said)
    elif name == "ingress":
        return [service, _ingress(service, said)]
    elif name == "gateway":
        return [service, _route(service, said)]
    return [service]


def host(name: str, said: Section) -> str:
    """The name by which an Ingress or a Gateway knows a service. Pure."""
    return f"{name}.{said['domain']}"


def _ingress(service: Object, said: Section) -> Object:
    name = service["metadata"]["name"]
    target = {"service": {"name": name, "port": {"name": "rest"}}}
    at = host(name, said)
    paths = [{"path": "/", "pathType": "Prefix", "backend": target}]
    spec: Object = {
        "ingressClassName": said["class"],
        "rules": [{"host": at, "http": {"paths": paths}}],
    }
    made = _beside(service, "networking.k8s.io/v1", "Ingress", spec)
    if said.get("tls_secret"):
        spec["tls"] = [{"hosts": [at], "secretName": said["tls_secret"]}]
        made["metadata"]["annotations"] = dict(_TLS_ALONE)
    _mark(made, said)
    return made


def waits(ingress: Mapping[str, Any]) -> str:
    """For what an address waits that is told before anybody leads there; empty for nothing. Pure.

    A controller writes its own address on what it has taken.
    """
    balancer = (ingress.get("status") or {}).get("loadBalancer") or {}
    if balancer.get("ingress"):
        return ""
    name = ingress["metadata"]["name"]
    return f"no controller says yet that it has taken the Ingress `{name}`"


def _mark(made: Object, said: Section) -> None:
    """Annotate what is made as the cloud's file says."""
    marks = {str(key): str(value) for key, value in (said.get("annotations") or {}).items()}
    if marks:
        made["metadata"].setdefault("annotations", {}).update(marks)


def _route(service: Object, said: Section) -> Object:
    name = service["metadata"]["name"]
    parent = {"name": said["name"]}
    for key, word in (("namespace", "namespace"), ("sectionName", "listener")):
        if said.get(word):
            parent[key] = said[word]
    rules = [{"backendRefs": [{"name": name, "port": objects.REST}]}]
    spec = {"parentRefs": [parent], "hostnames": [host(name, said)], "rules": rules}
    return _beside(service, f"{_ROUTES}/v1", "HTTPRoute", spec)


def _beside(service: Object, version: str, kind: str, spec: Object) -> Object:
    own = ("name", "namespace", "labels")
    metadata = {key: each for key, each in service["metadata"].items() if key in own}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def require(cluster: Cluster) -> None:
    """Raise StepError where what `endpoint` names is not on the cluster, or would answer in clear
    where TLS is asked for (``run/outside``).

    What may not be looked at is taken to be there as it should.
    """
    name, said = way(cluster.own)
    if name == "ingress":
        at = f"/apis/networking.k8s.io/v1/ingressclasses/{said['class']}"
        _require(cluster, at, f"there is no Ingress class `{said['class']}` on the cluster")
    elif name == "gateway":
        space = said.get("namespace") or cluster.namespace
        at = f"/apis/{_ROUTES}/v1/namespaces/{space}/gateways/{said['name']}"
        why = f"there is no Gateway `{said['name']}` in the namespace `{space}`"
        gateway = _require(cluster, at, why)
        if said.get("tls") and (clear := _in_clear(gateway, said)):
            message = f"the Gateway `{said['name']}` answers in clear by its listener `{clear}`"
            hint = "name one that brings TLS as `listener` of `gateway` in the cloud's file"
            raise StepError("cloud", _CODE, message, hint)


def _in_clear(gateway: Object, said: Section) -> str:
    """A listener of a Gateway that brings no TLS, and would take our routes; empty for none."""
    for each in (gateway.get("spec") or {}).get("listeners") or ():
        if said.get("listener") in (None, "", each.get("name")) and each.get("protocol") == "HTTP":
            return str(each.get("name"))
    return ""


def _require(cluster: Cluster, path: str, why: str) -> Object:
    try:
        return cluster.ask("GET", path)
    except RefusedError as error:
        if error.status == _GONE:
            told = "" if "not found" in error.message else f": {error.message}"
            hint = "correct `endpoint` of the cloud's file, or ask who runs the cluster"
            raise StepError("cloud", _CODE, f"{why}{told}", hint) from None
        if error.status != _DENIED:
            raise
        return {}


def reached(held: Held, inside: Mapping[str, str], name: str) -> dict[str, str]:
    """Name -> where a service is reached, once that is known.

    Args:
        held: the deployment on its cluster.
        inside: name -> where the service answers in the cluster.
        name: of the service.

    Raises:
        StepError: it gets no address in time, or nothing leads to it (``run/outside``).
        RefusedError: the cluster does not tell.
    """
    which, said = way(held.cluster.own)
    if not which:
        return dict(inside)
    if which == "ingress":
        return {"rest": f"{'https' if said.get('tls_secret') else 'http'}://{host(name, said)}"}
    if which == "gateway":
        _wait_for_route(held, name, float(said.get("wait") or _WAIT_S))
        return {"rest": f"{'https' if said.get('tls') else 'http'}://{host(name, said)}"}
    if which == "node_port":
        at = str(said.get("address") or _node(held.cluster))
        opened = held.found("Service", name)["spec"]["ports"]
        ports = {each["name"]: each["nodePort"] for each in opened}
    else:
        at = _balancer(held, name, float(said.get("wait") or _WAIT_S))
        ports = {"rest": objects.REST, "grpc": objects.GRPC}
    shown = f"[{at}]" if ":" in at else at
    return {each: at_port(address, shown, ports[each]) for each, address in inside.items()}


def _balancer(held: Held, name: str, wait_s: float) -> str:
    until = time.monotonic() + wait_s
    while True:
        status = held.found("Service", name).get("status") or {}
        for each in (status.get("loadBalancer") or {}).get("ingress") or ():
            if at := each.get("ip") or each.get("hostname"):
                return str(at)
        if time.monotonic() > until:
            message = f"the load balancer of the service `{name}` has no address after"
            raise _none(f"{message} {wait_s:.0f} s", held.words(name))
        time.sleep(_LOOK_S)


def _wait_for_route(held: Held, name: str, wait_s: float) -> None:
    until = time.monotonic() + wait_s
    while True:
        status = held.found("HTTPRoute", name).get("status") or {}
        told = [c for each in status.get("parents") or () for c in each.get("conditions") or ()]
        said = {each.get("type"): each for each in told}
        for word in ("Accepted", "ResolvedRefs"):
            if (said.get(word) or {}).get("status") == "False":
                why = f"the Gateway does not take the route `{name}`"
                raise _none(why, str(said[word].get("message") or said[word].get("reason")))
        if (said.get("Accepted") or {}).get("status") == "True":
            return
        if time.monotonic() > until:
            message = f"no controller of the Gateway has taken the route `{name}` after"
            raise _none(f"{message} {wait_s:.0f} s", "")
        time.sleep(_LOOK_S)


def _none(message: str, words: str) -> StepError:
    hint = "ask who runs the cluster, or take another `endpoint`"
    return StepError("cloud", _CODE, f"{message}: {words[:300]}" if words else message, hint)


def _node(cluster: Cluster) -> str:
    """The address of a node that is ready, as others reach it best."""
    for kind in ("ExternalIP", "InternalIP"):
        for node in cluster.list("/api/v1/nodes"):
            status = node.get("status") or {}
            ready = any(c.get("type") == "Ready" and c.get("status") == "True"
                        for c in status.get("conditions") or ())  # fmt: skip
            at = next((a["address"] for a in status.get("addresses") or ()
                       if a.get("type") == kind), "")  # fmt: skip
            if ready and at:
                return str(at)
    message = "no node of the cluster has an address"
    raise StepError("cloud", _CODE, message, "name one as `address` of `node_port`")
