"""The picture of a replay hides nothing that was recorded."""

from pathlib import Path

from edge.replay.kit import rise, series

from sotdae_edge.replay.layout import BUILT_IN
from sotdae_edge.replay.plot import plot
from sotdae_edge.replay.report import replay

WORD = "reading not taken"


def test_a_spike_that_the_gate_held_back_is_a_dot(tmp_path: Path) -> None:
    flood = rise(2.0, 20.0)
    picture = tmp_path / "flood.svg"
    plot(replay(series(60.0, 1800.0, level_cm=flood), BUILT_IN), picture)
    assert WORD not in picture.read_text(encoding="utf-8")
    spiked = series(60.0, 1800.0, level_cm=lambda at: 60.0 if at == 300.0 else flood(at))
    plot(replay(spiked, BUILT_IN), picture)
    assert WORD in picture.read_text(encoding="utf-8")
