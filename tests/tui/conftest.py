"""What holds for every test of what a person sees: an app is waited for until it has nothing left to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import quiet


@pytest.fixture(autouse=True, scope="session")
def waits_end_when_nothing_is_left_to_do() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        quiet.install(patch)
        yield
