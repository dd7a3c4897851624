"""EDGE of the kind: groups of servers that the cloud keeps apart, or together.

One bears nothing but a name, so by its name one is known that we made: a catalog's, of a policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from deepcat.clouds.kinds.openstack import names
from deepcat.clouds.kinds.openstack.asked import RefusedError, asked, gone
from deepcat.host.failure import StepError

CODE: Final = "run/server-group"
POLICIES: Final = ("anti-affinity", "soft-anti-affinity", "affinity", "soft-affinity")
_HARD: Final = ("anti-affinity", "affinity")

# Servers that are made side by side share one.
_MAKING = Lock()


class ServerGroups:
    """Those of one project.

    Args:
        compute: the library's own way to the service.
    """

    def __init__(self, compute: Any) -> None:
        self._compute = compute

    def wanted(self, own: Mapping[str, Any], catalog: str) -> str:
        """The id of the one that a cloud's file wants, made where it is ours; empty for none.

        Args:
            own: the kind's part of the cloud's file.
            catalog: the catalog's id.

        Raises:
            StepError: it is somebody's and not there, or the cloud does not make one.
        """
        told = own.get("server_group")
        if not told:
            return ""
        if name := str(told.get("name") or ""):
            return self.named(name)
        policy, name = str(told["policy"]), names.group_of(catalog, str(told["policy"]))
        with _MAKING:
            if known := [str(each.id) for each in self._all() if each.name == name]:
                return min(known)
            with asked():
                return str(self._compute.create_server_group(name=name, policy=policy).id)

    def named(self, name: str) -> str:
        """The id of somebody's, by its name or id.

        Raises:
            StepError: there is none, or there are several.
        """
        found = [each for each in self._all() if name in (each.name, each.id)]
        if len(found) != 1:
            how = "several server groups" if found else "no server group"
            hint = "name another one in the cloud's file, or give a `policy`"
            raise StepError("cloud", CODE, f"there is {how} `{name}`", hint)
        return str(found[0].id)

    def refusal(self, id_: str, error: StepError) -> StepError:
        """What is told where no host is found for a server: whose fault it may be, too."""
        found = next((each for each in self._all() if each.id == id_), None)
        if found is None or error.code not in ("run/no-host", CODE):
            return error
        policy = str(found.policy or next(iter(found.policies or ()), ""))
        # The one that found no host is a member, too.
        others = len(found.member_ids or ()) - 1
        if policy not in _HARD or others < 1:
            return error
        group = f"its server group `{found.name}` has the policy {policy}, and {others} more in it"
        message = f"{error.message}; {group}"
        hint = f"let something else go, or ask for `soft-{policy}`"
        return StepError("capacity", CODE, message, hint)

    def sweep(self, catalog: str, *, may_fail: bool) -> None:
        """Take those away that were made for a catalog, and have no server any more.

        Args:
            catalog: its id.
            may_fail: whether it is no matter that the cloud does not tell of any.
        """
        ours = {names.group_of(catalog, policy) for policy in POLICIES}
        try:
            found = self._all()
        except RefusedError:
            if may_fail:
                return
            raise
        for each in found:
            if each.name in ours and not each.member_ids:
                with gone(), asked():
                    self._compute.delete_server_group(each.id, ignore_missing=True)

    def _all(self) -> list[Any]:
        with asked():
            return list(self._compute.server_groups())
