"""Every gate of these tests is doubted: what a rest spares is judged all the same, and compared."""

from collections.abc import Iterator

import pytest
from edge.core.doubt import doubted


@pytest.fixture(scope="module", autouse=True)
def doubts() -> Iterator[None]:
    with doubted():
        yield
