"""The judge's process: a line of JSON in, a verdict as a line of JSON out.

    python -m grading.judge

It runs nothing of a student's; it reads data, with the schema and the checks of
`qfc_helpers.answers`.
"""

import json
import sys
from typing import Any

from qfc_helpers.answers import PayloadError, judge, read_payload

__all__ = ["verdict_of"]


def verdict_of(text: str) -> dict[str, Any]:
    """Give the verdict on one answer, as stored; a text says why there is none to read.

    Examples
    --------
    >>> verdict_of('{"question": "loo"}')["status"]
    'unreadable'
    """
    try:
        data = json.loads(text)
        if isinstance(data, str):
            raise PayloadError(data)
        verdict = judge(read_payload(data))
    except (PayloadError, ValueError, RecursionError, OverflowError) as error:
        message = f"What the notebook left is no answer: {str(error)[:300]}."
        return {"status": "unreadable", "message": message}
    result = {
        "status": verdict.status,
        "message": verdict.message,
        "misconception": verdict.misconception,
        "notes": list(verdict.notes),
    }
    if verdict.hint is not None:
        pointer = verdict.hint.pointer
        result |= {"hint": verdict.hint.hint, "pointer": pointer.text, "link": pointer.link}
    return result


def main() -> None:
    """Answer line by line, until there are no more."""
    replies = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints is no reply
    for line in sys.stdin:
        try:
            reply = verdict_of(line)
        except Exception as error:
            message = f"The answer could not be judged ({type(error).__name__})."
            reply = {"status": "unreadable", "message": message}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
