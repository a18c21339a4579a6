"""What the Python contenders share: the data, and the model said once as a Bambi formula."""

import json
import sys
import time
from pathlib import Path

import pandas as pd


def load(path: str) -> tuple[pd.DataFrame, dict]:
    """Data and the description of the model, written by the harness."""
    folder = Path(path)
    frame = pd.read_csv(folder / "data.csv", dtype={"g": "str"})
    return frame, json.loads((folder / "model.json").read_text())


def bambi_model(frame: pd.DataFrame, priors: dict):
    """y ~ 1 + x + (1|g), every contender's model."""
    import bambi as bmb

    return bmb.Model(
        "y ~ 1 + x + (1|g)",
        frame,
        priors={
            "Intercept": bmb.Prior("Normal", mu=priors["mean"], sigma=priors["intercept"]),
            "x": bmb.Prior("Normal", mu=0, sigma=priors["slope"]),
            "1|g": bmb.Prior(
                "Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=priors["sd_group"])
            ),
            "sigma": bmb.Prior("HalfNormal", sigma=priors["sd_obs"]),
        },
        center_predictors=False,
    )


def report(start: float, draws) -> None:
    """Print the fit's seconds and the smallest effective sample size as JSON."""
    import arviz as az

    seconds = time.perf_counter() - start
    ess = az.ess(draws["posterior"].to_dataset())
    smallest = min(float(value.min()) for value in ess.data_vars.values())
    means = {name: float(draws["posterior"][name].mean()) for name in ("x", "sigma", "1|g_sigma")}
    print(json.dumps({"fit_seconds": seconds, "min_ess": smallest, "means": means}))


def folder() -> str:
    """Where the harness put the data."""
    return sys.argv[1]
