"""The pictures in README.md: the real screens, drawn from the runs that lie in `checkpoints/`.

make pictures, or: python tests/pictures.py NAME …
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from zhtui.runs import store
from zhtui.tui.app import LabApp

TOP = Path(__file__).parents[1]
PICTURES = TOP / "zhtui" / "pictures"
WAIT = "wait"  # for the engine
SCENES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "home": (None, ("down", "down")),
    "lesson": ("gpt", ()),
    "micrograd": ("micrograd", ("x", *["right"] * 8)),
    "tokenizer": ("tokenizer", ("x", "g", *"300", "enter")),
    "explore": ("attention", ("i", WAIT, "2", WAIT, *["full_stop"] * 7, WAIT)),
    "arena": ("arena", ("x", "7", WAIT)),
}


async def draw(name: str, lesson: str | None, keys: tuple[str, ...]) -> None:
    """One screen at 120x40, after some keys."""
    runs = store.runs(TOP / "checkpoints", lesson) if lesson else []
    app = LabApp(
        TOP / "checkpoints",
        lesson,
        runs[0].name if runs else None,
        clock=lambda: 1_795_000_000.0,
        device=lambda: "cpu · 2 cores",
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(2.0)  # the watcher looks by itself
        for key in keys:
            if key == WAIT:
                await asyncio.sleep(6)
                continue
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()
        await pilot.pause(1.0)
        (PICTURES / f"{name}.svg").write_text(app.export_screenshot(title="zhtui"))


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for scene, (lesson, keys) in SCENES.items():
        if scene in (sys.argv[1:] or SCENES):
            asyncio.run(draw(scene, lesson, keys))
