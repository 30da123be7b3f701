"""A demo that somebody stops: in words, with nothing left running."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil


def test_ctrl_c_ends_a_story_without_a_traceback(tmp_path: Path) -> None:
    where = tmp_path / "run"
    command = [sys.executable, "-m", "sotdae_provisioning", "demo", "--scenario", "homes", "--no-camera"]
    demo = subprocess.Popen(
        [*command, "--dir", str(where)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert demo.stdout is not None
    for line in demo.stdout:
        if "open: arm proven open" in line:
            break
    children = psutil.Process(demo.pid).children(recursive=True)
    demo.send_signal(signal.SIGINT)
    _, complaint = demo.communicate(timeout=60)
    assert (demo.returncode, "stopped before its end" in complaint) == (130, True), complaint
    assert "Traceback" not in complaint
    assert children
    gone, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
    assert len(gone) == len(children)
