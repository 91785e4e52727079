"""A modal that is left twice in one breath takes nothing else with it."""

from textual.app import App

from llmwatch.tui.palette import Palette
from llmwatch.tui.screens.choose import Choose


async def test_a_second_dismissal_pops_nothing() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        below = Choose("below", ["a"], "a")
        app.push_screen(below)
        for modal in (Choose("sort", ["a", "b"], "a"), Palette()):
            app.push_screen(modal)
            await pilot.pause()
            modal.dismiss(None)
            modal.dismiss(None)
            await pilot.pause()
            assert app.screen is below
        below.dismiss(None)
        below.dismiss(None)
        await pilot.pause()
        assert len(app.screen_stack) == 1
