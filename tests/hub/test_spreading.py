"""When nodes are told, told again, and what counts as silence: real stores, hours in no time."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rollout_kit import Node, address, policy
from spreading_kit import QUIET_S, Scene

from sotdae_hub import spreading
from sotdae_hub.core.rollout import State
from sotdae_hub.policies import PolicyConflictError
from sotdae_hub.spreading import AGAIN_S, SILENT_S
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId, FacilityType
from sotdae_shared.topics import Address


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with closing(Scene(tmp_path)) as scene:
        yield scene


ONE, TWO = address(1), address(2)


def test_a_node_that_stays_behind_is_told_again_but_not_often(scene: Scene) -> None:
    node = Node(ONE)
    scene.hear(node)
    scene.publish(policy(7), soak_s=0)
    assert scene.turn() == [(ONE.node, 7)]
    told = 0
    for _ in range(int(4 * AGAIN_S)):
        scene.hear(node)
        told += len(scene.turn(1.0))
    assert told == 4
    node.applied = 7
    scene.hear(node)
    assert (scene.turn(1.0), scene.state()) == ([], (State.DONE, 0))
    node.applied = 0  # a box that was replaced
    scene.hear(node)
    assert scene.turn(AGAIN_S) == []  # it is not heard just now
    scene.hear(node)
    assert scene.turn() == [(ONE.node, 7)]


def test_over_water_nobody_is_told_again(scene: Scene) -> None:
    node, wet = Node(ONE), Node(TWO)
    scene.hear(node, wet)
    scene.publish(policy(7), rings=[50, 100], soak_s=0)
    assert len(scene.turn()) == 1
    wet.stage = "close"
    for _ in range(20):
        scene.hear(node, wet)
        assert scene.turn(10.0) == []
    scene.turn(3600.0)
    assert scene.state() == (State.FROZEN, 0), "who was wet when it fell silent is wet"
    assert scene.turn() == []


def test_a_hub_that_starts_listens_before_it_tells(scene: Scene) -> None:
    near, far = Node(ONE), Node(TWO)
    scene.hear(near, far)
    scene.publish(policy(7), rings=[100], soak_s=0)
    scene.s += 5.0
    scene.start()
    assert scene.turn(1.0) == []
    scene.hear(near)
    assert scene.turn(1.0) == [(ONE.node, 7)]
    assert scene.turn(QUIET_S - 2.0) == []
    assert scene.turn(3.0) == [(TWO.node, 7)], "kept for who is away"


def test_a_restored_hub_does_not_undo_what_the_nodes_have(scene: Scene) -> None:
    node = Node(ONE)
    scene.hear(node)
    scene.publish(policy(7), soak_s=0)
    scene.start()
    node.applied = 9
    scene.hear(node)
    assert scene.turn(1.0) == []
    assert scene.state() == (State.ABORTED, 0)
    assert "has version 9 already" in scene.spreader.kept[7].rollout.why
    with pytest.raises(PolicyConflictError, match="version 9 is not above 9, which GG-41113-UP-0001"):
        scene.publish(policy(9))


def test_who_falls_silent_stops_it_but_a_line_that_is_down_is_no_silence(scene: Scene) -> None:
    node = Node(ONE)
    scene.hear(node)
    scene.publish(policy(7), soak_s=3600)
    scene.turn()
    node.applied = 7
    scene.s += 1.0
    scene.hear(node)
    scene.board.connected = False
    scene.turn(3600.0)
    scene.board.connected = True
    scene.turn(1.0)
    assert scene.state() == (State.RUNNING, 0)
    scene.turn(SILENT_S - 2.0)
    assert scene.state() == (State.RUNNING, 0)
    scene.turn(3.0)
    assert scene.state() == (State.ABORTED, 0)
    asyncio.run(scene.policies.resume(7))
    scene.turn(3600.0)
    assert scene.state() == (State.RUNNING, 0), "people know that it is away: it is waited for"


def test_who_was_away_before_is_waited_for(scene: Scene) -> None:
    node = Node(ONE)
    scene.hear(node)
    scene.turn(QUIET_S + 1)
    scene.publish(policy(7), soak_s=0)
    assert scene.turn() == [(ONE.node, 7)]
    scene.turn(3600.0)
    assert scene.state() == (State.RUNNING, 0)
    node.applied = 7
    scene.hear(node)
    scene.turn()
    assert scene.state() == (State.DONE, 0)


def test_what_is_stopped_is_taken_down_also_by_the_next_start(scene: Scene) -> None:
    has, away = Node(ONE), Node(TWO)
    scene.hear(has, away)
    scene.publish(policy(7), rings=[100], soak_s=3600)
    assert scene.turn() == [(ONE.node, 7), (TWO.node, 7)]
    has.applied = 7
    scene.hear(has)
    asyncio.run(scene.policies.abort(7))
    scene.board.broken = True
    with pytest.raises(LinkError):
        scene.turn(1.0)
    scene.board.broken = False
    scene.start()
    assert scene.turn(1.0) == [(TWO.node, 0)]
    assert scene.turn(1.0) == []


def test_what_could_not_be_sent_is_sent(scene: Scene) -> None:
    scene.hear(Node(ONE))
    scene.publish(policy(7))
    scene.board.broken = True
    with pytest.raises(LinkError):
        scene.turn()
    scene.board.broken = False
    assert scene.turn(1.0) == [(ONE.node, 7)]


def test_a_newer_one_replaces_what_goes_out_to_the_same_nodes_only(scene: Scene) -> None:
    near, far = Node(ONE), Node(address(1, "41135"))
    scene.hear(near, far)
    scene.publish(policy(7), rings=[100])
    assert len(scene.turn()) == 2
    with pytest.raises(PolicyConflictError, match="version 7 is still going out, to GG-41135-UP-0001"):
        scene.publish(policy(8, ("41113",)))
    scene.publish(policy(8), rings=[100])
    assert scene.spreader.kept[7].rollout.why == "version 8 replaces it"
    assert scene.turn(1.0) == [(near.address.node, 8), (far.address.node, 8)]
    with pytest.raises(PolicyConflictError, match="version 8 came after it"):
        asyncio.run(scene.policies.resume(7))


def test_who_was_not_heard_for_a_month_is_not_waited_for_and_freezes_nothing(scene: Scene) -> None:
    near, dead = Node(ONE), Node(TWO, stage="close")
    scene.hear(near, dead)
    scene.turn()
    scene.turn(29 * 86_400.0)
    scene.hear(near)
    scene.publish(policy(7), rings=[100], soak_s=0)
    assert (scene.turn(), scene.state()) == ([], (State.FROZEN, 0))
    scene.turn(2 * 86_400.0)
    scene.hear(near)
    scene.publish(policy(8), rings=[100], soak_s=0)
    assert (ONE.node, 8) in scene.turn()
    assert {member.node for member in scene.spreader.kept[8].rollout.ring_of} == {ONE.node}
    near.applied = 8
    scene.hear(near)
    assert scene.turn() == [(TWO.node, 8)], "should it come back, it finds it"
    assert scene.state(8) == (State.DONE, 0)


def test_a_hub_that_was_off_for_a_month_takes_nobody_for_gone_before_it_has_listened(scene: Scene) -> None:
    scene.hear(Node(ONE))
    scene.s += 40 * 86_400.0
    scene.start()
    scene.publish(policy(7), soak_s=0)
    assert (scene.turn(1.0), scene.state()) == ([], (State.RUNNING, 0))


def test_after_a_stop_the_one_before_it_is_put_up_again_for_who_lacks_it(scene: Scene) -> None:
    has, lacks = Node(ONE), Node(TWO)
    scene.hear(has)
    scene.publish(policy(5), soak_s=0)
    assert scene.turn() == [(ONE.node, 5)]
    has.applied = 5
    scene.hear(has)
    assert (scene.turn(), scene.state(5)) == ([], (State.DONE, 0))
    scene.hear(has, lacks)
    assert scene.turn() == [(TWO.node, 5)]
    scene.publish(policy(7), rings=[100])
    assert scene.turn() == [(ONE.node, 7), (TWO.node, 7)]
    asyncio.run(scene.policies.abort(7))
    assert scene.turn() == [(ONE.node, 0), (TWO.node, 0), (TWO.node, 5)]
    asyncio.run(scene.policies.resume(7))
    assert scene.turn() == [(ONE.node, 7), (TWO.node, 7)], "at once"


def test_who_went_away_before_its_ring_began_did_not_fall_silent(scene: Scene) -> None:
    nodes = {node.address.node: node for node in (Node(ONE), Node(TWO))}
    scene.hear(*nodes.values())
    scene.publish(policy(7), rings=[50, 100], soak_s=100)
    ((first, _),) = scene.turn()
    nodes[first].applied = 7
    scene.s += 5.0
    scene.hear(*nodes.values())
    for _ in range(25):
        scene.hear(nodes[first])
        scene.turn(5.0)
    assert scene.state() == (State.RUNNING, 1)
    assert "not heard" in scene.spreader.kept[7].rollout.why


def test_what_was_known_before_the_start_is_no_answer(scene: Scene) -> None:
    node = Node(ONE)
    scene.hear(node)
    scene.publish(policy(7), soak_s=0)
    scene.turn()
    node.applied = 7
    scene.hear(node)
    scene.s += 5.0
    scene.start()
    scene.take(node.pen.event(), filed=False)
    scene.turn(1.0)
    assert scene.state() == (State.RUNNING, 0)
    scene.hear(node)
    scene.turn(1.0)
    assert scene.state() == (State.DONE, 0)


def test_one_turn_tells_so_many_and_the_next_goes_on(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "SENDS", 1)
    scene.hear(Node(ONE), Node(TWO))
    scene.publish(policy(7), rings=[100])
    assert [len(scene.turn()) for _ in range(3)] == [1, 1, 0]


def test_who_refused_is_not_told_again(scene: Scene) -> None:
    node = Node(ONE, refuses="too high")
    scene.hear(node)
    scene.publish(policy(7), abort_percent=100)
    assert scene.turn() == [(ONE.node, 7)]
    for message in node.answers(7):
        scene.take(message)
    for _ in range(int(3 * AGAIN_S)):
        scene.hear(node)
        assert scene.turn(1.0) == []


def test_versions_of_places_that_have_nothing_in_common_do_not_meet(scene: Scene) -> None:
    gate = Address(FacilityId("GG-41113-RG-0001"), "gate-rg")
    scene.hear(Node(ONE), Node(address(1, "41135")), Node(gate))
    scene.publish(policy(9, ("41135",)), soak_s=0)
    scene.publish(policy(7, ("41113",)), soak_s=0)
    scene.publish(policy(6, types=(FacilityType.RIVERSIDE_GATE,)), soak_s=0)
    for bundle in (policy(8), policy(8, ("GG-41135-UP-0001",)), policy(5, ("41113", "41111"))):
        with pytest.raises(PolicyConflictError, match="is not above"):
            scene.publish(bundle)
    asyncio.run(scene.policies.abort(7))
    asyncio.run(scene.policies.resume(7))
    assert scene.state() == (State.RUNNING, 0)


def test_nothing_is_published_to_nobody(scene: Scene) -> None:
    near, far = Node(ONE), Node(address(1, "41135"))
    scene.hear(near)
    with pytest.raises(PolicyConflictError, match="scope 41135, UP: no gate there"):
        scene.publish(policy(7, ("41135",)), soak_s=0)
    assert scene.spreader.kept == {}
    scene.hear(far)
    scene.turn()
    scene.turn(31 * 86_400.0)
    scene.hear(near)
    with pytest.raises(PolicyConflictError, match="is heard"):
        scene.publish(policy(7, ("41135",)), soak_s=0)
    scene.hear(far)
    scene.publish(policy(7, ("41135",)), soak_s=0)
    assert (scene.turn(), scene.state()) == ([(far.address.node, 7)], (State.RUNNING, 0))
