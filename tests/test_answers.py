"""Right answers are taken, mistakes are named, and nothing that is handed over breaks the check."""

import json
import re
from pathlib import Path

import arviz as az
import bambi as bmb
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from answer_cases import (
    MODELS,
    RADON,
    SCORPIONS,
    SMALL,
    alphas,
    interval,
    lecture_model,
    mean,
    mistakes,
    model_of,
    right_answers,
)

from qfc_helpers import draws as verbs
from qfc_helpers.answers import (
    MIME_TYPE,
    MISCONCEPTIONS,
    QUESTIONS,
    Payload,
    PayloadError,
    answer,
    judge,
    read_payload,
)
from qfc_helpers.answers._answer import read_answer
from qfc_helpers.answers._specification import specify
from qfc_helpers.exact import ExactPosterior

ROOT = Path(__file__).resolve().parent.parent
# Draws in each of four chains, and how many seeds of each.
SIZES = {250: 40, 1000: 120, 2500: 40}


@pytest.fixture(scope="module")
def models():
    return {name: make() for name, make in MODELS.items()}


@pytest.fixture(scope="module")
def exact(models):
    return {name: ExactPosterior.from_model(model) for name, model in models.items()}


@pytest.fixture(scope="module")
def draws(exact):
    return {name: posterior.sample(1000, 4, 1) for name, posterior in exact.items()}


def verdict(question, value, model=None, draws=None):
    """Judge as a grader does: through JSON."""
    payload = read_answer(QUESTIONS[question], value, model, draws)
    return judge(read_payload(json.loads(json.dumps(payload.to_json()))))


def verdict_on(given, models, draws):
    name = model_of(given.question)
    own = draws[name] if given.draws is None else given.draws
    return verdict(given.question, given.value, models[name], own)


# Right answers


def test_right_answers_are_taken(models, exact):
    """200 seeds, three numbers of draws, independent draws: none of 3,400 answers turned down.

    One in 1,000 is allowed. If more than that were turned down in truth, say one in 500, no
    rejection among 3,400 would have a chance of 0.1 %.
    """
    turned_down, asked = [], 0
    for size, seeds in SIZES.items():
        for seed in range(seeds):
            sampled = {name: p.sample(size, 4, seed) for name, p in exact.items()}
            for given in right_answers(sampled, models, seed):
                found = verdict_on(given, models, sampled)
                asked += 1
                if found.status != "right":
                    turned_down.append((size, seed, str(found)))
    assert asked == 17 * 200
    assert turned_down == []


@pytest.fixture(scope="module")
def nuts(models):
    """One long run of NUTS for each model, to be cut into runs of 4 x 1,000."""
    return {
        name: model.fit(
            inference_method="nutpie",
            draws=8000,
            tune=1000,
            chains=4,
            target_accept=0.95,
            random_seed=891,
            progressbar=False,
        )
        for name, model in models.items()
    }


def test_right_answers_from_nuts_are_taken(models, nuts):
    """Autocorrelated draws: judged right, or said to be too few; never wrong."""
    found = []
    for run in range(8):
        part = slice(1000 * run, 1000 * (run + 1))
        sampled = {name: tree.isel(draw=part) for name, tree in nuts.items()}
        found += [
            verdict_on(given, models, sampled) for given in right_answers(sampled, models, run)
        ]
    assert len(found) == 8 * 17
    assert [str(v) for v in found if v.status not in ("right", "unreliable")] == []
    # Of the four models most are easy for NUTS; three populations are not.
    assert sum(v.status == "right" for v in found) > 0.9 * len(found)


def test_every_question_has_its_right_answer(models, draws):
    asked = {given.question for given in right_answers(draws, models, 1)}
    assert asked | {"aic-ml", "radon-aic", "radon-no-pooling", "loo"} == set(QUESTIONS)


def test_answers_without_chance():
    assert verdict("aic-ml", 94.53).status == "right"
    assert verdict("aic-ml", 85.09).misconception == "reml-aic"
    assert verdict("aic-ml", 92.53).misconception == "sigma-not-counted"
    assert verdict("aic-ml", 90).misconception is None


def test_aic_and_no_pooling_as_students_compute_them():
    import statsmodels.formula.api as smf

    from qfc_helpers.frequentist import aic

    for question, formula, data, group in (
        ("aic-ml", "weight ~ length", SCORPIONS, "population"),
        ("radon-aic", "log_radon ~ floor", RADON, "county"),
    ):
        ml, reml = (
            smf.mixedlm(formula, data, groups=data[group]).fit(reml=reml, method="powell")
            for reml in (False, True)
        )
        assert verdict(question, aic(ml)).status == "right"
        assert verdict(question, round(float(aic(ml).value), 1)).status == "right"
        assert verdict(question, ml).status == "right"
        assert verdict(question, reml).misconception == "reml-aic"
        assert "nan" in verdict(question, reml.aic).message
        assert verdict(question, aic(reml)).misconception == "reml-aic"
        assert verdict(question, aic(ml).value - 2).misconception == "sigma-not-counted"
    fit = smf.ols("log_radon ~ 0 + county + floor", RADON).fit()
    assert verdict("radon-no-pooling", fit.params[f"county[{SMALL}]"]).status == "right"
    assert verdict("radon-no-pooling", fit.params.mean()).misconception is None
    contrasts = smf.ols("log_radon ~ county + floor", RADON).fit().params
    found = verdict("radon-no-pooling", contrasts[f"county[T.{SMALL}]"])
    assert found.misconception == "treatment-contrast"


def test_loo_from_arviz(models, exact):
    sampled = exact["lecture"].sample(1000, 4, 3, log_likelihood=True)
    elpd = az.loo(sampled)
    assert verdict("loo", elpd, models["lecture"], sampled).status == "right"
    assert verdict("loo", float(elpd.elpd), models["lecture"]).status == "right"
    wrong = verdict("loo", -2 * float(elpd.elpd), models["lecture"])
    assert wrong.misconception == "deviance-scale"


@pytest.mark.parametrize("question", ["slide-alpha-1", "mu-alpha", "alpha-means"])
def test_numbers_come_in_many_guises(question, models, draws):
    lecture = draws["lecture"]
    array = {
        "slide-alpha-1": alphas(lecture).sel(population="1"),
        "mu-alpha": lecture.posterior["Intercept"],
        "alpha-means": alphas(lecture),
    }[question]
    means = array.mean(("chain", "draw"))
    guises = [array, means, means.to_numpy(), means.to_numpy().tolist(), array.to_dataset(name="a")]
    for value in guises:
        assert verdict(question, value, models["lecture"], lecture).status == "right", value


def test_draws_come_in_many_guises(models, draws):
    gap = verbs.difference(draws["lecture"], "2", "3")
    tree = xr.DataTree.from_dict({"posterior": gap.to_dataset(name="gap")})
    stacked = gap.stack(sample=("chain", "draw"))  # noqa: PD013 (xarray's)
    guises = {
        "DataArray": gap,
        "transposed": gap.transpose("draw", "chain"),
        "Dataset": gap.to_dataset(name="gap"),
        "DataTree": tree,
        "extracted": az.extract(tree, var_names="gap", combined=True),
        "stacked": stacked,
        "array": gap.to_numpy(),
        "flat": gap.to_numpy().ravel(),
        "with an axis too many": gap.to_numpy()[..., None],
        "Series": pd.Series(gap.to_numpy().ravel()),
        "list": gap.to_numpy().ravel().tolist(),
        "tuple": tuple(gap.to_numpy().ravel()),
        "one chain": gap.isel(chain=[0]),
    }
    for name, value in guises.items():
        found = verdict("derived-difference", value, models["lecture"])
        assert found.status == "right", f"{name}: {found}"
    event = gap > 0
    for value in (event, event.to_numpy(), float(event.mean())):
        found = verdict("derived-probability", value, models["lecture"], draws["lecture"])
        assert found.status == "right", str(found)
    for own in (gap, stacked, gap.to_numpy()):
        found = verdict("derived-interval", interval(gap), models["lecture"], own)
        assert found.status == "right", str(found)
    for ends in (tuple(interval(gap)), az.eti(gap, prob=0.95), pd.Series(interval(gap))):
        found = verdict("derived-interval", ends, models["lecture"], gap)
        assert found.status == "right", str(found)


@pytest.mark.parametrize("decimals", [1, 2, 3])
def test_rounded_intervals_are_right(decimals, models, draws):
    gap = verbs.difference(draws["lecture"], "2", "3")
    ends = interval(gap).round(decimals)
    assert verdict("derived-interval", ends, models["lecture"], gap).status == "right"


def test_an_interval_in_whole_numbers_is_right(models, draws):
    gap = verbs.difference(draws["lecture"], "2", "3")
    ends = interval(gap).round()
    assert verdict("derived-interval", ends, models["lecture"], gap).status == "right"


def test_equivalent_formulas_are_right(draws):
    radon = draws["uranium"].posterior["1|county_sigma"]
    for formula in (
        "log_radon ~ log_uranium + floor + (1|county)",
        "log_radon ~ (1|county) + floor + log_uranium",
    ):
        model = bmb.Model(formula, RADON)
        assert verdict("radon-uranium", mean(radon), model, draws["uranium"]).status == "right"
    numbers = SCORPIONS.assign(population=SCORPIONS["population"].astype(int).astype(float))
    formula = "weight ~ length + (1|population)"
    one = specify(bmb.Model(formula, numbers))
    assert (
        one.digest == specify(bmb.Model("weight ~ 1 + length + (1|population)", SCORPIONS)).digest
    )


def test_rounding_is_no_mistake(models, draws):
    lecture = draws["lecture"]
    rounded = round(verbs.prob_greater(lecture, "2", "3").estimate, 2)
    found = verdict("derived-probability", rounded, models["lecture"], lecture)
    assert found.status == "right"
    ends = interval(verbs.difference(lecture, "2", "3")).round(1)
    assert verdict("derived-interval", ends, models["lecture"], lecture).status == "right"


# Mistakes


@pytest.mark.parametrize("seed", range(10))
def test_each_mistake_is_named(seed, models, exact):
    sampled = {name: posterior.sample(1000, 4, 100 + seed) for name, posterior in exact.items()}
    missed = [
        (given.question, given.misconception, str(found))
        for given in mistakes(sampled, models, seed)
        if (found := verdict_on(given, models, sampled)).misconception != given.misconception
    ]
    assert missed == []


def test_every_misconception_is_made_somewhere(models, draws):
    made = {given.misconception for given in mistakes(draws, models, 1)}
    elsewhere = {
        "reml-aic",
        "sigma-not-counted",
        "deviance-scale",
        "too-few-draws",
        "centered-prior",
        "treatment-contrast",
    }
    assert made | elsewhere == set(MISCONCEPTIONS)
    named = {name for question in QUESTIONS.values() for name in question.mistakes}
    by_judge = {"interval-level", "unequal-tails", "too-few-draws", "centered-prior"}
    assert named | by_judge == set(MISCONCEPTIONS)


def test_bambis_resampling_is_named(models, draws):
    rows = pd.DataFrame({"population": ["new"], "length": [0.0]})
    predicted = models["lecture"].predict(
        draws["lecture"], data=rows, sample_new_groups=True, inplace=False, random_seed=1
    )
    found = verdict("new-population", predicted.posterior["mu"], models["lecture"])
    assert found.misconception == "resampled-groups"


def test_too_few_draws_are_named(models, draws):
    few = draws["lecture"].isel(draw=slice(60))
    value = mean(alphas(few).sel(population="1"))
    found = verdict("slide-alpha-1", value, models["lecture"], few)
    assert (found.status, found.misconception) == ("unreliable", "too-few-draws")
    assert "240 draws are worth" in found.message
    found = verdict("derived-difference", verbs.difference(few, "2", "3"), models["lecture"], few)
    assert found.misconception == "too-few-draws"


def test_chains_that_disagree_are_noticed(models, draws):
    gap = verbs.difference(draws["lecture"], "2", "3")
    step = xr.DataArray([0, 0, 0, float(gap.std())], dims="chain")
    found = verdict(
        "derived-difference", gap + 0.4 * (step - step.mean()), models["lecture"], draws["lecture"]
    )
    assert found.status == "right"
    assert "R-hat is 1.0" in found.notes[0]
    moved = gap + 0.8 * (step - step.mean())
    found = verdict("derived-difference", moved, models["lecture"], draws["lecture"])
    assert found.status == "unreliable"
    assert "R-hat is 1.0" in found.message or "R-hat is 1.1" in found.message


def test_few_draws_are_said_beside_a_right_answer(models, draws):
    fewer = draws["lecture"].isel(draw=slice(500))
    found = verdict("mu-alpha", mean(fewer.posterior["Intercept"]), models["lecture"], fewer)
    assert found.status == "right"
    assert "These are 2,000 draws; with 4,000" in found.notes[0]


def test_divergences_are_said_beside_a_right_answer(models, draws):
    tree = draws["lecture"].copy()
    stats = tree["sample_stats"].to_dataset()
    diverging = xr.zeros_like(stats["independent"], dtype=bool)
    diverging[0, :7] = True
    tree["sample_stats"] = stats.assign(diverging=diverging)
    found = verdict("mu-alpha", mean(tree.posterior["Intercept"]), models["lecture"], tree)
    assert found.status == "right"
    assert "7 of the draws diverged" in found.notes[0]


def test_centered_predictors_are_named(draws):
    model = lecture_model(center_predictors=True)
    found = verdict("mu-alpha", 30.0, model, draws["lecture"])
    assert found.misconception == "centered-prior"


def test_another_model_is_said():
    found = verdict("mu-alpha", 40.0, lecture_model((0, 100)))
    assert found.status == "wrong"
    assert "Intercept is Normal(0, 100); the task asks for Normal(50, 15)" in found.message
    found = verdict("mu-alpha", 40.0, lecture_model(sd_alpha=bmb.Prior("HalfCauchy", beta=25)))
    assert (
        "sd_alpha is HalfCauchy(beta=25); the task asks for HalfNormal(sigma=100)" in found.message
    )
    found = verdict("own-sd-alpha-interval", [5, 100], lecture_model())
    assert "the task asks for your own" in found.message
    fewer = bmb.Model("weight ~ 1 + length + (1|population)", SCORPIONS[1:])
    message = verdict("own-sd-alpha-interval", [5, 100], fewer).message
    assert "not the rows of scorpions as they are loaded" in message
    without = bmb.Model("weight ~ 1 + (1|population)", SCORPIONS)
    message = verdict("own-sd-alpha-interval", [5, 100], without).message
    assert "has the terms Intercept; the task asks for Intercept, length" in message


def test_own_priors_are_judged_by_themselves(exact, models, draws):
    """The same interval is right under the priors that gave it, and wrong under others."""
    ends = interval(draws["own"].posterior["1|population_sigma"])
    assert verdict("own-sd-alpha-interval", ends, models["own"], draws["own"]).status == "right"
    narrow = lecture_model((30, 40), bmb.Prior("HalfNormal", sigma=5))
    assert verdict("own-sd-alpha-interval", ends, narrow, draws["own"]).status == "wrong"


def test_the_order_of_the_rows_is_free(draws):
    formula, shuffled = (
        "weight ~ 1 + length + (1|population)",
        SCORPIONS.sample(frac=1, random_state=1),
    )
    one, two = (bmb.Model(formula, data) for data in (SCORPIONS, shuffled))
    assert specify(one) == specify(two)
    other = SCORPIONS.assign(weight=SCORPIONS["weight"] + 1e-3)
    assert specify(bmb.Model(formula, other)).digest != specify(one).digest


def test_a_verdict_never_tells_the_right_value(exact, models, draws):
    for given in mistakes(draws, models, 1):
        found = verdict_on(given, models, draws)
        if QUESTIONS[given.question].form.count == 1:
            numbers = [float(n) for n in re.findall(r"-?\d+\.\d+", str(found))]
            assert numbers == [], str(found)


# What is no answer


@pytest.mark.parametrize("value", [..., (..., ...), [..., 2.0]], ids=str)
def test_an_open_task_says_so(value):
    found = verdict("new-population", value, ..., ...)
    assert found.status == "open"


@pytest.mark.parametrize(
    ("question", "value", "said"),
    [
        ("mu-alpha", "forty", "Expected a number; got str"),
        ("mu-alpha", [1, 2], "Expected a number; got 2 numbers"),
        ("mu-alpha", np.nan, "Expected a number; got [nan]"),
        ("mu-alpha", True, "Expected a number; got bool"),
        ("mu-alpha", lambda: 1, "Expected a number; got function"),
        ("mu-alpha", None, "The value is None"),
        ("mu-alpha", 10**400, "Expected a number; got int"),
        ("mu-alpha", 1e13, "Expected a number; got [10000000000000.0]"),
        ("derived-probability", 60.4, "a probability between 0 and 1; got 60.4"),
        ("derived-difference", np.zeros((4000, 4)), "Are the axes exchanged?"),
        ("derived-difference", np.zeros((4, 1000, 3)), "shape (4, 1000, 3)"),
        ("alpha-means", 3.0, "one for each population; got one number"),
        ("derived-interval", [2.0, 1.0], "the lower end first"),
        ("derived-interval", 2.0, "two ends of an interval"),
        ("derived-difference", 2.0, "Expected draws"),
        ("derived-difference", "draws", "Expected draws"),
        ("derived-difference", np.full(4000, 2.0), "All draws are the same number"),
        ("derived-difference", np.full(4000, np.nan), "not finite"),
        ("derived-difference", np.array(["a"] * 100), "Expected draws as numbers"),
    ],
)
def test_anything_else_gets_a_sentence(question, value, said, models):
    found = verdict(question, value, models["lecture"])
    assert found.status == "unreadable"
    assert said in found.message
    assert "Traceback" not in str(found)


def test_the_whole_posterior_is_no_answer(models, draws):
    found = verdict("mu-alpha", draws["lecture"], models["lecture"])
    assert "Expected one quantity; got" in found.message
    found = verdict("derived-difference", alphas(draws["lecture"]), models["lecture"])
    assert "more than one quantity, along 'population'" in found.message


def test_models_and_draws_that_are_none_get_a_sentence(models, draws):
    lecture = draws["lecture"]
    assert "Pass the model" in verdict("mu-alpha", 40.0).message
    found = verdict("mu-alpha", 40.0, models["lecture"], lecture["posterior"])
    assert "not .posterior" in found.message
    found = verdict("derived-interval", [-5, 20], models["lecture"], alphas(lecture))
    assert "more than one quantity" in found.message
    assert "Expected a bambi.Model" in verdict("mu-alpha", 40.0, "model").message
    assert "expected the DataTree" in verdict("mu-alpha", 40.0, models["lecture"], 3).message
    flat = lecture_model(sd_alpha=bmb.Prior("HalfFlat"))
    assert "improper" in verdict("mu-alpha", 40.0, flat).message
    two = bmb.Model("weight ~ 1 + (1|population) + (1|length)", SCORPIONS)
    assert verdict("mu-alpha", 40.0, two).status == "unreadable"
    other = draws["radon"]
    found = verdict("slide-alpha-1", 9.0, models["lecture"], other)
    assert found.status == "unreadable"


def test_an_unknown_question_is_an_error():
    with pytest.raises(ValueError, match=r"There is no question 'alpha'. The questions are aic-ml"):
        answer("alpha", 1)


# What is stored


def good_payload(models, draws):
    question, lecture = QUESTIONS["mu-alpha"], draws["lecture"]
    return read_answer(question, mean(lecture.posterior["Intercept"]), models["lecture"], lecture)


def test_a_payload_survives_json(models, draws):
    payload = good_payload(models, draws)
    assert read_payload(json.loads(json.dumps(payload.to_json()))) == payload
    assert len(json.dumps(payload.to_json())) < 1500


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": True},
        {"question": 3},
        {"question": "x" * 100},
        {"status": "right"},
        {"values": "40"},
        {"values": [float("nan")]},
        {"values": [1e300]},
        {"values": [10**400]},
        {3: 4},
        {"values": [True]},
        {"values": [1.0] * 100},
        {"ess": [-1.0]},
        {"size": -1},
        {"size": 1.5},
        {"shares": [2.0]},
        {"r_hat": "1"},
        {"divergences": 1e99},
        {"model": []},
        {"model": {"digest": "x"}},
        {"message": "x" * 5000},
        {"more": 1},
    ],
    ids=str,
)
def test_what_answer_does_not_write_is_refused(change, models, draws):
    data = good_payload(models, draws).to_json() | change
    with pytest.raises(PayloadError):
        read_payload(data)


@pytest.mark.parametrize(
    "change",
    [
        {"coefficients": {"Intercept": [50.0]}},
        {"coefficients": {f"x{i}": [0.0, 1.0] for i in range(50)}},
        {"centered": 1},
        {"sd_alpha": {"family": "HalfNormal"}},
        {"sd_alpha": {"family": "HalfNormal", "arguments": {"sigma": float("inf")}}},
        {"sd_alpha": "HalfNormal"},
    ],
    ids=str,
)
def test_a_model_that_answer_does_not_write_is_refused(change, models, draws):
    data = good_payload(models, draws).to_json()
    data["model"] = data["model"] | change
    with pytest.raises(PayloadError):
        read_payload(data)


@pytest.mark.parametrize(
    "prior",
    [
        {"family": "__import__", "arguments": {}},
        {"family": "HalfNormal", "arguments": {"sigma": -1.0}},
        {"family": "HalfNormal", "arguments": {"nu": 1.0}},
        {"family": "Gamma", "arguments": {}},
    ],
    ids=str,
)
def test_a_forged_prior_is_no_way_in(prior, models, draws):
    payload = read_answer(QUESTIONS["own-sd-alpha-interval"], [5.0, 90.0], models["own"], None)
    data = payload.to_json()
    data["model"] = data["model"] | {"sd_alpha": prior}
    found = judge(read_payload(data))
    assert found.status == "unreadable"


def test_a_claimed_error_earns_nothing(models):
    """Few or no effective draws do not widen what is taken beyond that of 400."""
    payload = read_answer(QUESTIONS["derived-probability"], 0.35, models["lecture"], None)
    for ess, size in (((1e-9,), 4000), ((), 0), ((0.0,), 10**9), ((400.0,), 400), ((9.0,), 0)):
        forged = Payload(**{**payload.__dict__, "ess": ess, "size": size})
        assert judge(forged).status != "right"


def test_without_draws_nothing_is_judged(models, draws):
    """Else the most lenient error would be had by leaving them out."""
    lecture = draws["lecture"]
    for question, value in (
        ("derived-probability", 0.6),
        ("derived-interval", interval(verbs.difference(lecture, "2", "3"))),
        ("new-population-interval", interval(verbs.new_group(lecture, random_seed=1))),
    ):
        found = verdict(question, value, models["lecture"])
        assert (found.status, "draws=" in found.message) == ("unreliable", True)
    wide = verdict("derived-interval", [-1e6, 1e6], models["lecture"], lecture)
    assert wide.status == "wrong"
    for question in ("derived-interval", "new-population-interval"):
        payload = read_answer(QUESTIONS[question], [-1e6, 1e6], models["lecture"], None)
        for shares in ((), (0.025, 0.975)):
            forged = Payload(
                **{**payload.__dict__, "ess": (400.0, 400.0), "size": 400, "shares": shares}
            )
            assert judge(forged).status != "right"


def test_an_object_that_raises_gets_a_sentence(models):
    class Mean:
        def __array__(self, *_, **__):
            raise ZeroDivisionError("ha")

    found = verdict("mu-alpha", Mean(), models["lecture"])
    assert "could not be read (ZeroDivisionError: ha)" in found.message


def test_a_notebook_shows_the_verdict_and_keeps_the_data():
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        shown = []
        code = "from qfc_helpers.answers import answer\nanswer('aic-ml', 85.087884)"
        reply = client.execute_interactive(code, timeout=120, output_hook=shown.append)
        assert reply["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    (data,) = [m["content"]["data"] for m in shown if m["msg_type"] == "display_data"]
    assert judge(read_payload(data[MIME_TYPE])).misconception == "reml-aic"
    assert "REML" in data["text/html"]
    assert "REML" in data["text/plain"]
    assert "85.09" not in data["text/plain"]


# Where the lectures speak of it


@pytest.mark.parametrize("name", MISCONCEPTIONS)
def test_each_pointer_leads_to_a_heading(name):
    pointer = MISCONCEPTIONS[name].pointer
    script = (ROOT / "lectures" / f"{pointer.lecture}.py").read_text(encoding="utf-8")
    assert re.search(rf"^# #+ {re.escape(pointer.heading)}$", script, re.MULTILINE), pointer.heading
