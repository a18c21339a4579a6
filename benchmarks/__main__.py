"""Run all benchmarks: a table on the screen, the numbers as JSON in build/benchmarks.json."""

import json
import platform
from pathlib import Path

from benchmarks import grading, import_time, posterior

BENCHMARKS = {"import_time": import_time, "posterior": posterior, "grading": grading}


def main() -> None:
    results = {}
    for name, module in BENCHMARKS.items():
        results[name] = module.run()
        print(module.report(results[name]), end="\n\n", flush=True)
    target = Path("build") / "benchmarks.json"
    target.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.system()}
    target.write_text(json.dumps({"machine": machine, **results}, indent=1) + "\n")
    print(f"written to {target}")


if __name__ == "__main__":
    main()
