"""One question at a time at the foot of the screen, answered by keyboard; Escape leaves.

It holds the focus from the first to the last moment: a key typed while one question gives way to the next
is part of the answer, or nothing; it is never an order.
"""

import asyncio

from textual import events
from textual.widgets import Static

MAX_ANSWER = 400
CURSOR = "▏"


class Prompt(Static, can_focus=True):
    """Without height until something is asked."""

    DEFAULT_CSS = """
    Prompt { height: 0; background: #ffffff; color: #000000; text-style: bold; padding: 0 1; }
    Prompt.asking { height: auto; }
    """

    def __init__(self) -> None:
        """Ask nothing yet."""
        super().__init__(id="prompt", markup=False)
        self._answer: asyncio.Future[str | None] | None = None
        self._question, self._typed, self._secret = "", "", False

    @property
    def asking(self) -> bool:
        """Whether a question stands."""
        return self._answer is not None

    async def ask(self, question: str, *, secret: bool = False, value: str = "") -> str | None:
        """Return what is typed; None if somebody leaves."""
        self._question, self._typed, self._secret = question, value, secret
        self._answer = asyncio.get_running_loop().create_future()
        self.add_class("asking")
        self._draw()
        try:
            return await self._answer
        finally:
            self._answer, self._typed = None, ""
            self.remove_class("asking")
            self.update("")

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Take every key while a question stands, so that no letter of an answer is an order."""
        return self.asking

    def on_key(self, event: events.Key) -> None:
        """Edit the answer."""
        if not self.asking:
            return
        event.stop()
        match event.key:
            case "enter":
                self._give(self._typed)
            case "escape":
                self._give(None)
            case "backspace":
                self._edit(self._typed[:-1])
            case "ctrl+u":
                self._edit("")
            case _ if event.is_printable and event.character is not None:
                self._edit(self._typed + event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what is pasted."""
        if self.asking:
            event.stop()
            self._edit(self._typed + event.text.split("\n", 1)[0].strip("\r"))

    def _edit(self, text: str) -> None:
        self._typed = text[:MAX_ANSWER]
        self._draw()

    def _draw(self) -> None:
        seen = "●" * len(self._typed) if self._secret else self._typed
        self.update(f"{self._question}\n> {seen}{CURSOR}")

    def _give(self, text: str | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(text)
