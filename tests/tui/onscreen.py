"""Looks at a lab as a user would: lets it draw, and reads what stands on the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from zhtui.tui.app import LabApp

Make = Callable[..., LabApp]


async def tick(pilot: Pilot[int], times: int = 3) -> None:
    """Lets the watcher look, and the app draw what it saw."""
    app = pilot.app
    assert isinstance(app, LabApp)
    for _ in range(times):
        app.session.watch.look()
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()


def shown(pilot: Pilot[int]) -> str:
    """What stands on the screen, as text."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines)


def to(screen: str) -> Callable[[Pilot[int]], Awaitable[None]]:
    """What is pressed for a picture of "home", its third lesson chosen, or of that "lesson"."""

    async def before(pilot: Pilot[int]) -> None:
        await tick(pilot)
        await pilot.press("down", "down", *(["enter"] if screen == "lesson" else []))
        await tick(pilot, 6)

    return before
