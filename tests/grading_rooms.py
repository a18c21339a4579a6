"""What the tests of grading share: notebooks that start at once, and a way to grade a folder."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIME = "application/vnd.qfc.answer+json"
PRELUDE = f'''
from IPython.display import display
def answer(question, value, **_):
    display({{"{MIME}": {{"version": 1, "question": question, "status": "answered",
        "values": [value], "ess": [], "size": 0, "shares": [], "r_hat": None,
        "divergences": None, "model": None, "message": ""}}}}, raw=True)
'''


def no_sandbox():
    """Say why nothing can be executed here, or return an empty text."""
    from grading.sandbox import SandboxError, protections

    try:
        protections()
    except SandboxError as error:
        return f"not run, there is no sandbox: {error}"
    return ""


def code(source, grade_id=None, **metadata):
    if grade_id:
        metadata["nbgrader"] = {"grade_id": grade_id, "grade": True, "locked": True}
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }


def text(source, grade_id=None):
    metadata = {"nbgrader": {"grade_id": grade_id, "grade": True}} if grade_id else {}
    return {"cell_type": "markdown", "source": source, "metadata": metadata}


def notebook(*cells):
    document = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": list(cells)}
    return json.dumps(document).encode()


def grade(submissions, output, *options, **more):
    command = [sys.executable, "-m", "grading", str(submissions), f"--output={output}", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **more)
