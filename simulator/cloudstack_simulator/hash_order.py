"""The order in which Java's hash sets and maps of texts hand out what is in them."""

from __future__ import annotations

from collections.abc import Iterable


def in_hash_order(texts: Iterable[str]) -> list[str]:
    """The texts as a map that they were put into one by one gives them back."""
    unique = list(dict.fromkeys(texts))
    capacity = 16
    while len(unique) > capacity * 3 // 4:
        capacity *= 2
    return sorted(unique, key=lambda text: _spread(text) & (capacity - 1))


def _spread(text: str) -> int:
    value = 0
    for character in text:
        value = (value * 31 + ord(character)) & 0xFFFFFFFF
    return value ^ (value >> 16)
