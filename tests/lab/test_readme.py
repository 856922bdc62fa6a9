"""What README.md promises: every command runs, its lesson is whole, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")
PAGES = [TOP / name for name in ("README.md", "zhtui/README.md", "lessons/README.md")]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    """Every line of every shell block."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


def shell(line: str, place: Path, **more: str) -> subprocess.CompletedProcess[str]:
    line = re.sub(r"^zhtui", f"{sys.executable} -P -m zhtui", line)
    how = {"cwd": place, "env": {**os.environ, **more}, "timeout": 600}
    return subprocess.run(line, shell=True, capture_output=True, text=True, check=False, **how)


def quicker(line: str) -> str:
    """The same command with the preset that takes a second, where it would train for a minute."""
    if line.startswith("zhtui run ") and "--preset" not in line:
        return f"{line} --preset tiny"
    return line


def write_lesson(place: Path) -> None:
    """The lesson of one's own, from the page itself."""
    for block in blocks("python"):
        name, _, text = block.partition("\n")
        path = place / name.removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run_all(place: Path, change=quicker) -> list[str]:
    """Runs the page's commands in order, as one shell would; returns what was run."""
    write_lesson(place)
    env: dict[str, str] = {"ZHTUI_STORE": str(place / "runs")}
    done = []
    for line in commands():
        if line.startswith("export "):
            key, _, value = line.removeprefix("export ").partition("=")
            env[key] = value
        elif line.startswith("zhtui"):
            result = shell(change(line), place, **env)
            assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
            done.append(line)
    return done


@pytest.mark.timeout(900)
def test_every_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`verify bigram` needs the classic names; without them it says so and skips."""
    if os.environ.get("ZHTUI_DATA"):
        monkeypatch.delenv("ZHTUI_DATA")  # the page's first reader has no data set on disk
    done = run_all(tmp_path)
    assert len(done) == len([line for line in commands() if line.startswith("zhtui")])


@pytest.mark.slow
def test_every_command_runs_as_it_stands(tmp_path: Path) -> None:
    run_all(tmp_path, change=lambda line: line)


def test_make_knows_the_two_commands() -> None:
    makes = [shlex.split(line)[1] for line in commands() if line.startswith("make ")]
    assert makes[:2] == ["lab", "test"]
    for target in makes:
        done = subprocess.run(["make", "-n", target], cwd=TOP, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    known = {line.split()[0] for line in commands()}
    assert known == {"make", "zhtui", "export"}


def test_the_lesson_of_ones_own_is_short() -> None:
    lines = [line for block in blocks("python") for line in block.splitlines()[1:] if line.strip()]
    assert len(lines) <= 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_table_names_every_command() -> None:
    table = README[README.index("## The command line") :]
    help_text = subprocess.check_output([sys.executable, "-m", "zhtui", "--help"], text=True)
    listed = re.findall(r"^  ([a-z]+) ", help_text[help_text.index("Commands:") :], re.MULTILINE)
    for name in listed:
        assert f"`zhtui {name}" in table, name
