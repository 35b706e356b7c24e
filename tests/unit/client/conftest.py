"""Fixtures: the scripted server and clients of it."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection, FakeClock
from ansible_collections.cloudstack.ops.tests.unit.client.scripted import KEY, SECRET, Server


@pytest.fixture
def server():
    """A scripted server; at the end its script must be used up and nothing else have come."""
    server = Server()
    yield server
    server.close()
    assert server.unexpected == []
    assert [command for command, _ in server.steps] == []


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def make_client(server, clock):
    """Makes clients of the scripted server, closed at the end; options are fields of Connection."""
    made = []

    def make(progress=None, url=None, **fields):
        if "username" not in fields:
            fields = {"key": KEY, "secret": SECRET, **fields}
        client = Client(Connection(url or server.url, **fields), clock=clock, progress=progress)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client):
    return make_client()
