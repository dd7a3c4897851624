"""The files of a data set that lie in the catalog. Pure."""

from deepcat.catalog.judging.unit_view import View


def own_file(view: View, path: str) -> bytes:
    """A file of the data set's own folder.

    Args:
        view: of the data set.
        path: of the file, relative to the root.

    Raises:
        FileNotFoundError: it is none, or too large to be looked at.
    """
    content = view.content(path.removeprefix("datasets/"))
    if content is None or not path.startswith(f"datasets/{view.unit.name}/"):
        raise FileNotFoundError(path)
    return content
