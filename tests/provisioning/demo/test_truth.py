"""What a report takes from the scene's own truth."""

from pathlib import Path

import pytest

from sotdae_firmware_bridge.sim.simulator import Simulator
from sotdae_firmware_bridge.sim.truth import TruthLog
from sotdae_provisioning.demo.report import _opened_by
from sotdae_provisioning.demo.truth import Truth, read_truth

LOWER, RAISE = 1, 2


class Scene:
    """A simulated site whose truth is written while it goes on."""

    def __init__(self, path: Path) -> None:
        self.path, self.file, self.simulator = path, path.open("w"), Simulator()
        self.log, self.feed = TruthLog(self.file), 0

    def go(self, seconds: float, drive: int = 0) -> float:
        """Go on, feeding and permitting as an agent does; return the scene's clock (s)."""
        until_s = self.simulator.scene.now_s + seconds
        while self.simulator.scene.now_s < until_s:
            self.feed = (self.feed + 1) % 1000
            self.simulator.scene.orders.take(
                [("drive", drive), ("permit", self.feed), ("feed", self.feed)], self.simulator.scene.now_s
            )
            self.simulator.advance(self.simulator.scene.now_s + 0.05)
            self.log.note(self.simulator.scene)
        return self.simulator.scene.now_s

    def truth(self) -> Truth:
        self.file.close()
        return read_truth(self.path)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "truth.jsonl")


def test_a_sign_lit_by_the_float_is_not_the_agents_warning(scene: Scene) -> None:
    scene.go(1.0)
    scene.simulator.depth(16.0)
    scene.go(3.0)
    before_s = scene.simulator.scene.now_s
    scene.simulator.scene.orders.take([("warn_closed", 1)], before_s)
    scene.go(1.0)
    truth = scene.truth()
    lit = truth.first(lambda line: line["sign_closed"])
    warned = truth.agents_warning(after=0.0)
    assert lit is not None
    assert warned is not None
    assert lit["t"] < before_s <= warned["t"]


def test_a_dead_sign_is_no_warning_however_the_agent_asks(scene: Scene) -> None:
    scene.simulator.fault("sign", "dead")
    scene.simulator.scene.orders.take([("warn_closed", 1)], 0.0)
    scene.go(2.0)
    assert scene.truth().agents_warning(after=0.0) is None


def test_an_arm_that_rises_without_a_decision_is_unexplained(scene: Scene) -> None:
    scene.go(12.0, LOWER)
    scene.go(1.0, RAISE)
    truth = scene.truth()
    assert truth.first(lambda line: line["limit_closed"]) is not None
    assert _opened_by(truth, []) == "unexplained"
    assert _opened_by(truth, [{"state": "opening", "because": ["two", "people"]}]) == "two; people"


def test_an_arm_that_stays_down_or_was_never_down_opened_for_nobody(scene: Scene, tmp_path: Path) -> None:
    scene.go(12.0, LOWER)
    scene.go(1.0)
    assert _opened_by(scene.truth(), []) is None
    turned_back = Scene(tmp_path / "other.jsonl")
    turned_back.go(2.0, LOWER)
    turned_back.go(2.0, RAISE)
    assert _opened_by(turned_back.truth(), []) is None
