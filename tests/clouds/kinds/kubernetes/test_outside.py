"""By what who is outside a cluster comes in: what is made, where it leads, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pods.given import Run, cloud, means
from pods.stand_in import Kept

from deepcat.catalog.values import Cloud
from deepcat.clouds.checks import agreed
from deepcat.clouds.kinds.kubernetes import names, observe, outside, steps
from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.clouds.kinds.kubernetes.refused import RefusedError, refused
from deepcat.clouds.kinds.kubernetes.schema import SCHEMA
from deepcat.clouds.manifests.values import Served
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request

LOGIN = {"server": "https://k:6443", "token": "env:DEEPCAT_TRIAL_TOKEN"}
INGRESS = {"ingress": {"class": "nginx", "domain": "models.example.org"}}
GATEWAY = {"gateway": {"name": "public", "domain": "models.example.org", "wait": 5}}
BALANCER = {"load_balancer": {"wait": 5, "class": "x.io/y", "annotations": {"x.io/pool": "p"}}}
ALLOWS_CLEAR = "kubernetes.io/ingress.allow-http"
CLASS = "/apis/networking.k8s.io/v1/ingressclasses/nginx"
PUBLIC = "/apis/gateway.networking.k8s.io/v1/namespaces/lab/gateways/public"
CLEAR, SAFE = {"name": "a", "protocol": "HTTP"}, {"name": "b", "protocol": "HTTPS"}
SERVED = Served("demo-1", "", (), namespace="lab", state="12ab34cd", labels={"a": "b"})


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept()
    monkeypatch.setattr(steps, "Cluster", made)
    monkeypatch.setattr(outside, "_LOOK_S", 0.01)
    monkeypatch.setenv("DEEPCAT_TRIAL_TOKEN", "trial-token-0")
    return made


def at(where: Path, endpoint: dict[str, Any], name: str = "r1", content: bytes = b"m") -> Run:
    return Run(cloud(LOGIN, "lab", endpoint=endpoint), means(where), name, content)


def endpoints(told: Any) -> dict[str, str]:
    assert not told.get("failed"), told
    return dict(told["deepcat"]["endpoints"])


def failed(told: Any) -> tuple[str, str, str]:
    failure = told["deepcat_failure"]
    return failure["kind"], failure["code"], failure["message"]


def test_a_port_of_the_nodes(kept: Kept, tmp_path: Path) -> None:
    found = endpoints(at(tmp_path, {"node_port": {"address": "n.example.org"}}).all())
    assert found == {"rest": "http://n.example.org:30000", "grpc": "n.example.org:30001"}


def test_a_port_of_a_node_that_is_ready(kept: Kept, tmp_path: Path) -> None:
    for name, ready, own in (("a", "False", "10.0.0.1"), ("b", "True", "fd00::2")):
        status = {"conditions": [{"type": "Ready", "status": ready}],
                  "addresses": [{"type": "InternalIP", "address": own}]}  # fmt: skip
        kept.put(f"/api/v1/nodes/{name}", {"metadata": {"name": name}, "status": status})
    found = endpoints(at(tmp_path, {"node_port": {}}).all())
    assert found == {"rest": "http://[fd00::2]:30000", "grpc": "[fd00::2]:30001"}


def test_an_address_of_its_own(kept: Kept, tmp_path: Path) -> None:
    kept.balanced = {"ingress": [{"ip": "192.0.2.7"}]}
    found = endpoints(at(tmp_path, BALANCER).all())
    assert found == {"rest": "http://192.0.2.7:8501", "grpc": "192.0.2.7:8500"}
    (path,) = [each for each in kept.held if "/services/" in each]
    assert kept.held[path]["spec"]["loadBalancerClass"] == "x.io/y"
    assert kept.held[path]["metadata"]["annotations"]["x.io/pool"] == "p"


def test_no_address_in_time_is_told_and_nothing_is_left(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "_WAIT_S", 0.05)
    told = at(tmp_path, {"load_balancer": {}}).all()
    kind, code, message = failed(told)
    assert (kind, code) == ("cloud", "run/outside")
    assert "has no address after 0 s" in message
    assert kept.held == {}


def test_what_serves_goes_on_while_an_address_is_waited_for(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Run(cloud(LOGIN, "lab"), means(tmp_path), "r0").all()
    (path,) = [each for each in kept.held if "/services/" in each]
    before = kept.held[path]["spec"]["selector"]
    monkeypatch.setattr(outside, "_WAIT_S", 0.05)
    assert failed(at(tmp_path, {"load_balancer": {}}, "r1", b"another").all())[1] == "run/outside"
    assert kept.held[path]["spec"]["selector"] == before


def test_a_name_by_an_ingress_that_goes_with_it(kept: Kept, tmp_path: Path) -> None:
    kept.put(CLASS, {"metadata": {"name": "nginx"}})
    run = at(tmp_path, INGRESS)
    (address,) = endpoints(run.all()).values()
    (name,) = kept.names("ingresses")
    assert address == f"http://{name}.models.example.org"
    run.step("delete")
    assert list(kept.held) == [CLASS]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, None),
        ({"annotations": {"x.io/size": "9m"}}, {"x.io/size": "9m"}),
        ({"tls_secret": "t"}, {ALLOWS_CLEAR: "false"}),
        ({"tls_secret": "t", "annotations": {ALLOWS_CLEAR: "true"}}, {ALLOWS_CLEAR: "true"}),
    ],
)
def test_where_tls_is_an_ingress_answers_by_nothing_else_unless_the_file_says_so(
    own: dict[str, Any], expected: dict[str, str] | None
) -> None:
    said = {"ingress": {**INGRESS["ingress"], **own}}
    (_, ingress) = outside.leading(SERVED, {"endpoint": said})
    assert ingress["metadata"].get("annotations") == expected


@pytest.mark.parametrize(
    ("listeners", "own", "says"),
    [
        ([CLEAR, SAFE], {"tls": True}, "answers in clear by its listener `a`"),
        ([CLEAR, SAFE], {"tls": True, "listener": "a"}, "answers in clear by its listener `a`"),
        ([CLEAR, SAFE], {"tls": True, "listener": "b"}, ""),
        ([SAFE], {"tls": True}, ""),
        ([CLEAR], {}, ""),
    ],
)
def test_a_gateway_that_would_answer_in_clear_besides_is_told(
    kept: Kept, tmp_path: Path, listeners: list[dict[str, str]], own: dict[str, Any], says: str
) -> None:
    kept.put(PUBLIC, {"metadata": {"name": "public"}, "spec": {"listeners": listeners}})
    told = at(tmp_path, {"gateway": {**GATEWAY["gateway"], **own}}).made()[-1]
    assert bool(told.get("failed")) is bool(says), told
    if says:
        kind, code, message = failed(told)
        assert (kind, code) == ("cloud", "run/outside")
        assert says in message


def test_a_setting_that_is_taken_back_takes_the_ingress_along(kept: Kept, tmp_path: Path) -> None:
    kept.put(CLASS, {"metadata": {"name": "nginx"}})
    at(tmp_path, INGRESS).all()
    assert kept.names("ingresses")
    Run(cloud(LOGIN, "lab"), means(tmp_path), "r2", b"another").all()
    assert kept.names("ingresses") == []


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        (INGRESS, "there is no Ingress class `nginx` on the cluster"),
        (GATEWAY, "there is no Gateway `public` in the namespace `lab`"),
    ],
)
def test_what_is_not_there_is_named_before_anything_is_made(
    kept: Kept, tmp_path: Path, endpoint: dict[str, Any], says: str
) -> None:
    told = at(tmp_path, endpoint).made()[-1]
    kind, code, message = failed(told)
    assert (kind, code) == ("cloud", "run/outside")
    assert message.startswith(says)
    assert kept.names("deployments") == []


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ([{"type": "Accepted", "status": "True"}], ""),
        ([{"type": "Accepted", "status": "False", "message": "no listener"}], "no listener"),
        ([{"type": "Accepted", "status": "True"},
          {"type": "ResolvedRefs", "status": "False", "reason": "BackendNotFound"}],
         "BackendNotFound"),
        ([], "no controller of the Gateway has taken the route"),
    ],
)  # fmt: skip
def test_a_route_is_taken_or_it_is_told_why_not(
    kept: Kept,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    conditions: list[dict[str, str]],
    says: str,
) -> None:
    kept.put(PUBLIC, {"metadata": {"name": "public"}})
    put = kept.put

    def with_status(path: str, body: dict[str, Any]) -> dict[str, Any]:
        made = put(path, body)
        if "/httproutes/" in path:
            made["status"] = {"parents": [{"conditions": conditions}]}
        return made

    monkeypatch.setattr(kept, "put", with_status)
    monkeypatch.setattr(outside, "_WAIT_S", 0.05)
    gateway = {"name": "public", "domain": "models.example.org", "tls": True, "listener": "s"}
    told = at(tmp_path, {"gateway": gateway}).all()
    if says:
        assert says in failed(told)[2]
        assert list(kept.held) == [PUBLIC]
        return
    (address,) = endpoints(told).values()
    assert address == f"https://{kept.names('httproutes')[0]}.models.example.org"


def test_a_tunnel_leads_only_to_what_the_cluster_alone_knows(tmp_path: Path) -> None:
    known = {"rest": "http://192.0.2.7:8501", "grpc": "192.0.2.7:8500"}
    with KIND.tunnel(cloud(LOGIN, "lab"), "demo", "cpu", known, means(tmp_path)) as found:
        assert found == known


def test_who_may_call_has_to_be_said_where_others_come_in() -> None:
    offer = Offer("lab", "cpu", "kubernetes", opens=outside.opens({"endpoint": INGRESS}))
    asked = Request(kinds=("service",))
    assert "whoever comes by an Ingress could call it" in (agreed(asked, offer) or "")
    assert agreed(Request(kinds=("service",), says_who=True), offer) is None
    assert agreed(Request(kinds=("job",)), offer) is None
    assert agreed(asked, Offer("lab", "cpu", "kubernetes", opens=outside.opens({}))) is None


@pytest.mark.parametrize(
    ("endpoint", "lacks"),
    [
        (INGRESS, {"access.tls"}),
        (GATEWAY, {"access.tls"}),
        ({"node_port": {}}, set()),
        ({}, set()),
    ],
)
def test_what_brings_tls_itself_asks_pods_in_clear(
    endpoint: dict[str, Any], lacks: set[str]
) -> None:
    own = {**cloud(LOGIN, "lab").data["kubernetes"], "endpoint": endpoint}
    own |= {"notebooks": {"storage": "1Gi"}}
    assert KIND.lacks(Cloud("lab", "kubernetes", "p", {"kubernetes": own})) == lacks


@pytest.mark.parametrize(
    ("endpoint", "is_right"),
    [
        (INGRESS, True),
        (GATEWAY, True),
        (BALANCER, True),
        ({"node_port": {}}, True),
        ({"node_port": {}, **INGRESS}, False),
        ({}, False),
        ({"ingress": {"class": "nginx"}}, False),
        ({"ingress": {"class": "nginx", "domain": "-x.org"}}, False),
        ({"ingress": {"class": "nginx", "domain": "x.org/y"}}, False),
        ({"node_port": {"address": "a b"}}, False),
        ({"load_balancer": {"annotations": {"a": 1}}}, False),
        ({"ingress": {**INGRESS["ingress"], "annotations": {"a": "b"}}}, True),
        ({"ingress": {**INGRESS["ingress"], "annotations": {"a": 1}}}, False),
    ],
)
def test_a_setting_is_right_or_not(endpoint: dict[str, Any], is_right: bool) -> None:
    own = {**cloud(LOGIN, "lab").data["kubernetes"], "endpoint": endpoint}
    assert Draft202012Validator(SCHEMA).is_valid(own) is is_right


def test_what_leads_there_bears_the_labels_by_which_it_is_taken_down() -> None:
    for endpoint in (INGRESS, GATEWAY, BALANCER, {"node_port": {}}):
        for each in outside.leading(SERVED, {"endpoint": endpoint}):
            assert each["metadata"]["labels"]["a"] == "b"
            assert each["metadata"]["namespace"] == "lab"


@pytest.mark.parametrize(
    ("endpoint", "resource"), [(INGRESS, "ingresses"), (GATEWAY, "httproutes"), ({}, "")]
)
def test_the_rights_are_those_that_it_takes(endpoint: dict[str, Any], resource: str) -> None:
    own = {**cloud(LOGIN, "lab").data["kubernetes"], "endpoint": endpoint}
    lab = Cloud("lab", "kubernetes", "p", {"kubernetes": own})
    told = KIND.rights(lab, [("account", "robot")], "apply", "rbac")
    for each in ("ingresses", "httproutes"):
        assert (each in told) is (each == resource)
    told = KIND.rights(lab, [("account", "robot")], "read", "rbac")
    assert ("ingresses" in told) is (resource == "ingresses")


@pytest.mark.parametrize(
    ("status", "waits"),
    [
        ({}, True),
        ({"status": {"loadBalancer": {}}}, True),
        ({"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}}, False),
    ],
    ids=["new", "not-taken", "taken"],
)
def test_an_address_that_no_controller_has_taken_is_told(
    status: dict[str, Any], waits: bool
) -> None:
    _, ingress = outside.leading(SERVED, {"endpoint": INGRESS})
    ingress["metadata"]["labels"] = {names.DEPLOYMENT: "demo"}
    tag = {"metadata": {"name": "demo", "labels": {names.DEPLOYMENT: "demo"}}}
    (own,) = observe.found("lab", [tag], [], led=[{**ingress, **status}])
    said = "no controller says yet that it has taken the Ingress `demo-1`"
    assert own.waits == (said if waits else "")
    (other,) = observe.found("lab", [tag], [], led=[])
    assert not other.waits


class _Denies:
    """A cluster that lets nobody list Ingresses, or is silent."""

    def __init__(self, status: int) -> None:
        self.status, self.own, self.namespace = status, {"endpoint": INGRESS}, "lab"

    def list(self, path: str, **_: str) -> list[Any]:
        raise refused(self.status, {"message": f"no list of {path}"})


def test_who_may_not_look_for_it_is_told_all_else() -> None:
    assert observe._led(_Denies(403), "a=b") == []  # type: ignore[arg-type]
    with pytest.raises(RefusedError):
        observe._led(_Denies(500), "a=b")  # type: ignore[arg-type]
