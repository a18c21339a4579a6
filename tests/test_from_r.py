"""The translation table: its Python column runs, and gives R's numbers."""

import json
import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
LME4 = json.loads((ROOT / "tests" / "reference" / "lme4.json").read_text("utf-8"))["scorpions"]


def python_column() -> list[str]:
    rows = re.findall(
        r"^\|(.*?)(?<!\\)\|(.*)\|$", (ROOT / "lectures/from_r.md").read_text("utf-8"), re.M
    )
    code = [re.fullmatch(r"`(.*)`( [①-⑤]| \(.*\))?", python.strip()) for _, python in rows[2:]]
    assert all(code), "a Python cell is not one line of code"
    return [match[1].replace("\\|", "|") for match in code]


@pytest.fixture(scope="module")
def namespace():
    """Run the column line by line; keep what each expression returned."""
    names: dict = {}
    values = {}
    for line in python_column():
        try:
            values[line] = eval(line, names)
        except SyntaxError:
            exec(line, names)
    return names | {"values": values}


def test_the_table_has_every_call_of_the_lecture():
    text = (ROOT / "lectures" / "from_r.md").read_text("utf-8")
    calls = ["lm(", "lmer(", "AIC(", "predict(", "geom_point(", "geom_line(", "theme_qfc()"]
    calls += ["cmdstan_model(", "mod$sample(", "cmdstan_diagnose()", "summary(", "coef("]
    calls += [
        "fixef(",
        "fit$draws(",
        "mcmc_hist(",
        "geom_vline(",
        "factor(",
        "data.frame(",
        "list(",
    ]
    calls += ["color_scheme_set(", 'par = "mu_alpha"', "inits <- function()", "library(bayesplot)"]
    calls += ["iter_warmup", "step_size", "init = inits", "refresh", "parallel_chains"]
    calls += ["library(tidyverse)", "library(ggqfc)", "library(lme4)", "library(cmdstanr)"]
    assert [call for call in calls if call not in text] == []


def test_it_gives_rs_numbers(namespace):
    values = namespace["values"]
    for name, key in [
        ("no", "no_pooling"),
        ("complete", "complete_pooling"),
        ("partial", "partial_reml"),
    ]:
        assert values[f"aic(fit_{name})"].value == pytest.approx(LME4[key]["AIC"], rel=1e-4)
    np.testing.assert_allclose(
        values["group_intercepts(fit_partial)"],
        LME4["partial_reml"]["coef_intercepts"],
        rtol=1e-4,
    )
    slope = values['fixed_effects(fit_partial).loc["length", "estimate"]']
    assert slope == pytest.approx(LME4["partial_reml"]["fixef"]["length"], rel=1e-4)


def test_its_predictions_lie_on_each_populations_line(namespace):
    frame = namespace["my_df"]
    intercepts = np.array(LME4["partial_reml"]["coef_intercepts"])
    by_hand = (
        intercepts[frame["population"].cat.codes]
        + LME4["partial_reml"]["fixef"]["length"] * frame["length"]
    )
    np.testing.assert_allclose(frame["pred_partial"], by_hand, rtol=1e-4)


def test_its_bayesian_fit_passes_its_own_diagnostics(namespace):
    assert namespace["values"]["diagnose(fit)"].ok
    assert list(namespace["values"]["az.summary(alpha_draws(fit))"].index) == [
        "alpha_j[1]",
        "alpha_j[2]",
        "alpha_j[3]",
    ]
