"""Bambi with one of its samplers ("nutpie" or "pymc"): 4 chains of 1,000 draws."""

import sys
import time

import common

import qfc_helpers  # noqa: F401 (repeatable draws)

frame, priors = common.load(common.folder())
model = common.bambi_model(frame, priors)
start = time.perf_counter()
draws = model.fit(
    inference_method=sys.argv[2],
    draws=1000,
    tune=1000,
    chains=4,
    cores=2,
    random_seed=1,
    progressbar=False,
)
common.report(start, draws)
