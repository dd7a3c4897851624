"""The steps of a run, taken on a cluster: each from plain values to plain values, safe to repeat.

They are those of `deepcat.host.steps`, and give the same results; where there a folder on a host
holds a deployment, here objects do. Each state of a server has pods of its own: they prove
themselves beside those that serve, and then the service leads to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from threading import Lock

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import making, settling
from deepcat.clouds.kinds.kubernetes.edge import Cluster
from deepcat.clouds.kinds.kubernetes.given import Given, Result, Values
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.kinds.kubernetes.proving import prove
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.host.job.steps import space


def take(cloud: Cloud, means: Means, values: Values) -> Result:
    """Take the step that `values["step"]` names.

    Returns:
        Ansible's result, as `deepcat.host.steps.take` gives it.
    """
    try:
        cluster = Cluster(cloud, means)
        try:
            held = Held(cluster, means.catalog, str(values["deployment"]))
            with _locked(cloud.name, held.name):
                return STEPS[str(values["step"])](Given(held, cloud, means, values))
        finally:
            cluster.close()
    except StepError as error:
        return _failed(error)
    except RefusedError as error:
        return _failed(StepError(error.kind.value, error.code, error.message, error.hint))
    except DeepcatError as error:
        kind = "auth" if error.code.startswith("secret/") else "cloud"
        return _failed(StepError(kind, "run/credentials", error.message, error.hint or ""))
    except (KeyError, TypeError, ValueError) as error:
        why = f"a value cannot be used: {type(error).__name__}: {error}"
        return _failed(StepError("module", "run/values", why, "correct the topology's properties"))


@cache
def _locked(cloud: str, deployment: str) -> Lock:  # noqa: ARG001 - what tells one from another
    """Held by one step of a deployment at a time: each of its machines takes its own."""
    return Lock()


STEPS: Mapping[str, Callable[[Given], Result]] = {
    "begin": making.begin,
    "access": making.access,
    "model": making.model,
    "server": making.server,
    "container": making.container,
    "job": making.job,
    "notebook": making.notebook,
    "space": lambda given: space(given.values),
    "prove": prove,
    "settle": settling.settle,
    "require": settling.require,
    "abandon": settling.abandon,
    "delete": settling.delete,
}


def _failed(error: StepError) -> Result:
    log = {"log": error.log} if error.log else {}
    return {"failed": True, "msg": error.message, "deepcat_failure": error.as_dict()} | log
