"""A peer for each test that asks for one."""

import pytest

pytest.register_assert_rewrite("parent")  # what it expects of every record is told with values

from peer import Peer  # noqa: E402


@pytest.fixture
def peer():
    peer = Peer()
    yield peer
    peer.listener.close()
    assert peer.complaints == []
