"""What a step of a run is given, and what is noted of servers between steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import containers, names
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.manifests import objects
from deepcat.host.failure import StepError
from deepcat.host.model_server.keys import Keys, keys_of

Values = Mapping[str, Any]
Result = dict[str, Any]
_STATE = re.compile(r"[0-9a-f]{8}\Z")


class Given:
    """What a step is given."""

    def __init__(self, held: Held, cloud: Cloud, means: Means, values: Values) -> None:
        self.held, self.cloud, self.means, self.values = held, cloud, means, values

    @property
    def run(self) -> str:
        """Its id."""
        return str(self.values["run"])

    @property
    def keys(self) -> Keys | None:
        """Those that count; None where nobody is asked for one."""
        return keys_of(self.values.get("keys"))

    @property
    def files(self) -> Path:
        """The folder of what came along."""
        return Path(str(self.values["files"]))


def require_own(held: Held, node: str, each: Values) -> None:
    """Raise StepError unless a run could have noted this.

    It lies where others of the namespace may write: two words of it count, and no others.
    """
    own = (
        names.server_name(held.catalog, held.name),
        names.server_name(held.catalog, held.name, node),
    )
    if each["name"] not in own or not _STATE.match(str(each["state"])):
        raise _changed(node)


def require_jobs(held: Held, noted: Values, mark: re.Pattern[str]) -> None:
    """Raise StepError unless runs could have noted these jobs (``run/noted``).

    Args:
        held: of their deployment.
        noted: node -> what is noted of its jobs, where others of the namespace may write.
        mark: what follows the node's own name in that of a job.
    """
    for node, mine in noted.items():
        head = names.server_name(held.catalog, held.name, str(node)) + "-"
        for each in filter(None, (mine.get("live"), mine.get("candidate"))):
            name = str(each["program"])
            if not name.startswith(head) or not mark.match(name.removeprefix(head)):
                raise _changed(str(node))


def _changed(node: str) -> StepError:
    hint = "run `deepcat destroy` for it, then `deepcat apply`"
    return StepError("cloud", "run/noted", f"somebody changed what is noted of `{node}`", hint)


def ports_of(each: Values) -> tuple[int, ...] | None:
    """Those of a container; None of a model server, which has its own.

    They lie where others of the namespace may write.
    """
    return containers.ports_of(each["ports"]) if "ports" in each else None


def addresses(each: Values, namespace: str, of: str = "svc") -> dict[str, str]:
    """Where a server's service answers inside the cluster; or, for a tunnel alone, its pods do."""
    host = f"{each['name' if of == 'svc' else 'workload']}.{namespace}.{of}"
    scheme, before = ("https", "https://") if each.get("is_tls") else ("http", "")
    return {"rest": f"{scheme}://{host}:{objects.REST}", "grpc": f"{before}{host}:{objects.GRPC}"}


def with_attributes(values: Values, attributes: Values, *, changed: bool) -> Result:
    """What a step gives: the attributes of its node are facts from then on."""
    known = {**values.get("attributes", {}), values["node"]["name"]: attributes}
    return {"changed": changed, "ansible_facts": {"deepcat_attributes": known}}
