"""The pictures in README.md: the real screens, drawn from the runs that lie in `checkpoints/`.

make pictures
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from zhtui.runs import store
from zhtui.tui.app import LabApp

TOP = Path(__file__).parents[1]
PICTURES = TOP / "zhtui" / "pictures"
SCENES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "home": (None, ("down", "down")),
    "lesson": ("gpt", ()),
    "micrograd": ("micrograd", ("x", *["right"] * 8)),
    "tokenizer": ("tokenizer", ("x", "g", *"300", "enter")),
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
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()
        await pilot.pause(1.0)
        (PICTURES / f"{name}.svg").write_text(app.export_screenshot(title="zhtui"))


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for scene, (lesson, keys) in SCENES.items():
        asyncio.run(draw(scene, lesson, keys))
