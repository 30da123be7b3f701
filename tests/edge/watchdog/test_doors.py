"""The doors of the process: datagrams, systemd, the hardware timer, its command line and what it loads."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sotdae_edge.watchdog.agent import AgentWatchdog
from sotdae_edge.watchdog.feeding import Feeding
from sotdae_edge.watchdog.link import BATCH, Link, name_of
from sotdae_edge.watchdog.systemd import Notifier
from sotdae_edge.watchdog.timer import HardwareTimer
from sotdae_edge.watchdog.wire import Answer, Notes, decode_feed, encode_answer
from sotdae_shared.errors import LinkError

EXAMPLE = Path(__file__).parents[3] / "edge" / "gate.example.toml"
RUN = [sys.executable, "-m", "sotdae_provisioning", "gate", "watchdog", "--config"]


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(str(tmp_path / "notify"))
        door.settimeout(20.0)
        yield door


def environ(systemd: socket.socket, period_s: float = 3.0) -> dict[str, str]:
    return {"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": str(int(period_s * 1e6))}


def test_a_feed_reaches_the_one_watchdog_and_its_answer_the_agent(tmp_path: Path) -> None:
    name = name_of(tmp_path)
    agent = AgentWatchdog(Notifier({}), Feeding(b"boot-one", 3.0), name)
    with closing(Link(name)) as dog, closing(agent):
        with pytest.raises(LinkError, match="taken"):
            Link(name)
        agent.feed(10.0, obeyed=False)
        assert list(dog.received()) == [], "a gate that is not obeyed does not feed"
        agent.feed(10.0, obeyed=True)
        agent.feed(10.1, obeyed=True)
        [(raw, sender)] = dog.received()
        assert decode_feed(raw).at == 10.0
        assert agent.holds(10.2)
        for nonsense in (b"", b"x" * 100, encode_answer(Answer(7, Notes(0)))):
            dog.send(nonsense, sender)
        assert agent.holds(10.2)
        assert agent.bad == 2
        dog.send(encode_answer(Answer(1, Notes(0))), sender)
        assert not agent.holds(10.2)
        assert agent.conditions(10.2) == []


def test_only_the_watchdogs_own_name_is_believed(tmp_path: Path) -> None:
    name = name_of(tmp_path)
    agent = AgentWatchdog(Notifier({}), Feeding(b"boot-one", 3.0), name)
    with closing(Link(name)) as dog, closing(Link()) as other, closing(agent):
        agent.feed(10.0, obeyed=True)
        [(_, sender)] = dog.received()
        other.send(encode_answer(Answer(1, Notes(0))), sender)
        assert agent.holds(10.1)


def test_a_flood_is_taken_in_turns_and_a_peer_that_is_gone_is_no_error(tmp_path: Path) -> None:
    name = name_of(tmp_path)
    with closing(Link()) as agent:
        agent.send(b"nobody there", name)
        with closing(Link(name)) as dog:
            for _ in range(BATCH * 20):
                agent.send(b"x", name)
            assert 0 < len(list(dog.received())) <= BATCH


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can speak as somebody else")
def test_other_users_are_not_listened_to(tmp_path: Path) -> None:
    name = name_of(tmp_path)
    code = (
        "import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);"
        "s.bind(b''); s.sendto(b'feed', bytes.fromhex(sys.argv[1]))"
    )
    with closing(Link(name)) as dog:
        subprocess.run([sys.executable, "-c", code, name.hex()], check=True)
        assert list(dog.received()) == []
        assert dog.strangers == 1


def test_systemd_hears_that_it_is_ready_alive_in_time_and_ending(systemd: socket.socket) -> None:
    notifier = Notifier(environ(systemd, 3.0))
    notifier.ready()
    for now in (10.0, 10.5, 10.9, 11.0):
        notifier.alive(now)
    notifier.stopping()
    notifier.close()
    said = [systemd.recv(100) for _ in range(4)]
    assert said == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


@pytest.mark.parametrize(
    "given",
    [{}, {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}],
)
def test_without_systemds_word_nothing_is_said(systemd: socket.socket, given: dict[str, str]) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": systemd.getsockname(), **given})
    notifier.alive(10.0)
    notifier.stopping()
    notifier.close()
    assert systemd.recv(100) == b"STOPPING=1"


def test_the_timer_is_petted_and_disarmed(tmp_path: Path) -> None:
    board = tmp_path / "watchdog"
    board.touch()
    timer = HardwareTimer(board)
    for now in (10.0, 10.5, 11.0):
        timer.pet(now)
    assert board.read_bytes() == b"\0\0"
    timer.disarm()
    assert board.read_bytes() == b"\0\0V"
    with pytest.raises(LinkError, match="hardware timer"):
        HardwareTimer(tmp_path / "absent")


def test_a_timer_that_refuses_is_an_error() -> None:
    timer = HardwareTimer(Path("/dev/full"))
    with pytest.raises(LinkError, match="No space"):
        timer.pet(10.0)
    with pytest.raises(LinkError):
        timer.disarm()


def configured(tmp_path: Path, timer: Path, more: str = "") -> Path:
    text = EXAMPLE.read_text().replace('"/var/lib/sotdae/gate"', f'"{tmp_path}"')
    text = text.replace('# timer = "/dev/watchdog"', f'timer = "{timer}"').replace(
        "port = 502", f"port = 1{more}"
    )
    file = tmp_path / "gate.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize("orderly", [True, False])
def test_the_process_pets_systemd_and_board_until_it_ends(
    systemd: socket.socket, orderly: bool, tmp_path: Path
) -> None:
    board = tmp_path / "watchdog"
    board.touch()
    file = configured(tmp_path, board)
    env = {**os.environ, **environ(systemd, 0.3)}
    with subprocess.Popen([*RUN, str(file)], env=env, stderr=subprocess.DEVNULL) as process:
        try:
            assert [systemd.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            again = subprocess.run([*RUN, str(file)], check=False, capture_output=True, text=True)
            assert again.returncode == 1
            assert "taken" in again.stderr
        finally:
            process.terminate() if orderly else process.kill()
    assert process.returncode == (0 if orderly else -9)
    assert board.read_bytes().strip(b"\0") == (b"V" if orderly else b"")
    assert board.read_bytes().startswith(b"\0")


def test_a_file_that_must_be_mended_is_refused(tmp_path: Path) -> None:
    file = configured(tmp_path, tmp_path, '\nserial = "/dev/ttyS0"')
    done = subprocess.run([*RUN, str(file)], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "one master" in done.stderr


def test_it_needs_neither_the_agents_network_nor_its_keys_nor_its_database() -> None:
    code = (
        "import json, sys; sys.argv = ['sotdae', 'gate', 'watchdog', '--help']\n"
        "from sotdae_provisioning.__main__ import main\n"
        "try: main()\nexcept SystemExit: print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert {"pymodbus", "sotdae_edge"} <= loaded
    assert not loaded & {"aiomqtt", "paho", "cryptography", "sqlite3", "numpy", "av", "sotdae_hub"}
