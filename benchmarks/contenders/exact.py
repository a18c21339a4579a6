"""qfc_helpers.exact: the posterior by quadrature, then 4,000 independent draws."""

import time

import common
import pytensor  # noqa: F401 (loaded here so that the fit alone is timed below)

from qfc_helpers.exact import ExactPosterior

frame, priors = common.load(common.folder())
model = common.bambi_model(frame, priors)
start = time.perf_counter()
draws = ExactPosterior.from_model(model).sample(draws=1000, chains=4, random_seed=1)
common.report(start, draws)
