"""The panel's screen, driven by a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from sotdae_edge.panel.screen.app import PanelApp


@asynccontextmanager
async def at_screen(app: PanelApp, *, notifications: bool = False) -> AsyncIterator[Pilot[None]]:
    """Run the screen on a small terminal, and leave it as its q does.

    A test of Textual's only takes the widgets away: the painting goes on meanwhile, and misses them.
    """
    async with app.run_test(size=(80, 24), notifications=notifications) as pilot:
        try:
            yield pilot
        finally:
            app.exit()
