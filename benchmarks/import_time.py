"""How long a fresh Python takes to import the package, beside importing all it will need."""

import statistics
import subprocess
import sys
import time

RUNS = 7
CONTENDERS = {
    "python alone": "pass",
    "import qfc_helpers": "import qfc_helpers",
    "all of it, eagerly": "import arviz, bambi, seaborn, statsmodels.formula.api",
}


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def run() -> dict[str, float]:
    """Median seconds of a whole process per contender, taken in turn so that drift hits all."""
    times: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for _ in range(RUNS + 1):
        for name, code in CONTENDERS.items():
            times[name].append(seconds(code))
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def report(result: dict[str, float]) -> str:
    ours = result["import qfc_helpers"]
    lines = [f"Import, median of {RUNS} whole processes:"]
    lines += [f"  {name:20} {value:6.2f} s" for name, value in result.items()]
    lines.append(f"  lazy against eager: {result['all of it, eagerly'] / ours:.0f} times faster")
    return "\n".join(lines)
