"""A page of Markdown is at most 200 kB long, unless `deepcat.yaml` says otherwise.

Why:
    Longer pages are not read by anyone, and slow down the website for everyone.
Mend:
    Keep what a reader needs, and link to the rest. `limits.readme_kB` in `deepcat.yaml` sets the
    limit.
Bad:
    README.md   # 2 MB
Good:
    README.md   # 6 kB
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "readme/size", UnitKind.MODULE)
def size(view: View) -> Iterator[Flaw]:
    """Every Markdown file."""
    for name, entry in view.files.items():
        if name.lower().endswith(".md") and entry.size > view.readme_limit:
            most = view.readme_limit // 1000
            message = f"{entry.size // 1000:,} kB of Markdown; at most {most:,} are shown"
            yield Flaw(
                view.file_place(name), message, "keep what a reader needs, and link to the rest"
            )
