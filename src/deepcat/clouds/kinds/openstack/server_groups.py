"""EDGE of the kind: groups of servers that the cloud keeps apart, or together.

One bears nothing but a name, so by its name one is known that we made: a catalog's, of a policy.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from deepcat.clouds.kinds.openstack import names
from deepcat.clouds.kinds.openstack.asked import RefusedError, asked, gone
from deepcat.clouds.kinds.openstack.waiting import LOOK_S
from deepcat.host.failure import StepError

CODE: Final = "run/server-group"
POLICIES: Final = ("anti-affinity", "soft-anti-affinity", "affinity", "soft-affinity")
_HARD: Final = ("anti-affinity", "affinity")

# Servers that are made side by side share one.
_MAKING = Lock()
# How often it is looked, before one that has no servers is taken for one whose maker is dead.
_LOOKS: Final = 10


def settled(known: Mapping[str, bool], mine: str) -> str:
    """The one of a name's that everybody uses, whoever made it; empty while that is not sure.

    Args:
        known: their ids, and whether they have servers.
        mine: the id of who asks; empty for none.
    """
    used = [id_ for id_, has_servers in known.items() if has_servers]
    return min(used) if used else mine if list(known) == [mine] else ""


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
            return self._shared(name, policy)

    def _shared(self, name: str, policy: str) -> str:
        """The id of the one of a name, made where there is none.

        The cloud takes a name twice. So who made one looks again, and takes it back where another
        is used, or has the lesser id; the others wait until one is alone, or is used.
        """
        mine, known = "", dict[str, bool]()
        for _ in range(_LOOKS):
            listed = [each for each in self._all() if each.name == name]
            known = {str(each.id): bool(each.member_ids) for each in listed}
            if not known:
                with asked():
                    mine = str(self._compute.create_server_group(name=name, policy=policy).id)
                continue
            used = settled(known, mine)
            if known.get(mine) is False and mine != (used or min(known)):
                self._delete(mine)
                mine = ""
            if used:
                return used
            time.sleep(LOOK_S)
        return min(known, default=mine)

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
                self._delete(str(each.id))

    def _delete(self, id_: str) -> None:
        with gone(), asked():
            self._compute.delete_server_group(id_, ignore_missing=True)

    def _all(self) -> list[Any]:
        with asked():
            return list(self._compute.server_groups())
