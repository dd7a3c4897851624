"""Whom the bounds of callers count."""

from __future__ import annotations

import asyncio

import pytest

from deepcat.serving.server.access import Access, Shown
from deepcat.serving.server.admission import FullError
from deepcat.serving.server.limits import Limits


def test_certificates_without_a_name_are_one_caller() -> None:
    access = Access(limits=Limits(in_flight=1))
    named = asyncio.run(access.caller(Shown(certificate="ada")))
    nameless = asyncio.run(access.caller(Shown()))
    with access.using(nameless), access.using(named):
        with pytest.raises(FullError):
            access.using(nameless).__enter__()
        with pytest.raises(FullError):
            access.using(named).__enter__()
    with access.using(nameless):
        pass


def test_nobody_is_counted_where_there_are_no_bounds() -> None:
    access = Access()
    with access.using(None), access.using(None):
        pass
