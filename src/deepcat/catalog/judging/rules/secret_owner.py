"""A module, data set, deployment, cloud or `deepcat.yaml` names no secret but its own people's.

Why:
    Whoever names a secret gets it. Where `deepcat.yaml` says whose secrets are whose, under
    `secrets`, nobody reaches those of others by naming them; what no entry holds is nobody's. Each
    maintainer of a module must own what it names, since each can change what the module does with
    it. A cloud's credentials, and keys in `deepcat.yaml`, belong to the group `maintainers`.
Mend:
    Name a secret of your own, or ask the catalog's owners to give it to you under `secrets` in
    `deepcat.yaml`. A review reads that file as it is where the change shall go to, so it is changed
    first.
Bad:
    # deepcat.yaml gives env:DEEPCAT_WORKLOAD_TEAM_B_ to team-b
    owner: ada
    inputs:
      api_token: env:DEEPCAT_WORKLOAD_TEAM_B_TOKEN
Good:
    owner: ada
    inputs:
      api_token: env:DEEPCAT_WORKLOAD_ADA_TOKEN
"""

from collections.abc import Iterator

from deepcat.catalog.judging.named_secrets import HINT, named_secrets, people_of, refused
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.secrets.owners import secret_owners


@unit_rule(
    __doc__,
    "secret/owner",
    UnitKind.MODULE,
    UnitKind.DEPLOYMENT,
    UnitKind.CLOUD,
    UnitKind.DATASET,
    UnitKind.CATALOG,
)
def owner(view: View) -> Iterator[Flaw]:
    """Every reference, with the settings of the same tree."""
    owners = secret_owners(view.settings)
    if owners is None:
        return
    who = people_of(view.unit.path, view.data)
    for each, why in refused(named_secrets(view.tree, view.unit.path), owners, who):
        yield Flaw(each.place, why, HINT)
