"""What the Python contenders share: the data, and the model said once as a Bambi formula."""

import json
import resource
import sys
import time
from pathlib import Path

import pandas as pd


def load(path: str) -> tuple[pd.DataFrame, dict]:
    """Data and the description of the model, written by the harness."""
    folder = Path(path)
    frame = pd.read_csv(folder / "data.csv", dtype={"g": "str"})
    return frame, json.loads((folder / "model.json").read_text())


FORMULA = "y ~ 1 + x + (1|g)"


def bambi_priors(scales: dict) -> dict:
    """Every contender's priors, as Bambi takes them."""
    import bambi as bmb

    sd_alpha = bmb.Prior("HalfNormal", sigma=scales["sd_alpha"])
    return {
        "Intercept": bmb.Prior("Normal", mu=scales["mean"], sigma=scales["intercept"]),
        "x": bmb.Prior("Normal", mu=0, sigma=scales["slope"]),
        "1|g": bmb.Prior("Normal", mu=0, sigma=sd_alpha),
        "sigma": bmb.Prior("HalfNormal", sigma=scales["sd_obs"]),
    }


def bambi_model(frame: pd.DataFrame, scales: dict):
    """Every contender's model."""
    import bambi as bmb

    return bmb.Model(FORMULA, frame, priors=bambi_priors(scales), center_predictors=False)


def report(start: float, draws) -> None:
    """Print the fit's seconds and the smallest effective sample size as JSON."""
    import arviz as az

    seconds = time.perf_counter() - start
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    ess = az.ess(draws["posterior"].to_dataset())
    smallest = min(float(value.min()) for value in ess.data_vars.values())
    means = {name: float(draws["posterior"][name].mean()) for name in ("x", "sigma", "1|g_sigma")}
    print(
        json.dumps(
            {"fit_seconds": seconds, "min_ess": smallest, "gigabytes": gigabytes, "means": means}
        )
    )


def folder() -> str:
    """Where the harness put the data."""
    return sys.argv[1]
