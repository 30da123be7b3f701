"""Facilities that people leave out of a policy by name, over real stores."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rollout_kit import Node, address, policy
from spreading_kit import QUIET_S, Scene

from sotdae_hub.core.rollout import State
from sotdae_hub.policies import PolicyConflictError
from sotdae_shared.messages import MAX_COUNT

ONE, TWO = address(1), address(2)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with closing(Scene(tmp_path)) as scene:
        yield scene


def test_who_reports_what_cannot_be_is_left_out_by_name(scene: Scene) -> None:
    well, odd = Node(ONE), Node(TWO, applied=MAX_COUNT)
    scene.hear(well, odd)
    name = odd.address.facility
    with pytest.raises(PolicyConflictError, match=rf"which {name}/.*: take .*--leave-out {name}$"):
        scene.publish(policy(7), soak_s=0)
    scene.publish(policy(7), soak_s=0, rings=[100], leave_out=[name])
    assert scene.turn() == [(ONE.node, 7)]
    well.applied = 7
    scene.hear(well, odd)
    assert (scene.turn(), scene.state()) == ([], (State.DONE, 0))
    assert scene.policies.status().rollouts[0].left_out == (name,)
    scene.start()
    odd.applied = 0
    scene.hear(well, odd)
    assert scene.turn(1.0) == [], "a box that was replaced finds none either"
    assert scene.turn(QUIET_S) == []
    scene.hear(well, odd)
    scene.publish(policy(8), rings=[100])
    assert scene.turn() == [(ONE.node, 8), (TWO.node, 8)]


def test_what_a_newer_one_replaces_is_taken_down_where_that_leaves_out(scene: Scene) -> None:
    here, apart = Node(ONE), Node(TWO)
    scene.hear(here, apart)
    scene.publish(policy(5), soak_s=0, rings=[100])
    assert len(scene.turn()) == 2
    here.applied = 5
    scene.hear(here, apart)
    assert scene.turn(1.0) == []
    scene.publish(policy(7), soak_s=0, leave_out=[TWO.facility])
    assert scene.spreader.kept[5].rollout.state is State.ABORTED
    assert scene.turn() == [(ONE.node, 7), (TWO.node, 0)], "what it was told and has not taken is taken down"


def test_a_name_to_leave_out_that_is_not_there_and_all_of_them_are_refused(scene: Scene) -> None:
    scene.hear(Node(ONE))
    with pytest.raises(PolicyConflictError, match="leave_out GG-41113-UP-0002: no node there"):
        scene.publish(policy(7), leave_out=[TWO.facility])
    scene.hear(Node(TWO))
    with pytest.raises(PolicyConflictError, match="canary GG-41113-UP-0002: no node there"):
        scene.publish(policy(7), leave_out=[TWO.facility], canary=[TWO.facility])
    with pytest.raises(PolicyConflictError, match="is heard"):
        scene.publish(policy(7), leave_out=[ONE.facility, TWO.facility])
    assert scene.spreader.kept == {}


def test_water_where_it_is_left_out_freezes_the_others_all_the_same(scene: Scene) -> None:
    scene.hear(Node(ONE), Node(TWO, stage="close"))
    scene.publish(policy(7), leave_out=[TWO.facility])
    assert (scene.turn(), scene.state()) == ([], (State.FROZEN, 0))
