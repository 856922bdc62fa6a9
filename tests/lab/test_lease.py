"""The lease: one holder, asked of the kernel, gone with its process, not inherited."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from zhtui.errors import BusyError, StoreError
from zhtui.runs import lease

HOLD = """
import sys, time
from pathlib import Path
from zhtui.runs import lease
with lease.hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    """Another process that holds the lease until its standard input is closed."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lease")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert not lease.held(tmp_path / "lease")


def test_held_by_another_process_until_it_is_killed(tmp_path: Path, holder) -> None:
    path = tmp_path / "lease"
    assert lease.held(path)
    with pytest.raises(BusyError, match="stop it first"), lease.hold(path):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert not lease.held(path)
    with lease.hold(path):
        assert lease.held(path)


def test_asking_does_not_take_it(tmp_path: Path, holder) -> None:
    for _ in range(10):
        assert lease.held(tmp_path / "lease")
    holder.stdin.close()
    holder.wait()
    with lease.hold(tmp_path / "lease"):
        pass


def test_a_holder_that_asks_keeps_it(tmp_path: Path) -> None:
    """Opening and closing the file in the holder's own process would drop a record lock."""
    path = tmp_path / "lease"
    with lease.hold(path):
        assert lease.held(path)
        probe = [sys.executable, "-c", f"from zhtui.runs import lease; from pathlib import Path; "
                 f"print(lease.held(Path({str(path)!r})))"]  # fmt: skip
        assert subprocess.check_output(probe) == b"True\n"
    assert not lease.held(path)


def test_a_child_does_not_inherit_it(tmp_path: Path) -> None:
    path = tmp_path / "lease"
    with lease.hold(path), subprocess.Popen(["sleep", "30"]) as child:
        pass_on = child
        lease_taken = lease.held(path)
        child.kill()
    assert lease_taken
    assert pass_on.returncode is not None
    assert not lease.held(path)


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    sentence = "choose another place with --store"
    with pytest.raises(StoreError, match=sentence), lease.hold(tmp_path / "missing" / "lease"):
        pass
