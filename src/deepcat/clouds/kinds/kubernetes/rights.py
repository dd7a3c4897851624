"""The least that deepcat, and who uses what it runs, may do on a cluster. Pure.

As objects of RBAC, or as lines of the policy file of clusters that still go by ABAC, which knows no
verbs but reading and all others, and no parts of a resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deepcat.clouds.kinds.kubernetes import names
from deepcat.clouds.manifests.forms import stream

Object = dict[str, Any]
Rule = Mapping[str, Any]
_RBAC = "rbac.authorization.k8s.io"
_READS = frozenset({"get", "list", "watch"})


def _rule(group: str, resource: str, *verbs: str) -> Rule:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


# In the namespace, of who brings up, changes and takes down.
APPLY: tuple[Rule, ...] = (
    _rule("", "namespaces", "get"),
    _rule("", "configmaps", "get", "list", "create", "update", "patch", "delete"),
    _rule("", "services", "get", "list", "create", "patch", "delete"),
    _rule("", "secrets", "create", "patch", "delete"),
    _rule("", "persistentvolumeclaims", "get", "list", "create", "patch", "delete"),
    _rule("", "pods", "list", "patch"),
    _rule("", "pods/log", "get"),
    _rule("", "pods/portforward", "get", "create"),
    _rule("", "events", "list"),
    _rule("", "resourcequotas", "list"),
    _rule("apps", "deployments", "get", "list", "create", "patch", "delete"),
    _rule("batch", "jobs", "get", "list", "create", "patch", "delete"),
    _rule("batch", "cronjobs", "get", "list", "create", "patch", "delete"),
    _rule("networking.k8s.io", "networkpolicies", "get", "list", "create", "patch", "delete"),
    _rule("resource.k8s.io", "resourceclaimtemplates", "create", "patch"),
    _rule("kueue.x-k8s.io", "localqueues", "list"),
    _rule("kueue.x-k8s.io", "workloads", "list"),
    _rule("policy", "poddisruptionbudgets", "get", "list", "create", "patch", "delete"),
    _rule("autoscaling", "horizontalpodautoscalers", "get", "list", "create", "patch", "delete"),
)
# Besides, where the cloud's `endpoint` is by one of these.
BESIDE: Mapping[str, Rule] = {
    "ingress": _rule("networking.k8s.io", "ingresses", "get", "list", "create", "patch", "delete"),
    "gateway": _rule(
        "gateway.networking.k8s.io", "httproutes", "get", "list", "create", "patch", "delete"
    ),
}
# In the whole cluster, of the same: what nodes have, and what pods of others ask them for.
LOOK: tuple[Rule, ...] = (
    _rule("", "nodes", "list"),
    _rule("", "pods", "list"),
    _rule("resource.k8s.io", "deviceclasses", "list"),
    _rule("resource.k8s.io", "resourceslices", "list"),
    _rule("resource.k8s.io", "resourceclaims", "list"),
)
# In the namespace, of who asks models, reads logs and looks what is there.
READ: tuple[Rule, ...] = (
    _rule("", "configmaps", "list"),
    _rule("batch", "jobs", "list"),
    _rule("batch", "cronjobs", "list"),
    _rule("kueue.x-k8s.io", "workloads", "list"),
    _rule("", "services", "get"),
    _rule("", "pods", "list"),
    _rule("", "pods/log", "get"),
    _rule("", "pods/portforward", "get", "create"),
)
# Of the same, where an Ingress leads there.
LED: Rule = _rule("networking.k8s.io", "ingresses", "list")
# Without which all works, later or in fewer words: a pod that is changed is looked at anew at once,
# and an event tells why one does not start, as Kueue does of what waits.
SPARED = frozenset({("pods", "patch"), ("events", "list"), ("workloads", "list")})
_KINDS = {"user": "User", "group": "Group", "account": "ServiceAccount"}


def rights(
    namespace: str, who: Sequence[tuple[str, str]], may: str, form: str, endpoint: str = ""
) -> str:
    """What lets somebody, as text that who runs the cluster applies.

    Args:
        namespace: of the cloud.
        who: ``user``, ``group`` or ``account``, each with its name; an account's is
            ``NAMESPACE/NAME``, or its name alone where it lies in this namespace.
        may: ``apply`` or ``read``.
        form: ``rbac`` or ``abac``.
        endpoint: by what who is outside comes in, as `outside.way` has it; empty for a tunnel.

    Raises:
        ValueError: nothing of the sort is known.
    """
    if may not in ("apply", "read") or form not in ("rbac", "abac"):
        raise ValueError(f"`{may}` and `{form}` are no rights of a cluster")
    beside = (BESIDE[endpoint],) if endpoint in BESIDE else ()
    looks = (LED,) if endpoint == "ingress" else ()
    scopes = [(namespace, (*APPLY, *beside) if may == "apply" else (*READ, *looks))]
    scopes += [("", LOOK)] if may == "apply" else []
    if form == "abac":
        lines = (
            json.dumps(_line(rule, space, kind, _named(kind, name, namespace)))
            for kind, name in who
            for space, rules in scopes
            for rule in rules
        )
        return "".join(f"{line}\n" for line in dict.fromkeys(lines))
    subjects = [_subject(kind, name, namespace) for kind, name in who]
    found: list[Object] = []
    for space, rules in scopes:
        found += _bound(space, rules, subjects, namespace, may)
    return stream(found)


def _bound(
    space: str, rules: Sequence[Rule], subjects: list[Object], namespace: str, may: str
) -> Iterator[Object]:
    """A role and who has it: of a namespace, or of the whole cluster where that is empty."""
    scope = "" if space else "Cluster"
    own = names.role_name(may)
    metadata = {"name": own if space else f"{own}-{namespace}"}
    metadata |= {"namespace": space} if space else {}
    version = f"{_RBAC}/v1"
    yield {
        "apiVersion": version,
        "kind": f"{scope}Role",
        "metadata": metadata,
        "rules": [dict(rule) for rule in rules],
    }
    yield {
        "apiVersion": version,
        "kind": f"{scope}RoleBinding",
        "metadata": metadata,
        "subjects": subjects,
        "roleRef": {"apiGroup": _RBAC, "kind": f"{scope}Role", "name": metadata["name"]},
    }


def _subject(kind: str, name: str, namespace: str) -> Object:
    if kind == "account":
        space, _, own = name.rpartition("/")
        return {"kind": _KINDS[kind], "name": own, "namespace": space or namespace}
    return {"kind": _KINDS[kind], "name": name, "apiGroup": _RBAC}


def _named(kind: str, name: str, namespace: str) -> str:
    """As a request's user has it."""
    if kind != "account":
        return name
    space, _, own = name.rpartition("/")
    return f"system:serviceaccount:{space or namespace}:{own}"


def _line(rule: Rule, namespace: str, kind: str, name: str) -> Object:
    (group,), (whole,) = rule["apiGroups"], rule["resources"]
    resource, _, part = whole.partition("/")
    spec: Object = {"group" if kind == "group" else "user": name, "namespace": namespace}
    spec |= {"apiGroup": group, "resource": resource}
    # To let somebody create a part of a pod would be to let them create and delete pods here.
    spec |= {"readonly": True} if part or _READS.issuperset(rule["verbs"]) else {}
    version = "abac.authorization.kubernetes.io/v1beta1"
    return {"apiVersion": version, "kind": "Policy", "spec": spec}
