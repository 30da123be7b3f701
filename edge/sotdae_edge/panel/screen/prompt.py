"""One question at a time at the foot of the screen, answered by keyboard; Escape leaves."""

import asyncio
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static


class Prompt(Vertical):
    """Hidden until something is asked."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", priority=True)]
    DEFAULT_CSS = """
    Prompt { dock: bottom; height: auto; display: none; background: white; color: black; padding: 0 1; }
    Prompt.asking { display: block; }
    Prompt Static { text-style: bold; }
    Prompt Input, Prompt Input:focus { border: none; height: 1; padding: 0; background: black; color: white; }
    """

    def __init__(self) -> None:
        """Ask nothing yet."""
        super().__init__()
        self._answer: asyncio.Future[str | None] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the question and its answer."""
        yield Static(id="question", markup=False)
        yield Input(id="answer", select_on_focus=False, disabled=True)

    @property
    def asking(self) -> bool:
        """Whether a question stands."""
        return self._answer is not None

    async def ask(self, question: str, *, secret: bool = False, value: str = "") -> str | None:
        """Return what is typed; None if somebody leaves."""
        answer = self.query_one("#answer", Input)
        self.query_one("#question", Static).update(question)
        answer.password, answer.value = secret, value
        answer.cursor_position = len(value)
        answer.disabled = False
        self.add_class("asking")
        answer.focus()
        self._answer = asyncio.get_running_loop().create_future()
        try:
            return await self._answer
        finally:
            self._answer = None
            answer.value, answer.disabled = "", True
            self.remove_class("asking")
            if self.is_attached:
                self.screen.set_focus(None)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._give(event.value)

    def action_leave(self) -> None:
        """Answer nothing."""
        self._give(None)

    def _give(self, text: str | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(text)
