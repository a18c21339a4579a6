"""Right answers to every question, and every mistake made on purpose, from posterior draws.

As students compute them: with `qfc_helpers.draws`, NumPy and xarray, never from the exact
posterior's own numbers.
"""

from dataclasses import dataclass
from typing import Any

import bambi as bmb
import numpy as np
import pandas as pd
import xarray as xr

from qfc_helpers import draws as verbs
from qfc_helpers.data import load_radon, load_scorpions

SMALL, LARGE = "LACQUIPARLE", "HENNEPIN"
SCORPIONS, RADON = load_scorpions(), load_radon()


def lecture_model(mu_alpha=(50, 15), sd_alpha=None, **options):
    sd_alpha = sd_alpha or bmb.Prior("HalfNormal", sigma=100)
    priors = {
        "Intercept": bmb.Prior("Normal", mu=mu_alpha[0], sigma=mu_alpha[1]),
        "length": bmb.Prior("Normal", mu=0, sigma=10),
        "1|population": bmb.Prior("Normal", mu=0, sigma=sd_alpha),
        "sigma": bmb.Prior("HalfNormal", sigma=25),
    }
    options = {"center_predictors": False} | options
    return bmb.Model("weight ~ 1 + length + (1|population)", SCORPIONS, priors=priors, **options)


def radon_model(formula="log_radon ~ 1 + floor + (1|county)"):
    return bmb.Model(formula, RADON)


#: Which model each question is about.
MODELS = {
    "lecture": lecture_model,
    "wide": lambda: lecture_model((0, 100)),
    "own": lambda: lecture_model((30, 40), bmb.Prior("HalfStudentT", nu=3, sigma=30)),
    "radon": radon_model,
    "uranium": lambda: radon_model("log_radon ~ 1 + floor + log_uranium + (1|county)"),
}
SAMPLED = ("chain", "draw")


def mean(array):
    return float(array.mean(SAMPLED))


def interval(array, prob=0.95):
    return np.quantile(array, [(1 - prob) / 2, (1 + prob) / 2])


def alphas(draws):
    return verbs.group_intercepts(draws)


def resampled(draws, seed):
    """What Bambi's sample_new_groups does: an old group in each draw, one pick for all chains."""
    alpha = alphas(draws)
    picks = np.random.default_rng(seed).integers(
        alpha.sizes[alpha.dims[-1]], size=alpha.sizes["draw"]
    )
    return alpha.isel({alpha.dims[-1]: xr.DataArray(picks, dims="draw")})


def new_scorpion(draws, model, seed, kind="response"):
    row = pd.DataFrame({"population": ["4"], "length": [10.0]})
    return verbs.predict_new_group(draws, model, row, kind, random_seed=seed)


def new_response(draws, seed):
    """A new group's response where the predictors are zero."""
    alpha = verbs.new_group(draws, random_seed=seed).squeeze(drop=True)
    noise = np.random.default_rng(seed).normal(size=alpha.shape)
    return alpha + draws.posterior["sigma"] * noise


def hdi(array):
    values = np.sort(np.ravel(array))
    width = int(np.floor(0.95 * values.size))
    start = np.argmin(values[width:] - values[:-width])
    return values[[start, start + width]]


def centered(array, draws):
    """The intercept of centered predictors."""
    return array + draws.posterior["length"] * SCORPIONS["length"].mean()


#: The model that each question is about, by its name in MODELS.
MODEL_OF = {
    "slide-alpha-1": "lecture",
    "wide-alpha-1": "wide",
    "own-sd-alpha-interval": "own",
    "radon-new-county": "radon",
    "radon-partial": "radon",
    "radon-pooling-factor": "radon",
    "radon-probability": "radon",
    "radon-uranium": "uranium",
}


def model_of(question):
    return MODEL_OF.get(question, "lecture")


@dataclass(frozen=True)
class Given:
    """What a student hands over: the question, the answer, and what it shows if it is wrong.

    ``draws`` are the quantity's own, where these are not among the model's.
    """

    question: str
    value: Any
    misconception: str | None = None
    draws: xr.DataArray | None = None


def right_answers(draws, model, seed):
    """A right answer to each question that depends on draws."""
    lecture, own, radon = draws["lecture"], draws["own"], draws["radon"]
    new = verbs.new_group(lecture, random_seed=seed)
    gap = verbs.difference(lecture, "2", "3")
    pull = verbs.pooling_factor(radon, RADON).sel(county=SMALL)
    return [
        Given("slide-alpha-1", mean(alphas(lecture).sel(population="1"))),
        Given("wide-alpha-1", mean(alphas(draws["wide"]).sel(population="1"))),
        Given("own-sd-alpha-interval", interval(own.posterior["1|population_sigma"])),
        Given("alpha-means", alphas(lecture).mean(SAMPLED)),
        Given("derived-difference", gap),
        Given("derived-probability", verbs.prob_greater(lecture, "2", "3")),
        Given("derived-interval", interval(gap)),
        Given("variance-share", mean(verbs.icc(lecture))),
        Given("mu-alpha", mean(lecture.posterior["Intercept"])),
        Given("new-population", new),
        Given("new-population-interval", interval(new), draws=new),
        Given("new-scorpion", new_scorpion(lecture, model["lecture"], seed)),
        Given("radon-new-county", verbs.new_group(radon, random_seed=seed)),
        Given("radon-partial", mean(alphas(radon).sel(county=SMALL))),
        Given("radon-pooling-factor", mean(pull)),
        Given("radon-probability", verbs.prob_greater(radon, SMALL, LARGE)),
        Given("radon-uranium", mean(draws["uranium"].posterior["1|county_sigma"])),
    ]


def mistakes(draws, model, seed):
    """Each mistake on purpose, as students make it."""
    return [
        *_scorpion_mistakes(draws["lecture"], model["lecture"], seed),
        *_prior_mistakes(draws["wide"], draws["own"]),
        *_radon_mistakes(draws["radon"], draws["uranium"], seed),
    ]


def _scorpion_mistakes(draws, model, seed):
    alpha, mu = alphas(draws), draws.posterior["Intercept"]
    offset = alpha - mu
    first = {"population": "1"}
    gap, back = verbs.difference(draws, "2", "3"), verbs.difference(draws, "3", "2")
    shuffled = alpha.sel(population="3").isel(draw=slice(None, None, -1)).to_numpy()
    new, old = verbs.new_group(draws, random_seed=seed), resampled(draws, seed)
    response = new_response(draws, seed)
    among, within = (draws.posterior[name] for name in ("1|population_sigma", "sigma"))
    levels = [(gap, "derived-interval", None), (new, "new-population-interval", new)]
    slope, noise, mean_only = draws.posterior["length"], response - new, "alpha-for-response"
    noise = noise.squeeze(drop=True)
    plug_in = mean(among) ** 2 / (mean(among) ** 2 + mean(within) ** 2)
    return [
        Given("slide-alpha-1", mean(offset.sel(first)), "offset-for-alpha"),
        Given("slide-alpha-1", mean(centered(alpha.sel(first), draws)), "centered-intercept"),
        Given("alpha-means", offset.mean(SAMPLED), "offset-for-alpha"),
        Given("alpha-means", centered(alpha, draws).mean(SAMPLED), "centered-intercept"),
        Given("mu-alpha", mean(centered(mu, draws)), "centered-intercept"),
        Given("derived-difference", back, "sign-reversed"),
        Given("derived-difference", alpha.sel(population="2") - shuffled, "unpaired-draws"),
        Given("derived-probability", verbs.prob_greater(draws, "3", "2"), "sign-reversed"),
        Given("derived-interval", interval(back), "sign-reversed"),
        Given("variance-share", mean(among / (among + within)), "sd-for-variance"),
        Given("variance-share", mean(1 - verbs.icc(draws)), "complement"),
        Given("new-population", mu, "mu-alpha-for-new-group"),
        Given("new-population", old, "resampled-groups"),
        Given("new-population", response, "response-for-alpha"),
        Given("new-population-interval", interval(mu), "mu-alpha-for-new-group", mu),
        Given("new-population-interval", interval(old), "resampled-groups", old),
        Given("new-scorpion", new_scorpion(draws, model, seed, "response_params"), mean_only),
        Given("new-scorpion", old + 10 * slope + noise, "resampled-groups"),
        Given("new-scorpion", mu + 10 * slope, "mu-alpha-for-new-group"),
        Given("derived-difference", verbs.difference(draws, "2", "1"), "other-groups"),
        Given("derived-probability", verbs.prob_greater(draws, "2", "1"), "other-groups"),
        Given("variance-share", plug_in, "plug-in"),
        *(
            Given(question, interval(array, prob), "interval-level", own)
            for prob in (0.89, 0.94)
            for array, question, own in levels
        ),
    ]


def _prior_mistakes(wide, own):
    sd, offset = own.posterior["1|population_sigma"], alphas(wide) - wide.posterior["Intercept"]
    return [
        Given("wide-alpha-1", mean(offset.sel(population="1")), "offset-for-alpha"),
        Given("own-sd-alpha-interval", interval(sd**2), "sd-for-variance"),
        Given("own-sd-alpha-interval", interval(sd, 0.89), "interval-level"),
        Given("own-sd-alpha-interval", interval(sd, 0.94), "interval-level"),
        Given("own-sd-alpha-interval", hdi(sd), "unequal-tails"),
    ]


def _radon_mistakes(radon, uranium, seed):
    mu, alpha = radon.posterior["Intercept"], alphas(radon).sel(county=SMALL)
    pull = verbs.pooling_factor(radon, RADON).sel(county=SMALL)
    among, within = (radon.posterior[name] for name in ("1|county_sigma", "sigma"))
    houses = RADON[RADON["county"] == SMALL]
    own = houses["log_radon"].mean() - houses["floor"].mean() * mean(radon.posterior["floor"])
    of_sds = within / (within + len(houses) * among)
    return [
        Given("radon-new-county", mu, "mu-alpha-for-new-group"),
        Given("radon-new-county", new_response(radon, seed), "response-for-alpha"),
        Given("radon-partial", mean(alpha - mu), "offset-for-alpha"),
        Given("radon-partial", float(own), "no-pooling-for-partial"),
        Given("radon-partial", mean(mu), "mu-alpha-for-alpha"),
        Given("radon-pooling-factor", mean(1 - pull), "complement"),
        Given("radon-pooling-factor", mean(of_sds), "sd-for-variance"),
        Given("radon-probability", verbs.prob_greater(radon, LARGE, SMALL), "sign-reversed"),
        Given("radon-uranium", mean(uranium.posterior["1|county_sigma"] ** 2), "sd-for-variance"),
        Given("radon-uranium", mean(among), "predictor-missing"),
    ]
