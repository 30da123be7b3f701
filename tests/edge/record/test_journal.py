"""The journal beside a running gate: complete, bounded, and never in the way of protection."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from edge.core.plant import SITE
from edge.record.runner import BOOT, CLOCK, files, protected, recorded, running, until
from edge.record.tape import closing, replayed, written
from simulated_site import running_site
from typer.testing import CliRunner

from sotdae_edge.app.gate import GateApp
from sotdae_edge.core.effects import Alarm, Save
from sotdae_edge.core.gate import Gate
from sotdae_edge.record import journal as module
from sotdae_edge.record.cli import record_app
from sotdae_edge.record.coding import Entry
from sotdae_edge.record.files import Opening, RecordFiles, files_of
from sotdae_edge.record.journal import Journal
from sotdae_edge.record.key import device_key
from sotdae_edge.record.packing import unpack
from sotdae_edge.record.verify import check_all
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Kind


def test_a_real_closing_is_on_record_and_replays_by_command(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site() as site, running(tmp_path, site, files(tmp_path)) as app:
            await protected(site, app)

    asyncio.run(story())
    (segment,) = recorded(tmp_path)
    assert segment.ended
    assert segment.header["gate"]["boot"] == BOOT
    assert (tmp_path / "device.key").stat().st_mode & 0o777 == 0o600
    run, differences = replayed([segment])
    assert differences == []
    assert run.decisions >= 4
    directory = str(tmp_path / "record")
    command = CliRunner()
    assert "holds" in command.invoke(record_app, ["verify", directory]).output
    assert '"closed"' in command.invoke(record_app, ["show", directory]).output
    again = command.invoke(record_app, ["replay", directory, "--json"])
    assert (again.exit_code, '"differences": 0' in again.output) == (0, True)


def alarms(app: GateApp) -> str:
    rows = app.recorder.outbox.unsent(400)
    return " ".join(row.raw.decode() for row in rows if row.kind is Kind.EVENT)


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["refuses", "hangs"])
def test_a_record_that_cannot_be_written_keeps_nobody_waiting(tmp_path: Path, trouble: str) -> None:
    record, answers = files(tmp_path), threading.Event()

    async def story() -> str:
        async with running_site() as site, running(tmp_path, site, record) as app:
            if trouble == "refuses":
                record.error = LinkError("no space left on device")
            else:
                record.hangs = answers
            try:
                await protected(site, app)
                await until(lambda: app.journal and app.journal.failing)
            finally:
                record.error = None
                answers.set()
            await until(lambda: app.journal and not app.journal.failing)
            await until(lambda: not app.recorder.waiting)
            return alarms(app)

    told = asyncio.run(story())
    assert "record.failing" in told
    assert ("no space left" in told) is (trouble == "refuses")
    # What waited in memory is all there.
    segments = recorded(tmp_path)
    run, differences = replayed(segments)
    assert differences == []
    assert run.decisions >= 4


def noted(journal: Journal, gates: list[Gate]) -> list[asyncio.Future[None] | None]:
    """Give the journal a story as the runner would."""
    found = []
    gate = gates[0]
    journal.begin(gate)
    for item in closing()[1:]:
        assert isinstance(item, Entry)
        effects = gate.tick(item.at) if item.event is None else gate.handle(item.event, item.at)
        found.append(journal.note(item.event, item.at, effects, gate))
    return found


def born() -> Gate:
    first = closing()[0]
    assert isinstance(first, Opening)
    kept = first.header["gate"]
    return Gate.start(SITE, kept["boot"], kept["born"])


def test_memory_is_bounded_and_what_was_lost_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_IN_RAM", 20)
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    monkeypatch.setattr(module, "FLUSH_S", 0.01)
    told: list[Alarm] = []
    record = files(tmp_path)
    record.error = LinkError("read-only file system")

    async def story() -> int:
        with ThreadPoolExecutor(1) as worker:
            journal = Journal(record, worker, CLOCK, told.append)
            gate = born()
            noted(journal, [gate])
            assert journal.lost > 0
            task = asyncio.create_task(journal.run())
            await until(lambda: journal.failing)
            record.error = None
            await until(lambda: not journal.failing)
            at = closing()[-1].at + 1.0  # type: ignore[union-attr]
            for step in range(10):
                journal.note(None, at + step, gate.tick(at + step), gate)
            task.cancel()
            await asyncio.wait([task])
            return journal.lost

    lost = asyncio.run(story())
    segments = recorded(tmp_path)
    assert [segment.header.get("lost") for segment in segments] == [None, lost]
    run, differences = replayed(segments)
    assert differences == []
    assert run.calls == len(closing()) - 1 + 10 - lost
    assert [(alarm.code, alarm.active) for alarm in told] == [
        ("record.failing", True),
        ("record.failing", False),
    ]


def test_segments_follow_each_other_and_the_oldest_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEGMENT_ENTRIES", 10)

    async def story(record: RecordFiles) -> None:
        with ThreadPoolExecutor(1) as worker:
            journal = Journal(record, worker, CLOCK, lambda alarm: None)
            noted(journal, [born()])
            task = asyncio.create_task(journal.run())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(story(files(tmp_path)))
    segments = recorded(tmp_path)
    assert len(segments) > 4
    assert replayed(segments)[1] == []
    sizes = sum(path.stat().st_size for path in files_of(tmp_path / "record"))
    asyncio.run(story(RecordFiles(tmp_path / "record", tmp_path / "device.key", sizes // 2)))
    kept = recorded(tmp_path)
    assert int(kept[-1].name.split(".")[0]) == 2 * len(segments)
    assert sum(path.stat().st_size for path in files_of(tmp_path / "record")) <= sizes // 2
    # A record whose beginning is gone still holds and replays from where it begins.
    assert replayed(kept)[1] == []


def test_a_decision_is_durable_when_its_future_ends_and_a_tick_promises_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        with ThreadPoolExecutor(1) as worker:
            journal = Journal(files(tmp_path), worker, CLOCK, lambda alarm: None)
            task = asyncio.create_task(journal.run())
            found = noted(journal, [born()])
            saving = [
                any(isinstance(effect, Save) for effect in item.effects)
                for item in closing()[1:]
                if isinstance(item, Entry)
            ]
            assert [each is not None for each in found] == saving
            await asyncio.gather(*[each for each in found if each is not None])
            segment = next(check_all(list(files_of(tmp_path / "record"))))
            assert segment.ok
            assert segment.signed_to == len(segment.values) - 1
            assert segment.signed_to >= len(saving)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(story())


def test_the_commands_name_what_is_wrong_and_where(tmp_path: Path) -> None:
    command = CliRunner()
    (path,) = written(list(closing()), tmp_path)
    directory = str(tmp_path / "record")
    public = device_key(tmp_path / "device.key").public
    assert command.invoke(record_app, ["verify", directory, "--key", public]).exit_code == 0
    other = command.invoke(record_app, ["verify", directory, "--key", "00" * 32])
    assert (other.exit_code, "entry 1: was written by the device" in other.output) == (1, True)
    rows = unpack(path.read_bytes()).lines.splitlines(keepends=True)
    rows[6] = rows[6].replace(b'"t":', b'"t":1')
    path.write_bytes(b"".join(rows))
    bad = command.invoke(record_app, ["verify", directory])
    assert (bad.exit_code, "entry 7: does not follow" in bad.output) == (1, True)
    again = command.invoke(record_app, ["replay", directory])
    assert (again.exit_code, "intact False" in again.output) == (1, True)
    everything = command.invoke(record_app, ["show", directory, "--all"])
    assert '"entry": 6' in everything.output
    assert '"entry": 7' not in everything.output
    absent = command.invoke(record_app, ["verify", str(tmp_path / "nothing")])
    assert absent.exit_code == 2
    (tmp_path / "empty").mkdir()
    assert command.invoke(record_app, ["show", str(tmp_path / "empty")]).exit_code == 2
