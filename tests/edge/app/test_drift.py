"""The drift helper on a real gate and a real store: alarmed, flagged suspect, kept over a restart."""

import asyncio
from pathlib import Path

import pytest
from edge.core.plant import Story

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.state import FileState
from sotdae_edge.app import words
from sotdae_edge.app.drift import Drift
from sotdae_edge.core.baseline import DAY, LEAST_DAYS, Baseline, read, write
from sotdae_shared.units import Flag


class Still(SystemClock):
    """A clock that stands where the story does."""

    def __init__(self, story: Story) -> None:
        super().__init__(assume_synced=True)
        self.story = story

    def monotonic(self) -> float:
        return self.story.now


def drifting(tmp_path: Path, offset_cm: float) -> tuple[Story, Drift]:
    """Let a gate stand dry for a week while its radar reads `offset_cm`."""
    story, drift = Story(), Drift(FileState(tmp_path / "baseline"))
    story.plant.radar = offset_cm
    story.run(1.0)
    for _ in range(LEAST_DAYS * DAY):
        drift.look(story.gate, story.now)
    return story, drift


def test_a_radar_that_drifts_is_alarmed_and_suspect_but_votes_on(tmp_path: Path) -> None:
    story, drift = drifting(tmp_path, 4.0)
    (condition,) = drift.conditions()
    assert (condition.code, condition.priority) == ("sensor.radar.drift", 4)
    assert "+4.0 cm on a dry road" in condition.text
    body = words.telemetry(story.gate, {}, story.now, words.Beside(None, drift.drifted()))
    flags = {reading.channel: reading.flag for reading in body.readings}
    assert (flags["radar"], flags["pressure"]) == (Flag.SUSPECT, Flag.PASS)
    assert story.gate.sensing.close_vote(story.now).architecture == "2oo3"


def test_dry_channels_are_left_alone_and_water_is_no_drift(tmp_path: Path) -> None:
    story, drift = drifting(tmp_path, 0.4)
    assert list(drift.conditions()) == []
    known = dict(drift.found)
    assert known.keys() == {"radar", "pressure"}, "a switch has no zero"
    story.plant.water(20.0)
    story.run(2.0)
    drift.look(story.gate, story.now)
    assert all(drift.found[name].today == {} for name in known)


def test_what_is_kept_is_found_again_after_a_restart(tmp_path: Path) -> None:
    kept = {"radar": Baseline([3.1] * LEAST_DAYS)}
    FileState(tmp_path / "baseline").save(write(kept))
    drift = Drift(FileState(tmp_path / "baseline"))
    story = Story()
    story.run(1.0)

    async def watch() -> None:
        task = asyncio.create_task(drift.run(story.gate, Still(story)))
        async with asyncio.timeout(10):
            while not drift.found.get("pressure"):
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(watch())
    assert drift.drifted() == {"radar"}
    assert sum(drift.found["radar"].today.values()) == 1
    asyncio.run(drift.save())
    assert read(FileState(tmp_path / "baseline").load()) == drift.found


@pytest.mark.parametrize("raw", [b"not a baseline", b"{}"])
def test_a_file_that_is_not_one_begins_anew_and_says_so(tmp_path: Path, raw: bytes) -> None:
    FileState(tmp_path / "baseline").save(raw)
    drift = Drift(FileState(tmp_path / "baseline"))
    asyncio.run(drift.load())
    assert drift.found == {}
    assert [c.code for c in drift.conditions()] == (["drift.unsaved"] if raw != b"{}" else [])
    asyncio.run(drift.save())
    assert list(drift.conditions()) == []


def test_what_has_rotted_begins_anew_and_says_so(tmp_path: Path) -> None:
    FileState(tmp_path / "baseline").save(b"{}")
    (tmp_path / "baseline.b").write_bytes(bytes(200))
    drift = Drift(FileState(tmp_path / "baseline"))
    asyncio.run(drift.load())
    assert [c.text for c in drift.conditions()] == [
        "dry baselines begin anew: they were corrupt and set aside"
    ]
