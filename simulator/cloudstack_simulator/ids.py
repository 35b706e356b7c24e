"""Random things that can be made repeatable: uuids, keys, octets."""

from __future__ import annotations

import base64
import random
import uuid


class Ids:
    def __init__(self, seed: int | None = None) -> None:
        self.random: random.Random = random.SystemRandom() if seed is None else random.Random(seed)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def named_uuid(self, text: str) -> str:
        """An id that the same text always gives (storage pools, zone tokens)."""
        return str(uuid.uuid3(uuid.NAMESPACE_URL, text))

    def octets(self, count: int) -> bytes:
        return self.random.getrandbits(8 * count).to_bytes(count, "big")

    def key(self) -> str:
        """An API or secret key: 64 octets, URL-safe."""
        return base64.urlsafe_b64encode(self.octets(64)).decode().rstrip("=")
