"""From process start to posterior: the exact one beside NUTS in Python and in R.

Every contender is a process of its own, fits y ~ 1 + x + (1|g) to the same file with the same
priors (rstanarm's on sd_alpha excepted, see its file; lme4 has none) and prints JSON. Contenders
take turns, so that a drift of the machine's speed hits all of them.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent / "contenders"
RUNS = 3
TIME_LIMIT_SECONDS = 180
# Script and further arguments of each.
CONTENDERS = {
    "exact": ("exact.py",),
    "Bambi, nutpie": ("nuts.py", "nutpie"),
    "Bambi, PyMC": ("nuts.py", "pymc"),
    "lme4": ("lme4.R",),
    "rstanarm": ("rstanarm.R",),
    "brms": ("brms.R",),
}
# formulae's table of rows by groups, of which Bambi's model makes copies; larger ones are skipped.
LARGEST_TABLE_GIGABYTES = 2
PACKAGES = {"lme4.R": "lme4", "rstanarm.R": "rstanarm", "brms.R": "brms"}


def data_sets() -> dict[str, tuple[pd.DataFrame, dict]]:
    """Name, data (columns y, x, g) and prior scales of each data set."""
    from qfc_helpers.data import load_radon, load_scorpions

    scorpions = load_scorpions().rename(columns={"weight": "y", "length": "x", "population": "g"})
    radon = load_radon().rename(columns={"log_radon": "y", "floor": "x", "county": "g"})
    sets = {
        "scorpions": (
            scorpions[["y", "x", "g"]],
            {"mean": 50, "intercept": 15, "slope": 10, "sd_alpha": 100, "sd_obs": 25},
        ),
        "radon": (
            radon[["y", "x", "g"]],
            {"mean": 0, "intercept": 10, "slope": 10, "sd_alpha": 1, "sd_obs": 1},
        ),
    }
    for groups in (10**2, 10**3, 10**4, 10**5):
        priors = {"mean": 0, "intercept": 10, "slope": 10, "sd_alpha": 1, "sd_obs": 1}
        sets[f"{groups} groups, {10 * groups} rows"] = (simulate(groups, 10), priors)
    return sets


def simulate(groups: int, rows_per_group: int) -> pd.DataFrame:
    """Draw a data set from the model: mu_alpha 1, sd_alpha 0.5, slope -0.5, sd_obs 1."""
    rng = np.random.default_rng(891)
    labels = np.repeat(np.arange(groups), rows_per_group)
    x = rng.normal(size=len(labels))
    alpha = rng.normal(1, 0.5, size=groups)
    y = alpha[labels] - 0.5 * x + rng.normal(size=len(labels))
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{label:06d}" for label in labels]})


def command(contender: tuple[str, ...], folder: str) -> list[str] | str:
    """How to run a contender, or why it cannot be run here."""
    script, *options = contender
    if script.endswith(".py"):
        return [sys.executable, str(HERE / script), folder, *options]
    if not shutil.which("Rscript"):
        return "R is not on this machine"
    found = subprocess.run(
        ["Rscript", "-e", f"quit(status = !requireNamespace('{PACKAGES[script]}', quietly = TRUE))"]
    )
    if found.returncode:
        return f"the R package {PACKAGES[script]} is not installed"
    return ["Rscript", str(HERE / script), folder]


def run_once(arguments: list[str]) -> dict | str:
    """Run one process; its JSON with the wall time, or why there is none."""
    start = time.perf_counter()
    try:
        done = subprocess.run(
            arguments, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, env=os.environ
        )
    except subprocess.TimeoutExpired:
        return f"more than {TIME_LIMIT_SECONDS} s"
    seconds = time.perf_counter() - start
    if done.returncode:
        return f"failed: {(done.stderr.strip().splitlines() or ['no message'])[-1][:100]}"
    return json.loads(done.stdout.strip().splitlines()[-1]) | {"process_seconds": seconds}


def run(only: str | None = None) -> dict:
    """Time all contenders on all data sets; a contender that ran out of time skips larger ones."""
    results: dict[str, dict] = {}
    too_slow: set[str] = set()
    for name, (frame, priors) in data_sets().items():
        if only and only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            frame.to_csv(Path(folder) / "data.csv", index=False)
            (Path(folder) / "model.json").write_text(json.dumps(priors))
            results[name] = time_contenders(folder, too_slow, too_large(frame))
        print(table(name, results[name]), flush=True)
    return results


def too_large(frame: pd.DataFrame) -> dict[str, str]:
    """Contenders that would fill the memory with this data set, and why."""
    gigabytes = 8e-9 * len(frame) * frame["g"].nunique()
    if gigabytes <= LARGEST_TABLE_GIGABYTES:
        return {}
    reason = f"not tried: formulae's dense table of rows by groups would take {gigabytes:,.0f} GB"
    return {name: reason for name in CONTENDERS if name.startswith("Bambi")}


def time_contenders(folder: str, too_slow: set[str], skipped: dict[str, str]) -> dict:
    """Medians over RUNS turns of one data set; one run is enough for what takes minutes."""
    outcome: dict[str, list | str] = dict(skipped)
    for turn in range(RUNS):
        for contender, how in CONTENDERS.items():
            if isinstance(outcome.get(contender), str):
                continue
            if contender in too_slow:
                outcome[contender] = "not tried: too slow on a smaller one"
                continue
            runs = outcome.setdefault(contender, [])
            if turn and runs[0]["process_seconds"] > 30:
                continue
            arguments = command(how, folder)
            result = arguments if isinstance(arguments, str) else run_once(arguments)
            if isinstance(result, str):
                outcome[contender] = result
                if result.startswith("more than"):
                    too_slow.add(contender)
            else:
                runs.append(result)
    return {name: summarize(runs) for name, runs in outcome.items()}


def summarize(runs: list | str) -> dict:
    """Median of each figure."""
    if isinstance(runs, str):
        return {"skipped": runs}
    summary = {
        key: statistics.median(run[key] for run in runs)
        for key in ("process_seconds", "fit_seconds")
    }
    if "min_ess" in runs[0]:
        summary["min_ess_per_second"] = statistics.median(
            run["min_ess"] / run["fit_seconds"] for run in runs
        )
    if "gigabytes" in runs[0]:
        summary["gigabytes"] = max(run["gigabytes"] for run in runs)
    return summary | {"runs": len(runs), "means": runs[0]["means"]}


def table(name: str, contenders: dict) -> str:
    """Lay out one data set's figures."""
    columns = {"process": 10, "fit alone": 11, "min ESS/s": 11, "fit / exact": 13, "memory": 10}
    lines = [name, " " * 17 + "".join(f"{title:>{width}}" for title, width in columns.items())]
    exact = contenders.get("exact", {}).get("fit_seconds", float("nan"))
    for contender, figures in contenders.items():
        if "skipped" in figures:
            lines.append(f"  {contender:15}{figures['skipped']}")
            continue
        ess = figures.get("min_ess_per_second")
        lines.append(
            f"  {contender:15}{figures['process_seconds']:>8.2f} s{figures['fit_seconds']:>9.3f} s"
            f"{f'{ess:,.0f}' if ess else '-':>11}{figures['fit_seconds'] / exact:>13.1f}"
            + (f"{figures['gigabytes']:>7.1f} GB" if "gigabytes" in figures else "")
        )
    return "\n".join(lines)


def report(result: dict) -> str:
    """Say what holds for all tables, which were printed as they came."""
    return f"Medians of up to {RUNS} processes each, on {len(result)} data sets."
