"""Grade a folder of submissions.

    python -m grading SUBMISSIONS [--output grades] [--workers N] [--scheduler ADDRESS]

Run it again after formgrader, and the pages show what the written answers earned. What was executed
before is not executed again, so a run that was stopped goes on where it was.
"""

import argparse
import sys
from pathlib import Path

from .grade import Options, grade
from .limits import MB, Limits
from .sandbox import SandboxError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__.splitlines()[0])
    defaults = Limits()
    parser.add_argument("submissions", type=Path, help="the folder that your system exported")
    parser.add_argument("--output", type=Path, default=Path("grades"), help="where grades go")
    parser.add_argument("--workers", type=int, help="notebooks at a time (default: cores)")
    parser.add_argument("--scheduler", default="", help="address of a Dask scheduler")
    parser.add_argument("--database", help="address of another database than a file in OUTPUT")
    parser.add_argument("--roster", type=Path, help="your system's gradebook, exported as CSV")
    parser.add_argument("--fresh", action="store_true", help="execute again what was executed")
    parser.add_argument(
        "--unsandboxed",
        action="store_true",
        help="run strangers' programs with your own rights; never do this with real submissions",
    )
    parser.add_argument("--cell-seconds", type=float, default=defaults.cell_seconds)
    parser.add_argument("--notebook-seconds", type=float, default=defaults.notebook_seconds)
    parser.add_argument("--cpu-seconds", type=int, default=defaults.cpu_seconds)
    parser.add_argument("--memory", type=int, default=defaults.memory // MB, help="MB")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    given = _parser().parse_args(arguments)
    limits = Limits(
        cell_seconds=given.cell_seconds,
        notebook_seconds=given.notebook_seconds,
        cpu_seconds=given.cpu_seconds,
        memory=given.memory * MB,
    )
    options = Options(
        output=given.output,
        limits=limits,
        sandboxed=not given.unsandboxed,
        workers=given.workers,
        scheduler=given.scheduler,
        database=given.database,
        fresh=given.fresh,
        roster=given.roster,
    )
    try:
        return grade(given.submissions, options)
    except (SandboxError, ValueError, RuntimeError) as error:
        print(f"Not graded: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
