"""What the client library raises, told as what the cloud refuses: EDGE, with `edge`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from deepcat.clouds.kinds.openstack.refused import refused
from deepcat.host.failure import StepError

GONE: Final = 404
_TROUBLE = 500


@contextmanager
def asked() -> Iterator[None]:
    """What the library raises is told as what the cloud refuses.

    Raises:
        StepError: it refuses, or does not answer.
    """
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import SDKException

    try:
        yield
    except (SDKException, ClientException, OSError) as error:
        raise _refused(error) from None


class RefusedError(StepError):
    """The cloud does not do what it was asked.

    Attributes:
        status: of its answer; 0 where there was none.
    """

    status = 0

    @property
    def is_passing(self) -> bool:
        """Whether nobody answered, or who answered is in trouble: another time it may be done."""
        return self.kind == "cloud" and (not self.status or self.status >= _TROUBLE)


def _refused(error: Exception) -> RefusedError:
    """An error by the status of what caused it: some of the library's own say none."""
    status, each = 0, error
    while each is not None and not status:
        told = getattr(each, "status_code", None) or getattr(each, "http_status", None)
        status = int(told) if isinstance(told, int) else 0
        each = each.__cause__ or each.__context__  # type: ignore[assignment]
    words = str(getattr(error, "details", None) or "") or str(error) or type(error).__name__
    told = refused(status, words)
    found = RefusedError(told.kind, told.code, told.message, told.hint)
    found.status = status
    return found


@contextmanager
def gone() -> Iterator[None]:
    """What is gone already is no failure."""
    try:
        yield
    except RefusedError as error:
        if error.status != GONE:
            raise
