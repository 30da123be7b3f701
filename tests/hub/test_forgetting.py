"""Nodes that were taken down for good, over real stores: who says so stands, and nothing is lost."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rollout_kit import Node, address, policy
from spreading_kit import QUIET_S, Scene

from sotdae_hub.core.rings import Member
from sotdae_hub.core.rollout import State
from sotdae_hub.forgetting import Forgetting, StillHeardError, UnknownNodeError, forget, forgotten
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import MAX_COUNT

ONE, TWO = address(1), address(2)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with closing(Scene(tmp_path)) as scene:
        yield scene


def say_gone(scene: Scene, node: Node, by: str = "desk-7") -> None:
    asked = Forgetting(facility=node.address.facility, node=node.address.node, reason="torn down")
    asyncio.run(forget(scene.spreader, asked, by))


def fall_silent(scene: Scene, *still_there: Node) -> None:
    for _ in range(3):
        scene.hear(*still_there)
        scene.turn(QUIET_S)
    scene.hear(*still_there)


def test_a_roll_out_waits_for_it_no_more_nor_freezes_for_its_last_word(scene: Scene) -> None:
    here, gone = Node(ONE, applied=5), Node(TWO, applied=5, stage="close")
    scene.hear(here, gone)
    scene.publish(policy(7), rings=[100], soak_s=0)
    fall_silent(scene, here)
    assert scene.state() == (State.FROZEN, 0)
    say_gone(scene, gone)
    assert scene.turn() == [(ONE.node, 7), (TWO.node, 7)], "kept for it, should it come back"
    here.applied = 7
    scene.hear(here)
    scene.turn()
    assert scene.state() == (State.DONE, 0)
    row = {each.node: each for each in scene.policies.status().nodes}[TWO.node]
    assert (row.applied, row.desired, row.forgotten) == (5, 7, "desk-7: torn down")
    assert [twin.health.stage for twin in scene.records.twins(TWO.facility)] == ["close"], "its word stays"


def test_a_ring_that_is_gone_whole_is_still_counted_among_the_rings(scene: Scene) -> None:
    here, gone = Node(ONE), Node(TWO)
    scene.hear(here, gone)
    scene.publish(policy(7), rings=[50, 100], canary=[ONE.facility], soak_s=60)
    scene.turn()
    here.applied = 7
    fall_silent(scene, here)
    say_gone(scene, gone)
    reasons = []
    while scene.state()[0] is not State.DONE and len(reasons) < 40:
        scene.hear(here)
        scene.turn(5.0)
        reasons.append(scene.spreader.kept[7].rollout.why[:21])
    assert list(dict.fromkeys(reasons)) == ["ring 1 of 2 is well; ", "", "ring 2 of 2 is well; "]


def test_what_it_said_it_has_bars_no_newer_version(scene: Scene) -> None:
    here, odd = Node(ONE), Node(TWO, applied=MAX_COUNT)
    scene.hear(here, odd)
    fall_silent(scene, here)
    say_gone(scene, odd)
    scene.publish(policy(7), rings=[100], soak_s=0)
    assert list(scene.spreader.kept[7].rollout.ring_of) == [Member(ONE.facility, ONE.node)]


def test_who_is_heard_again_counts_again(scene: Scene) -> None:
    here, gone = Node(ONE), Node(TWO, stage="close")
    scene.hear(here, gone)
    fall_silent(scene, here)
    say_gone(scene, gone)
    scene.publish(policy(7), rings=[100], soak_s=0)
    scene.s += 1.0
    scene.hear(gone)
    assert scene.turn() == [], "its water freezes again"
    assert scene.state() == (State.FROZEN, 0)
    assert scene.policies.status().nodes[1].forgotten is None
    fall_silent(scene, here)
    say_gone(scene, gone, "desk-8")
    assert [(word.by, word.reason) for word in forgotten(scene.spreader)] == [
        ("desk-8", "torn down"), ("desk-7", "torn down"),
    ]  # fmt: skip


def test_who_is_heard_or_never_was_is_not_forgotten(scene: Scene) -> None:
    here = Node(ONE)
    scene.hear(here)
    with pytest.raises(StillHeardError, match="is heard: switch it off first"):
        say_gone(scene, here)
    with pytest.raises(UnknownNodeError, match=f"no node {TWO.facility}/{TWO.node} was ever heard"):
        say_gone(scene, Node(TWO))
    assert forgotten(scene.spreader) == []


@pytest.mark.parametrize("before", [True, False])
def test_a_clock_that_is_set_back_changes_nothing(scene: Scene, before: bool) -> None:
    here, gone = Node(ONE), Node(TWO)
    scene.hear(here, gone)
    fall_silent(scene, here)
    scene.set_back_s = 3600.0 if before else 0.0
    say_gone(scene, gone)
    assert scene.policies.status().nodes[1].forgotten is not None
    scene.set_back_s = 7200.0
    back = Node(TWO)  # of a new boot
    scene.hear(back)
    fall_silent(scene, here)
    assert scene.policies.status().nodes[1].forgotten is None, "it was heard since"


def test_nobody_is_forgotten_before_the_hub_has_listened(scene: Scene) -> None:
    there = Node(ONE)
    scene.hear(there)
    scene.start()
    scene.board.connected = False
    scene.turn()
    with pytest.raises(LinkError, match="cannot be known: this hub does not hear the broker"):
        say_gone(scene, there)
    scene.board.connected = True
    scene.turn()
    scene.s += QUIET_S - 2.5
    with pytest.raises(LinkError, match="shows in 3 s: this hub just began to listen"):
        say_gone(scene, there)
    assert forgotten(scene.spreader) == []
    scene.s += 2.5
    say_gone(scene, there)
    assert len(forgotten(scene.spreader)) == 1


def test_a_start_of_the_hub_remembers_it(scene: Scene) -> None:
    here, gone = Node(ONE), Node(TWO, stage="close")
    scene.hear(here, gone)
    scene.publish(policy(7), rings=[100], soak_s=0)
    fall_silent(scene, here)
    say_gone(scene, gone)
    scene.start()
    scene.hear(here)
    assert (ONE.node, 7) in scene.turn(1.0)


def test_a_roll_out_to_nobody_else_waits_all_the_same(scene: Scene) -> None:
    gone = Node(ONE)
    scene.hear(gone)
    scene.publish(policy(7), rings=[100], soak_s=0)
    fall_silent(scene)
    say_gone(scene, gone)
    scene.turn(3600.0)
    state, _ = scene.state()
    assert state is not State.DONE, "done, it would go without rings to whoever comes later"
