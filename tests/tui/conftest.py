"""What holds for the tests of the interface: explorers that were started for many tests are ended after the last."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _started_explorers_are_ended() -> Iterator[None]:
    yield
    import started

    started.end_all()
