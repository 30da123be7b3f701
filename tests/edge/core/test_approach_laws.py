"""Random stories at a gate with two entries and an exit: the laws of one arm hold for each."""

from edge.core.watched_wide import WatchedWide
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_edge.core.barrier import State

NAMES = ("north", "south", "out")
LANES = ("north_a_", "north_b_", "south_", "out_")
ACTIONS = st.one_of(
    st.tuples(st.just("water"), st.sampled_from([0.0, 20.0])),
    st.tuples(st.just("car"), st.sampled_from(LANES)),
    st.tuples(st.just("drive off"), st.sampled_from(LANES)),
    st.tuples(st.just("lane"), st.tuples(st.sampled_from(NAMES), st.booleans())),
    st.tuples(st.just("key"), st.tuples(st.sampled_from(NAMES), st.booleans())),
    st.tuples(st.just("inside"), st.tuples(st.sampled_from(NAMES), st.booleans())),
    st.tuples(st.just("arm"), st.tuples(st.sampled_from(NAMES), st.sampled_from(["open", "mid", "closed"]))),
    st.tuples(st.just("open"), st.none()),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("run"), st.sampled_from([0.2, 1.0, 4.0, 9.0])),
)


def act(story: WatchedWide, what: str, value: object) -> None:
    match what, value:
        case "water", float(cm):
            story.plant.water(cm)
        case "car", str(lane):
            story.busy = story.busy | {lane}
        case "drive off", str(lane):
            story.busy = story.busy - {lane}
        case "lane", (str(name), bool(on)):
            story.at[name].lane_ok = on
        case "key", (str(name), bool(on)):
            story.at[name].key = on
        case "inside", (str(name), bool(on)):
            story.at[name].inside = on
        case "arm", (str(name), str(arm)):
            story.at[name].arm = arm
        case "open", _:
            story.open_up()
        case "restart", _:
            story.restart()
            story.granted = False
        case "run", float(seconds):
            story.run(seconds)
    story.run(0.2)


@given(st.lists(ACTIONS, max_size=25))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_each_arm_keeps_the_laws_and_a_flood_closes_every_entry(
    story_of: list[tuple[str, object]],
) -> None:
    story = WatchedWide()
    story.run(1.0)
    for what, value in story_of:
        act(story, what, value)
    for plant in story.at.values():
        plant.key, plant.inside, plant.lane_ok, plant.current = False, False, True, 0.0
    story.busy = set()
    story.plant.water(20.0)
    story.run(40.0)
    assert [way.state for way in story.gate.approaches] == [State.CLOSED] * 3, story.shown
