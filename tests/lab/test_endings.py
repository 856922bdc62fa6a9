"""How a command ends: at ctrl+c, at a closed pipe, in a folder that is gone, without a stream."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ZHTUI = [sys.executable, "-P", "-m", "zhtui"]
# Ctrl+c at the moment in which a module is looked for.
INTERRUPTED = """
import signal, sys
from zhtui.__main__ import main

class Late:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Late())
main()
"""
# The working directory is deleted before the command begins.
GONE = """
import pathlib
pathlib.Path.cwd().rmdir()
from zhtui.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("module", "words"),
    [("zhtui.cli.app", ["lessons"]), ("typer", ["lessons"]), ("textual", []), ("zhtui.say", [])],
)
def test_ctrl_c_while_a_command_is_loaded(module: str, words: list[str]) -> None:
    command = [sys.executable, "-P", "-c", INTERRUPTED.format(module=module), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("words", [["lessons"], ["--help"], ["keys"], ["play", "--x", "random"]])
def test_a_closed_pipe_ends_a_command_quietly(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*ZHTUI, *words], stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("words", "closed", "code"),
    [("lessons", ">&-", 0), ("run nope", "2>&-", 2), ("play", "<&-", 0), ("", "<&-", 2)],
)
def test_a_command_does_without_a_stream(words: str, closed: str, code: int) -> None:
    shell = f"{sys.executable} -P -m zhtui {words} {closed}"
    done = subprocess.run(
        shell, shell=True, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code
    assert "Error" not in done.stderr


@pytest.mark.parametrize("words", [["--store", "x", "runs"], [], ["doctor"]])
def test_in_a_folder_that_was_deleted(tmp_path: Path, words: list[str]) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    command = [sys.executable, "-P", "-c", GONE, *words]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    said = "zhtui: the folder that you are in was deleted; change to another with `cd`\n"
    assert done.stderr == said
