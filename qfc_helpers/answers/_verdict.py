"""What is said about an answer."""

import html
from dataclasses import dataclass

from ._misconceptions import MISCONCEPTIONS, Misconception

__all__ = ["OPEN", "RIGHT", "UNREADABLE", "UNRELIABLE", "WRONG", "Verdict"]

RIGHT, WRONG, OPEN = "right", "wrong", "open"
#: Too few draws or poor convergence: nothing can be said yet.
UNRELIABLE = "unreliable"
#: Not an answer to this question at all.
UNREADABLE = "unreadable"

_MARKS = {RIGHT: "✓", WRONG: "✗", OPEN: "○", UNRELIABLE: "?", UNREADABLE: "!"}
_WORDS = {
    RIGHT: "right",
    WRONG: "not right yet",
    OPEN: "still open",
    UNRELIABLE: "cannot be judged yet",
    UNREADABLE: "cannot be read",
}
_COLORS = {RIGHT: "#14532D", WRONG: "#8A2C0D"}


@dataclass(frozen=True)
class Verdict:
    """The verdict on one answer. It never tells the right value.

    Attributes
    ----------
    question : str
        The question's id.
    status : str
        "right", "wrong", "unreliable", "unreadable" or "open". Only "right" earns the points.
    message : str
        The reason, in a sentence or two.
    misconception : str or None
        The id of the misconception that the answer shows.
    notes : tuple of str
        What else is worth saying, such as divergences beside a right answer.
    """

    question: str
    status: str
    message: str
    misconception: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def hint(self) -> Misconception | None:
        """The misconception's text: its hint, and where the lecture speaks of it."""
        return None if self.misconception is None else MISCONCEPTIONS[self.misconception]

    def __str__(self) -> str:
        lines = [f"{_MARKS[self.status]} {self.question}: {_WORDS[self.status]}. {self.message}"]
        if self.hint is not None:
            lines.append(f"  Hint: {self.hint.hint}")
            lines.append(f"  See {self.hint.pointer.text}.")
        lines += [f"  Note: {note}" for note in self.notes]
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        color = _COLORS.get(self.status, "#5B4300")
        parts = [
            f"<strong>{_MARKS[self.status]} {html.escape(self.question)}: "
            f"{_WORDS[self.status]}.</strong> {html.escape(self.message)}"
        ]
        if self.hint is not None:
            pointer = self.hint.pointer
            parts.append(
                f"<br><em>Hint:</em> {html.escape(self.hint.hint)} See "
                f'<a href="{html.escape(pointer.link)}">{html.escape(pointer.text)}</a>.'
            )
        parts += [f"<br><em>Note:</em> {html.escape(note)}" for note in self.notes]
        return (
            f'<div style="border-left: 4px solid {color}; padding: 4px 12px; color: black; '
            f'background: #F7F7F7">{"".join(parts)}</div>'
        )
