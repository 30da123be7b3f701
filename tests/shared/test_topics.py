import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import ADDRESS

from sotdae_shared import topics
from sotdae_shared.errors import TopicError
from sotdae_shared.messages import DOWN_KINDS, UP_KINDS, Kind


def test_topics_are_as_documented() -> None:
    assert ADDRESS.up(Kind.EVENT) == "sotdae/v1/41113/GG-41113-UP-0007/gate-7/up/event"
    assert ADDRESS.down(Kind.ACK) == "sotdae/v1/41113/GG-41113-UP-0007/gate-7/down/ack"
    assert ADDRESS.state == "sotdae/v1/41113/GG-41113-UP-0007/gate-7/up/state"
    assert ADDRESS.all_down == "sotdae/v1/41113/GG-41113-UP-0007/gate-7/down/#"
    assert topics.ALL_UP == "sotdae/v1/+/+/+/up/#"


@pytest.mark.parametrize("kind", sorted(UP_KINDS))
def test_an_upward_topic_is_understood(kind: Kind) -> None:
    assert topics.parse(ADDRESS.up(kind)) == topics.Parsed(ADDRESS, "up", kind)


@pytest.mark.parametrize("kind", sorted(DOWN_KINDS))
def test_a_downward_topic_is_understood(kind: Kind) -> None:
    assert topics.parse(ADDRESS.down(kind)) == topics.Parsed(ADDRESS, "down", kind)


def test_presence_is_understood() -> None:
    assert topics.parse(ADDRESS.state) == topics.Parsed(ADDRESS, "up", None)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "/",
        "sotdae/v1",
        "sotdae/v2/41113/GG-41113-UP-0007/gate-7/up/event",
        "sotdae/v1/41115/GG-41113-UP-0007/gate-7/up/event",
        "sotdae/v1/41113/GG-41113-UP-0007/gate-7/up/command",
        "sotdae/v1/41113/GG-41113-UP-0007/gate-7/down/event",
        "sotdae/v1/41113/GG-41113-UP-0007/gate-7/down/state",
        "sotdae/v1/41113/GG-41113-UP-0007/gate-7/up/song",
        "sotdae/v1/41113/GG-41113-UP-0007/gate-7/up/event/x",
        "sotdae/v1/41113/GG-41113-UP-0007/Gate 7/up/event",
        "sotdae/v1/41113/UP-0007/gate-7/up/event",
        "sotdae/v1/41113/GG-41113-UP-0007/gate-7/sideways/event",
        "sotdae/v1/41113/GG-41113-UP-0007/+/up/event",
    ],
)
def test_a_topic_that_does_not_follow_the_scheme_is_refused(wrong: str) -> None:
    with pytest.raises(TopicError):
        topics.parse(wrong)


words = st.sampled_from([*ADDRESS.state.split("/"), "down", "event", "+", "#", ""]) | st.text(max_size=8)


@given(topic=st.text(max_size=80) | st.lists(words, max_size=9).map("/".join))
def test_any_text_is_a_topic_or_a_topic_error(topic: str) -> None:
    try:
        parsed = topics.parse(topic)
    except TopicError:
        return
    kind = parsed.kind.value if parsed.kind else topics.STATE
    assert f"{parsed.address.base}/{parsed.direction}/{kind}" == topic
