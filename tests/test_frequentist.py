"""`qfc_helpers.frequentist` against R's lme4 (tests/reference/lme4.json), and its refusals."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from qfc_helpers.data import load_radon, load_scorpions
from qfc_helpers.frequentist import (
    BoundaryFitWarning,
    aic,
    compare_aic,
    fixed_effects,
    group_intercepts,
    standard_deviations,
)

LME4 = json.loads((Path(__file__).parent / "reference" / "lme4.json").read_text())
#: Two optimizers of the same likelihood stop within this relative distance of each other.
RELATIVE = 1e-4


@pytest.fixture(scope="module")
def scorpions():
    return load_scorpions()


@pytest.fixture(scope="module")
def fits(scorpions):
    def mixed():  # a fresh model for each fit: statsmodels' fits change the model they share
        return smf.mixedlm("weight ~ 1 + length", scorpions, groups="population")

    return {
        "no_pooling": smf.ols("weight ~ 0 + population + length", scorpions).fit(),
        "complete_pooling": smf.ols("weight ~ 1 + length", scorpions).fit(),
        "partial_reml": mixed().fit(reml=True, method="powell"),
        "partial_ml": mixed().fit(reml=False, method="powell"),
    }


@pytest.fixture(scope="module")
def radon_fit():
    model = smf.mixedlm("log_radon ~ floor", load_radon(), groups="county")
    return model.fit(method="powell")


@pytest.mark.parametrize("name", ["no_pooling", "complete_pooling", "partial_reml", "partial_ml"])
def test_aic_is_what_r_prints(fits, name):
    score = aic(fits[name])
    assert score.value == pytest.approx(LME4["scorpions"][name]["AIC"], rel=RELATIVE)
    assert score.likelihood == ("REML" if name == "partial_reml" else "ML")
    assert f"{score.value:.4f}"[:-1] in str(score)


@pytest.mark.parametrize("name", ["partial_reml", "partial_ml"])
def test_mixed_model_is_what_lmer_prints(fits, name):
    reference = LME4["scorpions"][name]
    table = fixed_effects(fits[name])
    np.testing.assert_allclose(table["estimate"], [*reference["fixef"].values()], rtol=RELATIVE)
    np.testing.assert_allclose(
        table["standard_error"], [*reference["fixef_se"].values()], rtol=RELATIVE
    )
    np.testing.assert_allclose(
        standard_deviations(fits[name]), [*reference["sdcor"].values()], rtol=RELATIVE
    )


def test_group_intercepts_are_lme4s_coef(fits):
    expected = LME4["scorpions"]["partial_reml"]["coef_intercepts"]
    intercepts = group_intercepts(fits["partial_reml"])
    np.testing.assert_allclose(intercepts, expected, rtol=RELATIVE)
    assert list(intercepts.index) == ["1", "2", "3"]
    assert intercepts.index.name == "population"
    assert intercepts.name == "alpha_j"


def test_group_intercepts_of_no_pooling_do_not_depend_on_the_coding(fits, scorpions):
    expected = [LME4["scorpions"]["no_pooling"]["coef"][f"population{j}"] for j in (1, 2, 3)]
    cell_means = group_intercepts(fits["no_pooling"])
    np.testing.assert_allclose(cell_means, expected, rtol=RELATIVE)
    for formula in ("weight ~ 1 + population + length", "weight ~ 1 + C(population) + length"):
        treatment = group_intercepts(smf.ols(formula, scorpions).fit())
        np.testing.assert_allclose(treatment, expected, rtol=RELATIVE)
        assert list(treatment.index) == list(cell_means.index)


def test_radon_is_what_lmer_prints(radon_fit):
    reference = LME4["radon"]["intercepts_reml"]
    assert aic(radon_fit).value == pytest.approx(reference["AIC"], rel=RELATIVE)
    table = fixed_effects(radon_fit)
    np.testing.assert_allclose(table["estimate"], [*reference["fixef"].values()], rtol=RELATIVE)
    np.testing.assert_allclose(
        table["standard_error"], [*reference["fixef_se"].values()], rtol=RELATIVE
    )
    first_five = group_intercepts(radon_fit).loc[list(reference["coef_intercepts_first5"])]
    np.testing.assert_allclose(
        first_five, [*reference["coef_intercepts_first5"].values()], rtol=RELATIVE
    )


def test_standard_errors_of_a_varying_slope_equal_the_dense_formula():
    """No reference for this model: compare with X' V^-1 X written out in full."""
    radon = load_radon().query("county in ['ANOKA', 'DAKOTA', 'HENNEPIN', 'RAMSEY', 'ST LOUIS']")
    radon = radon.assign(county=radon["county"].astype(str))
    model = smf.mixedlm("log_radon ~ floor", radon, groups="county", re_formula="~ 1 + floor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = model.fit(method="powell")
    z = np.zeros((len(radon), 2 * len(model.group_labels)))
    for j, label in enumerate(model.group_labels):
        rows = (radon["county"] == label).to_numpy()
        z[np.ix_(rows, [2 * j, 2 * j + 1])] = model.exog_re[rows]
    covariance = np.kron(np.eye(len(model.group_labels)), fit.cov_re.to_numpy())
    v = z @ covariance @ z.T + fit.scale * np.eye(len(radon))
    x = model.exog
    expected = np.sqrt(np.diag(np.linalg.inv(x.T @ np.linalg.solve(v, x))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryFitWarning)
        table = fixed_effects(fit)
    np.testing.assert_allclose(table["standard_error"], expected, rtol=1e-8)


def test_compare_aic_orders_models_of_one_likelihood(fits):
    names = ["complete_pooling", "no_pooling", "partial_ml"]
    table = compare_aic({name: fits[name] for name in names})
    assert list(table.index) == ["no_pooling", "partial_ml", "complete_pooling"]
    assert set(table["likelihood"]) == {"ML"}
    assert table["delta"].iloc[0] == 0
    assert aic(fits["no_pooling"]) < aic(fits["partial_ml"])
    assert aic(fits["partial_ml"]) > aic(fits["no_pooling"])


def test_reml_is_not_compared_with_ml(fits):
    with pytest.raises(
        ValueError, match=r"'no_pooling' is from ML, 'partial_reml' from REML.*reml=False"
    ):
        compare_aic({name: fits[name] for name in ("no_pooling", "partial_reml")})
    with pytest.raises(ValueError, match="may not be compared"):
        sorted([aic(fits["no_pooling"]), aic(fits["partial_reml"])])
    with pytest.raises(ValueError, match="may not be compared"):
        aic(fits["no_pooling"]) - aic(fits["partial_reml"])


def test_reml_fits_with_other_fixed_effects_are_not_compared(fits, scorpions):
    without = smf.mixedlm("weight ~ 1", scorpions, groups="population").fit(method="powell")
    with pytest.raises(ValueError, match="different fixed effects"):
        compare_aic({"with length": fits["partial_reml"], "without": without})


def test_fits_of_other_data_are_not_compared(fits, scorpions):
    fewer = smf.ols("weight ~ 1 + length", scorpions.iloc[:-1]).fit()
    with pytest.raises(ValueError, match=r"different responses \(9 and 8 rows\)"):
        compare_aic({"all": fits["complete_pooling"], "fewer": fewer})


def test_empty_comparison_says_what_to_pass():
    with pytest.raises(ValueError, match="got no fits"):
        compare_aic({})
    with pytest.raises(TypeError, match="got a list; pass a dict"):
        compare_aic([])


def test_boundary_fit_warns_in_plain_words():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.normal(size=30), "g": np.repeat(list("abcdef"), 5)})
    frame["y"] -= frame.groupby("g")["y"].transform("mean")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = smf.mixedlm("y ~ 1", frame, groups="g").fit(method="powell")
    with pytest.warns(BoundaryFitWarning, match="estimated as zero"):
        intercepts = group_intercepts(fit)
    assert np.ptp(intercepts) < 1e-6


def test_a_fit_off_the_boundary_does_not_warn(fits):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        aic(fits["partial_reml"])


def test_a_failed_optimizer_is_refused_with_the_remedy():
    """statsmodels' lbfgs reports convergence here, with an infinite likelihood."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = smf.mixedlm("log_radon ~ floor", load_radon(), groups="county").fit(method="lbfgs")
    assert fit.converged
    with pytest.raises(ValueError, match=r'Refit with \.fit\(method="powell"\)'):
        aic(fit)


def test_two_fits_of_one_model_object_are_noticed(scorpions):
    model = smf.mixedlm("weight ~ 1 + length", scorpions, groups="population")
    restricted = model.fit(reml=True, method="powell")
    model.fit(reml=False, method="powell")
    with pytest.raises(ValueError, match="REML fit shares its model object with a later ML fit"):
        aic(restricted)


def test_coefficients_that_the_data_do_not_determine_are_refused(scorpions):
    """R reports NA for these; statsmodels gives numbers from a pseudo-inverse."""
    unused = smf.ols("weight ~ 0 + population + length", scorpions[scorpions.population != "2"])
    for function in (aic, group_intercepts, fixed_effects):
        with pytest.raises(ValueError, match=r"'population\[2\]' has no data; drop it"):
            function(unused.fit())
    radon = load_radon()
    aliased = smf.ols("log_radon ~ 0 + county + floor + log_uranium", radon).fit()
    with pytest.raises(ValueError, match="87 coefficients but the data determine only 86"):
        aic(aliased)


def test_another_coding_is_refused(scorpions):
    fit = smf.ols("weight ~ C(population, Sum) + length", scorpions).fit()
    with pytest.raises(ValueError, match=r'write "0 \+ population"'):
        group_intercepts(fit)


def test_a_model_without_random_intercept_is_refused(scorpions):
    model = smf.mixedlm(
        "weight ~ 1 + length", scorpions, groups="population", re_formula="~ 0 + length"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = model.fit(method="powell")
    with pytest.raises(ValueError, match="no random intercept"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        group_intercepts(fit)


def test_an_aic_reads_and_formats_like_a_number(fits):
    score = aic(fits["no_pooling"])
    assert repr(score) == str(score) == f"{score}" == "AIC = 88.22643 (ML, 5 parameters)"
    assert f"{score:.2f}" == "88.23"
    assert score <= aic(fits["partial_ml"])
    assert aic(fits["partial_ml"]) >= score
    with pytest.raises(ValueError, match="may not be compared"):
        score <= aic(fits["partial_reml"])  # noqa: B015


@pytest.mark.parametrize("function", [aic, group_intercepts, fixed_effects, standard_deviations])
def test_a_model_that_was_not_fitted_is_refused(function, scorpions):
    with pytest.raises(TypeError, match=r"Did you forget \.fit\(\)"):
        function(smf.ols("weight ~ 1 + length", scorpions))


def test_a_fit_without_groups_has_no_group_intercepts(fits):
    with pytest.raises(ValueError, match="expected one categorical predictor, found none"):
        group_intercepts(fits["complete_pooling"])
    with pytest.raises(ValueError, match="no standard deviation among groups"):
        standard_deviations(fits["no_pooling"])
