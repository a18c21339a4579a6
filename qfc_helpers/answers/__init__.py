"""Checks of the exercises' answers that understand Monte Carlo error.

`answer` shows the verdict in the notebook and leaves what was answered in the cell's output, as
data; `judge` gives the same verdict from those data alone, without running anything.
"""

from ._answer import answer
from ._judge import judge
from ._misconceptions import MISCONCEPTIONS, Misconception, Pointer
from ._payload import MIME_TYPE, Payload, PayloadError, read_payload
from ._questions import QUESTIONS, Question
from ._verdict import Verdict

__all__ = [
    "MIME_TYPE",
    "MISCONCEPTIONS",
    "QUESTIONS",
    "Misconception",
    "Payload",
    "PayloadError",
    "Pointer",
    "Question",
    "Verdict",
    "answer",
    "judge",
    "read_payload",
]
