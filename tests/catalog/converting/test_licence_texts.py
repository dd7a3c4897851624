"""Which licence a text is."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcat.catalog.converting.licence_texts import is_licence, licence_of

BSD = (
    "Redistribution and use in source and binary forms, with or without modification\n"
    "2. Redistributions in binary form must reproduce the above copyright notice\n"
)
ENDORSE = (
    "3. Neither the name of Ada nor its contributors may be used to endorse or promote\n"
    "products derived from this.\n"
)
MIT = (
    "Permission is hereby granted, free of charge, to any person\n"
    "  obtaining a copy of this software\n"
    "The above copyright notice and this permission notice shall be included in all copies\n"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (MIT, "MIT"),
        (f"Copyright (c) 2024 Ada\n\n{MIT.upper()}", "MIT"),
        (BSD, "BSD-2-Clause"),
        (BSD + ENDORSE, "BSD-3-Clause"),
        (BSD + "All advertising materials must say so\n" + ENDORSE, ""),
        (MIT + BSD, ""),
        (
            "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\nprotecting users' legal rights",
            "GPL-3.0-only",
        ),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\n Version 3, 19 November 2007\n", "AGPL-3.0-only"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n", "LGPL-3.0-only"),
        ("Mozilla Public License Version 2.0\n 'Covered Software'", "MPL-2.0"),
        ("Creative Commons Attribution 4.0 International\nthe Licensor", "CC-BY-4.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 International\nthe Licensor", "CC-BY-SA-4.0"),
        ("SPDX-License-Identifier: EUPL-1.2\n\nwhatever", "EUPL-1.2"),
        ("SPDX-License-Identifier: MIT\nSPDX-License-Identifier: ISC\n", ""),
        ("All rights reserved.", ""),
        ("", ""),
        ("\x00\xff" * 1000, ""),
    ],
)
def test_a_text(text: str, found: str) -> None:
    assert licence_of(text.encode()) == found


def test_our_own(repository: Path) -> None:
    assert licence_of((repository / "LICENSE").read_bytes()) == "Apache-2.0"


def test_names() -> None:
    named = ("LICENSE", "LICENSE.txt", "licence.md", "COPYING", "UNLICENSE")
    assert all(is_licence(name) for name in named)
    assert not any(is_licence(name) for name in ("README.md", "license_check.py", "LICENSES"))
