"""What has to be typed: all of what is left, whatever else was typed with it."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.campaign.typed import Names, is_confirmed

STOP = Names(["b", "a"], before="stop ")


@pytest.mark.parametrize("typed", ["stop b, a", "stop a, b", "stop a,b, c"])
def test_all_names_and_more_will_do(typed):
    assert (str(STOP), is_confirmed(STOP, typed)) == ("stop b, a", True)


@pytest.mark.parametrize("typed", ["", "a, b", "stop a", "remove a, b", "stop ", "stop ab"])
def test_anything_less_will_not(typed):
    assert not is_confirmed(STOP, typed)


def test_words_may_follow_and_other_texts_are_taken_as_they_are():
    assert is_confirmed(Names(["h2"], after=" off"), "h1, h2 off")
    assert not is_confirmed(Names(["h2"], after=" off"), "h1, h2")
    assert is_confirmed("2 GB", "2 GB")
    assert not is_confirmed("2 GB", "2 GB, 4 GB")
    assert not Names([], before="stop ")
