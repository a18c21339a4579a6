"""qfc_helpers.exact: the posterior by quadrature, then 4,000 independent draws.

Bambi's model object holds a table of rows by groups. From 10,000 groups on the formula is read
without it, and the draws are of the hyperparameters and coefficients only.
"""

import time

import common
import pytensor  # noqa: F401 (loaded here so that the fit alone is timed below)
import xarray as xr

from qfc_helpers.exact import ExactPosterior

xr.Dataset({"first": ("x", [1.0])})  # loads dask, where grading has brought it
frame, scales = common.load(common.folder())
large = frame["g"].nunique() >= 10_000
if large:
    priors = common.bambi_priors(scales)
    start = time.perf_counter()
    posterior = ExactPosterior.from_formula(
        common.FORMULA, frame, priors=priors, center_predictors=False
    )
else:
    model = common.bambi_model(frame, scales)
    start = time.perf_counter()
    posterior = ExactPosterior.from_model(model)
draws = posterior.sample(draws=1000, chains=4, random_seed=1, group_effects=not large)
common.report(start, draws)
