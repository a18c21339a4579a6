"""What the exact posterior refuses: at once, with a sentence, without warnings."""

import warnings

import bambi as bmb
import numpy as np
import pandas as pd
import pytest
from exact_cases import SCORPIONS, normal, scorpion_priors, scorpions, varying

from qfc_helpers.exact import ExactPosterior, QuadratureError, UnsupportedModelError

FORMULA = "y ~ x + (1|g)"


def table(**columns):
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(0, 1, 12), "g": np.repeat(list("abc"), 4)})
    return data.assign(y=rng.normal(0, 1, 12)).assign(**columns)


def with_value(column, value):
    data = table()
    data.loc[3, column] = value
    return data


def build(formula=FORMULA, data=None, **options):
    return lambda: bmb.Model(formula, table() if data is None else data, **options)


def two_level_group():
    dtype = pd.CategoricalDtype(["a", "b", "c", "unseen"], ordered=True)
    return table(g=pd.Series(np.repeat(list("abc"), 4)).astype(dtype))


HALF = bmb.Prior("HalfNormal", sigma=1)
DATA = {
    "infinite response": (build(data=with_value("y", np.inf)), "response 'y'.*row 3"),
    "infinite predictor": (
        build(data=with_value("x", -np.inf), priors={"x": normal(0, 1)}),
        "predictor 'x'.*row 3",
    ),
    "infinite predictor, default priors": (
        build(data=with_value("x", np.inf)),
        "predictor 'x'.*row 3",
    ),
    "one group": (build(data=table(g="a")), r"one group \('a'\)"),
    "constant response": (build(data=table(y=2.0)), "'y' is constant .always 2"),
    "a group level without data": (build(data=two_level_group()), "1 level.*'unseen'"),
    "zero residual variance": (
        build(data=table(y=np.repeat([1.0, 2.0, 4.0], 4))),
        "fit the response 'y' perfectly",
    ),
    "zero residual variance after the predictor": (
        build(data=table().eval("y = 3 * x + 1")),
        "fit the response 'y' perfectly",
    ),
    "collinear predictors": (
        build("y ~ x + x2 + (1|g)", table().eval("x2 = 2 * x")),
        "'x', 'x2' are perfectly collinear",
    ),
    "collinear with the intercept": (
        build(
            "y ~ x + z + (1|g)",
            table().eval("z = 5 - x"),
            center_predictors=False,
        ),
        "perfectly collinear",
    ),
}
MODELS = {
    "family": (build("k ~ x + (1|g)", table(k=1), family="poisson"), "family is 'poisson'"),
    "Student's t": (build(family="t"), "family is 't'"),
    "link": (build(data=table().eval("y = y**2 + 1"), link="log"), "link is 'log'"),
    "no group term": (build("y ~ x"), "no group term"),
    "two group terms": (
        build("y ~ x + (1|g) + (1|h)", table(h=list("pqrs") * 3)),
        "2 group terms, '1|g', '1|h'",
    ),
    "varying slope": (build("y ~ x + (0 + x|g)"), "'x|g' is a varying slope"),
    "intercept and slope": (build("y ~ x + (x|g)"), "2 group terms"),
    "formula for sigma": (
        lambda: bmb.Model(bmb.Formula(FORMULA, "sigma ~ x"), table()),
        "models `sigma`",
    ),
    "weights": (build("weighted(y, w) ~ x + (1|g)", table(w=2.0)), "weighted"),
    "truncation": (build("truncated(y, -9, 9) ~ x + (1|g)"), "truncated"),
    "censoring": (
        build("censored(y, status) ~ x + (1|g)", table(status="none")),
        "censored",
    ),
    "potential": (build(potentials=[("x", lambda x: -(x**2))]), "potentials"),
    "Gaussian process": (build("y ~ hsgp(x, m=3, c=2) + (1|g)"), "Gaussian process"),
    "flat prior of a coefficient": (
        build(priors={"x": bmb.Prior("Flat")}),
        "prior of 'x' is flat",
    ),
    "no scaling, so flat default priors": (build(auto_scale=False), "flat"),
    "prior of a coefficient not Normal": (
        build(priors={"x": bmb.Prior("Laplace", mu=0, b=1)}),
        "prior of 'x' is Laplace.*expected Normal",
    ),
    "prior of a coefficient by precision": (
        build(priors={"x": bmb.Prior("Normal", mu=0, tau=1)}),
        "prior of 'x' is Normal.*expected Normal.mu, sigma",
    ),
    "prior of the group effects not Normal": (
        build(priors={"1|g": bmb.Prior("StudentT", nu=4, mu=0, sigma=HALF)}),
        "prior of '1|g' is StudentT",
    ),
    "hyperprior on the group mean": (
        build(priors={"1|g": bmb.Prior("Normal", mu=normal(0, 1), sigma=HALF)}),
        "'1|g' has mu=Normal.*'Intercept'",
    ),
    "group mean not zero": (
        build(priors={"1|g": bmb.Prior("Normal", mu=2, sigma=HALF)}),
        "'1|g' has mu=2.*'Intercept'",
    ),
}
PRIORS = {
    "flat prior of the groups' sd": (
        build(priors={"1|g": varying(bmb.Prior("HalfFlat"))}),
        "'1|g_sigma' is HalfFlat",
    ),
    "flat prior of sigma": (build(priors={"sigma": bmb.Prior("HalfFlat")}), "'sigma' is HalfFlat"),
    "constant sigma": (build(priors={"sigma": 2.0}), "'sigma' is the constant 2.0"),
    "negative values": (
        build(priors={"sigma": bmb.Prior("Normal", mu=1, sigma=1)}),
        "'sigma' is Normal.*negative",
    ),
    "negative values, uniform": (
        build(priors={"sigma": bmb.Prior("Uniform", lower=-1, upper=1)}),
        "'sigma' is Uniform.*negative",
    ),
    "prior on a prior's parameter": (
        build(
            priors={"1|g": varying(bmb.Prior("HalfNormal", sigma=bmb.Prior("Exponential", lam=1)))}
        ),
        "'1|g_sigma' has sigma=Exponential.*one finite number",
    ),
    "negative scale": (
        build(priors={"sigma": bmb.Prior("HalfNormal", sigma=-1)}),
        "sigma must be positive",
    ),
    "zero sd of a coefficient": (
        build(priors={"x": normal(0, 0)}),
        "prior of 'x'.*positive sigma",
    ),
    "a function as prior": (
        build(priors={"sigma": bmb.Prior("mine", dist=lambda name, **_: None)}),
        "'sigma' is a function",
    ),
}


@pytest.mark.parametrize("case", DATA | MODELS | PRIORS)
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_refused_with_a_sentence(case):
    make, text = (DATA | MODELS | PRIORS)[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Bambi's own
        model = make()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = UnsupportedModelError if case in MODELS else ValueError
        with pytest.raises(expected, match=f"(?s){text}") as caught:
            ExactPosterior.from_model(model)
    assert len(str(caught.value)) > 60  # says what to do, too


def test_missing_values():
    """Bambi refuses them itself; without its model object we do."""
    with pytest.raises(ValueError, match="incomplete rows"):
        bmb.Model(FORMULA, with_value("y", np.nan))
    for column in ("y", "x", "g"):
        with pytest.raises(ValueError, match=rf"1 row.*'{column}'.*dropna"):
            ExactPosterior.from_formula(FORMULA, with_value(column, np.nan))


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("y ~ x", r"0 group term"),
        ("y ~ x + (1|g) + (1|h)", "2 group term"),
        ("y ~ x + (x|g)", "of the form"),
        ("y ~ x + (1|missing)", "column 'missing' is missing"),
        (bmb.Formula("y ~ x + (1|g)", "sigma ~ x"), "Expected a formula as a string"),
    ],
)
def test_formulas(formula, text):
    with pytest.raises(ValueError, match=text):
        ExactPosterior.from_formula(formula, table(h=list("pqrs") * 3))


def test_from_formula_refuses_what_from_model_refuses():
    with pytest.raises(ValueError, match="one group"):
        ExactPosterior.from_formula(FORMULA, table(g="a"))
    with pytest.raises(ValueError, match="unseen"):
        ExactPosterior.from_formula(FORMULA, two_level_group())
    with pytest.raises(UnsupportedModelError, match="family is 't'"):
        ExactPosterior.from_formula(FORMULA, table(), family="t")
    with pytest.raises(UnsupportedModelError, match="flat"):
        ExactPosterior.from_formula("y ~ (1|g)", table(), auto_scale=False)
    with pytest.raises(UnsupportedModelError, match="mu=2"):
        priors = {"1|g": bmb.Prior("Normal", mu=2, sigma=HALF)}
        ExactPosterior.from_formula(FORMULA, table(), priors)


def test_not_a_model():
    with pytest.raises(UnsupportedModelError, match=r"Expected a bambi.Model, got DataFrame"):
        ExactPosterior.from_model(SCORPIONS)


def test_a_tolerance_out_of_reach_is_an_error():
    with pytest.raises(QuadratureError, match="did not converge: the error is estimated as"):
        ExactPosterior.from_model(scorpions(), tolerance=1e-30)
    with pytest.raises(ValueError, match="tolerance=0"):
        ExactPosterior.from_model(scorpions(), tolerance=0)


def test_an_extreme_tail_is_an_error():
    """Gamma(0.02, .): a tail towards zero that no floating-point number reaches the end of."""
    prior = bmb.Prior("Gamma", alpha=0.02, beta=0.01)
    with pytest.raises(QuadratureError, match="tail"):
        ExactPosterior.from_model(scorpions(sd_alpha=prior))


def test_questions_without_an_answer():
    exact = ExactPosterior.from_model(scorpions())
    with pytest.raises(ValueError, match=r"no group '4'.*'1', '2', '3'.*new_group"):
        exact.prob_greater("4", "1")
    with pytest.raises(ValueError, match="needs two"):
        exact.difference("1", "1")
    with pytest.raises(ValueError, match=r"no quantity 'lenght'.*'length'"):
        exact.mean(["lenght"])
    with pytest.raises(ValueError, match=r"outside of \(0, 1\)"):
        exact.quantile(5)
    with pytest.raises(ValueError, match="draws=0"):
        exact.sample(0)
    with pytest.raises(ValueError, match=r"chains=1\.5"):
        exact.sample(10, 1.5)
    with pytest.raises(ValueError, match="needs the group effects"):
        exact.sample(10, 1, log_likelihood=True, group_effects=False)


def test_good_input_gives_no_warnings():
    priors = scorpion_priors(sd_alpha=bmb.Prior("HalfCauchy", beta=1e-3))
    model = bmb.Model("weight ~ length + (1|population)", SCORPIONS, priors=priors)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exact = ExactPosterior.from_model(model)
        exact.summary()
        exact.loo()
        exact.logo()
        exact.sample(100, 2, 1)


@pytest.fixture(scope="module")
def posterior():
    return ExactPosterior.from_formula(FORMULA, table())


def test_from_formula_names_what_the_data_lack():
    for formula in ("y ~ z + (1|g)", "z ~ x + (1|g)", "y ~ x + (1|z)"):
        with pytest.raises(ValueError, match=r"column 'z' is missing; the data have \['y'"):
            ExactPosterior.from_formula(formula, table()[["y", "x", "g"]])
    with pytest.raises(TypeError, match="must be a pandas DataFrame, got NoneType"):
        ExactPosterior.from_formula(FORMULA, None)


@pytest.mark.parametrize("tolerance", ["a", None, 0, -1e-7, np.nan, 0.5])
def test_a_tolerance_that_is_none_is_refused(tolerance):
    with pytest.raises(ValueError, match=r"tolerance=.*expected a small positive number"):
        ExactPosterior.from_formula(FORMULA, table(), tolerance=tolerance)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True, [1]])
def test_a_seed_that_is_none_is_refused(seed, posterior):
    with pytest.raises(ValueError, match=r"random_seed=.*expected a whole number"):
        posterior.sample(10, 1, seed)


@pytest.mark.parametrize("values", [np.nan, [1, np.nan], "a", [[1, 2]]])
def test_values_that_are_no_numbers_are_refused(values, posterior):
    for ask in (posterior.marginal("x").cdf, posterior.marginal("sigma").density):
        with pytest.raises(ValueError, match=r"values=.*expected a number"):
            ask(values)
    with pytest.raises(ValueError, match="q="):
        posterior.quantile(values)
