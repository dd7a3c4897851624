"""A real proxy before what a bare host serves: TLS, a switch that nobody sees, nothing left."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from ssh_catalog import MODULE
from ssh_front import Authority, Fronted
from ssh_hosts import Hosts
from waiting import until

from deepcat.errors import DeepcatError
from deepcat.serving.client.rest import Client, trusting

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.starts("hosts with sshd", "Ansible", "nginx", "Caddy"),
    pytest.mark.system("sshd", "ip", "nsenter", "nginx", "caddy"),
    pytest.mark.xdist_group("ssh hosts"),
]
BODY = json.dumps({"instances": [1.0]})
# Between two requests of one who asks, so that others may work here, too.
_BREATH_S = 0.01


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    folder = tmp_path_factory.mktemp("proxy")
    (folder / "hosts").mkdir()
    hosts = Hosts(folder / "hosts", 1)
    try:
        hosts.begin()
        made = Fronted(folder / "catalog", hosts.all[0])
        made.authority = Authority()
        made.begin(hosts.key)
        made.certify()
        yield made
    finally:
        hosts.end()


@contextmanager
def asked(catalog: Fronted, *, stays: bool = True) -> Iterator[list[str]]:
    """Two ask again and again, one by a connection that stays; what failed is noted."""
    stop, failures = threading.Event(), list[str]()

    def anew() -> None:
        client = Client(catalog.address, timeout_s=120, trust=catalog.authority.pem)
        while not stop.is_set():
            client.call(MODULE, "predict", json.loads(BODY))
            stop.wait(_BREATH_S)

    def on_and_on() -> None:
        place = catalog.host.address, 8443
        context = trusting(catalog.authority.pem)
        with closing(http.client.HTTPSConnection(*place, timeout=120, context=context)) as link:
            while not stop.is_set():
                link.request("POST", f"/v1/models/{MODULE}:predict", BODY)
                answer = link.getresponse()
                assert (answer.status, bool(answer.read())) == (200, True)
                stop.wait(_BREATH_S)

    def noting(ask: Callable[[], None]) -> None:
        while not stop.is_set():
            try:
                ask()
            except Exception as error:
                failures.append(repr(error))

    ways = (anew, on_and_on) if stays else (anew, anew)
    threads = [threading.Thread(target=noting, args=(each,)) for each in ways]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def fronted(request: pytest.FixtureRequest, catalog: Fronted) -> Fronted:
    catalog.front(request.param)
    return catalog


def test_it_answers_by_tls_and_what_is_behind_it_to_nobody_else(fronted: Fronted) -> None:
    assert "5 samples passed" in fronted.apply()
    assert fronted.state()["endpoints"] == {"rest": fronted.address, "grpc": fronted.address}
    assert fronted.predict() == [2.5]
    body = str(fronted.root.parent / "asked")
    by_grpc = fronted.deepcat("predict", "demo", "--grpc", "--json", "--data", body)
    assert json.loads(by_grpc)["predictions"] == [2.5]
    assert fronted.running(fronted.program)
    with pytest.raises(DeepcatError, match="certificate verify failed") as caught:
        Client(fronted.address).status(MODULE)
    assert "`trust`" in caught.value.hint
    listens = (line.split()[3] for line in fronted.host.run("ss -Hltn").splitlines())
    everybody = {each.rpartition(":")[2] for each in listens if "127.0.0.1" not in each}
    assert everybody == {"22", "8443"}
    assert "Nothing to do" in fronted.apply()


def test_no_request_is_lost_when_it_serves_something_else(fronted: Fronted) -> None:
    with asked(fronted) as failures:
        fronted.release(fronted.next_version())
        assert "5 samples passed" in fronted.apply()
        before = fronted.running("--rest-port")
        # Other settings: another server takes over, on other ports behind the proxy.
        fronted.variable(fronted.program)
        fronted.release(fronted.next_version())
        assert "5 samples passed" in fronted.apply()
    assert failures == []
    assert before and not before.keys() & fronted.running("--rest-port").keys()
    assert fronted.state()["version"] == fronted.version


def test_a_certificate_that_is_renewed_is_shown(fronted: Fronted) -> None:
    before = fronted.serial()
    fronted.certify()
    until(lambda: fronted.serial() != before)


def test_what_it_does_not_take_leaves_it_as_it_is(fronted: Fronted) -> None:
    fronted.host.run("echo no key >/srv/wrong.pem; chmod 644 /srv/wrong.pem")
    fronted.front(fronted.program, key="/srv/wrong.pem")
    fronted.release(fronted.next_version())
    assert "run/proxy" in fronted.apply(ok=False)
    assert fronted.predict() == [2.5]
    assert fronted.state()["status"] == "running"
    fronted.front(fronted.program, key="/srv/nowhere.pem")
    assert "no /srv/nowhere.pem for its proxy" in fronted.deepcat("clouds", "probe", "bare")
    fronted.front(fronted.program)


def test_what_is_killed_is_brought_up_again_by_its_keeper_or_the_next_look(
    fronted: Fronted,
) -> None:
    for pid in fronted.running(fronted.program):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    client = Client(fronted.address, timeout_s=5, trust=fronted.authority.pem)
    until(lambda: client.available(MODULE))
    for pid, words in fronted.host.processes().items():
        if "keeping/one.py" in words and "~.proxy" in words:
            os.kill(pid, signal.SIGKILL)
    assert fronted.state()["status"] == "failed"
    assert "5 samples passed" in fronted.apply()
    assert fronted.predict() == [2.5]


def test_nothing_is_left(fronted: Fronted) -> None:
    fronted.deepcat("destroy", "demo", "--yes")
    assert fronted.there() == ([], [])
    assert fronted.running(fronted.program) == {}


def test_what_root_begins_answers_as_somebody_else(catalog: Fronted) -> None:
    catalog.front("nginx", user="root")
    assert "5 samples passed" in catalog.apply()
    users = {
        Path(f"/proc/{pid}").stat().st_uid
        for pid, words in catalog.running("nginx: worker").items()
    }
    assert users and 0 not in users
    with asked(catalog, stays=False) as failures:
        catalog.variable("root")
        catalog.release(catalog.next_version())
        assert "5 samples passed" in catalog.apply()
    assert failures == []
    catalog.deepcat("destroy", "demo", "--yes")
    assert catalog.running("nginx") == {}
