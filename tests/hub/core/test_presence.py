"""Silence is unknown since the last word, never the last OK."""

from datetime import timedelta

from hub_kit import START

from sotdae_hub.core.presence import NodeLink, announced, heard, remembered, tick
from sotdae_shared.messages import StateBody

LATER = START + timedelta(seconds=30)


def _state(status: str, session: str = "s1") -> StateBody:
    return StateBody.model_validate({"status": status, "session": session, "storage": "d1"})


def test_silence_is_unknown_since_the_last_word() -> None:
    link = heard(heard(NodeLink(), START, 100.0), LATER, 130.0)
    assert (link.status, link.since) == ("online", START)
    assert tick(link, 140.0, 10.0) is link
    silent = tick(link, 140.1, 10.0)
    assert (silent.status, silent.since, silent.heard_at) == ("unknown", LATER, LATER)


def test_a_retained_word_never_proves_life() -> None:
    link = announced(NodeLink(), _state("online"), retained=True)
    assert link.status == "unknown"
    assert link.since is None


def test_the_will_of_the_present_session_ends_it_at_once() -> None:
    link = heard(announced(NodeLink(), _state("online"), retained=False), START, 1.0)
    assert announced(link, _state("offline"), retained=False).status == "unknown"


def test_a_late_will_of_another_session_is_ignored() -> None:
    link = heard(announced(NodeLink(), _state("online", "s2"), retained=False), START, 1.0)
    assert announced(link, _state("offline", "s1"), retained=False).status == "online"


def test_a_hub_that_starts_knows_nothing_since_it_last_heard() -> None:
    link = remembered(START)
    assert (link.status, link.since) == ("unknown", START)
    back = heard(link, LATER, 1.0)
    assert (back.status, back.since) == ("online", LATER)
