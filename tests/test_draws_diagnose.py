"""`draws.diagnose`: each fault in the draws is found, named and explained, and nothing else is."""

import arviz as az
import numpy as np
import pytest
import xarray as xr
from exact_cases import radon, scorpions

from qfc_helpers.draws import UnreliableDrawsError, diagnose
from qfc_helpers.exact import ExactPosterior

CHAINS, DRAWS = 4, 1000
SAMPLER = ["divergences", "tree depth", "E-BFMI"]
OTHERS = ["R-hat", "ESS (bulk)", "ESS (tails)"]
DIMS = ("chain", "draw")


@pytest.fixture(scope="module")
def nuts():
    """A bad run of NUTS on purpose: centered, with large steps and short walks."""
    model = scorpions(mu_alpha=(0, 100))
    model.noncentered = False
    return model.fit(
        inference_method="nutpie",
        draws=250,
        tune=250,
        chains=2,
        cores=1,
        random_seed=3,
        nuts={"target_accept": 0.5, "maxdepth": 3},
        progressbar=False,
    )


@pytest.fixture(scope="module")
def exact_draws():
    return ExactPosterior.from_model(scorpions()).sample(DRAWS, CHAINS, random_seed=1)


@pytest.fixture
def good(exact_draws):
    """Faultless draws, with the statistics of a faultless run of nutpie."""
    rng = np.random.default_rng(4)
    draws = exact_draws.copy(deep=True)
    none = np.zeros((CHAINS, DRAWS), dtype=bool)
    draws["sample_stats"] = xr.Dataset(
        {
            "diverging": (DIMS, none),
            "maxdepth_reached": (DIMS, none.copy()),
            "energy": (DIMS, rng.normal(50, 3, none.shape)),
        },
        coords={"chain": range(CHAINS), "draw": range(DRAWS)},
    )
    return draws


def failed(diagnosis):
    results = diagnosis.table["result"]
    return list(results.index[~results.isin(["ok", "does not apply"])])


# Draws of NUTS


def test_a_bad_run_of_nuts_is_refused(nuts):
    diagnosis = diagnose(nuts)
    stats = nuts.sample_stats
    divergences, stopped = int(stats["diverging"].sum()), int(stats["maxdepth_reached"].sum())
    assert divergences > 0
    assert stopped > 0
    found = diagnosis.table["found"]
    assert found["divergences"] == f"{divergences} of 500 draws ({divergences / 500:.2%})"
    assert found["tree depth"] == f"{stopped} of 500 draws ({stopped / 500:.2%})"
    assert found["E-BFMI"].startswith(f"lowest {float(az.bfmi(nuts)['energy'].min()):.2f}, in")
    assert {"divergences", "tree depth", "ESS (bulk)", "ESS (tails)"} <= set(failed(diagnosis))
    assert not diagnosis.ok
    with pytest.raises(UnreliableDrawsError) as caught:
        diagnosis.check()
    message = str(caught.value)
    assert message.startswith("Do not use these draws yet (2 chains of 250 draws); look at: diver")
    assert "model.fit(target_accept=0.95)" in message
    assert 'model.fit(nuts={"maxdepth": 12})' in message
    assert isinstance(caught.value, ValueError)


def test_numbers_are_arvizs(nuts):
    parameters = diagnose(nuts).parameters
    rhat, bulk, tail = az.rhat(nuts), az.ess(nuts), az.ess(nuts, method="tail")
    row = parameters.loc["1|population[2]"]
    for column, theirs in (("r_hat", rhat), ("ess_bulk", bulk), ("ess_tail", tail)):
        value = theirs["1|population"].sel(population__factor_dim="2")
        assert row[column] == pytest.approx(float(value))
    assert len(parameters) == 7


def test_what_arviz_passes_over(nuts, good, capsys):
    """The docstring's three reasons not to call `az.diagnose`."""
    _, report = az.diagnose(nuts, return_diagnostics=True, show_diagnostics=False)
    assert "treedepth" not in report
    del good["sample_stats"]
    assert az.diagnose(good, show_diagnostics=False) is False
    good["posterior"] = good["posterior"].to_dataset().assign(sigma=few_tails())
    assert az.diagnose(good, show_diagnostics=False) is False
    assert failed(diagnose(good)) == [*SAMPLER, "ESS (tails)"]


# One fault at a time


def few_tails():
    """Far out in one stretch of each half chain: many effective draws of the mean, few of tails."""
    rng = np.random.default_rng(5)
    noise = rng.standard_normal((CHAINS, DRAWS))
    far_out = np.arange(DRAWS) % 500 < 60
    return DIMS, 100 + noise + far_out * rng.choice([-20, 20], noise.shape)


def autocorrelated(persistence):
    rng = np.random.default_rng(6)
    values = rng.standard_normal((CHAINS, DRAWS))
    for j in range(1, DRAWS):
        values[:, j] += persistence * values[:, j - 1]
    return values


def set_stat(name, value):
    def change(draws):
        draws["sample_stats"][name][2, 7] = value

    return change


def rename_stat(draws):
    stats = draws["sample_stats"].to_dataset()
    draws["sample_stats"] = stats.rename(maxdepth_reached="reached_max_treedepth")
    draws["sample_stats"]["reached_max_treedepth"][0, 0] = True


def drop_stat(name):
    def change(draws):
        draws["sample_stats"] = draws["sample_stats"].to_dataset().drop_vars(name)

    return change


def drop_sample_stats(draws):
    del draws["sample_stats"]


def slow_energy(draws):
    energy = np.cumsum(np.random.default_rng(7).normal(size=DRAWS))
    draws["sample_stats"]["energy"][2] = energy


def replace_sigma(values):
    def change(draws):
        draws["posterior"] = draws["posterior"].to_dataset().assign(sigma=values())

    return change


def constant():
    return DIMS, np.ones((CHAINS, DRAWS))


def chains_apart():
    noise = np.random.default_rng(8).standard_normal((CHAINS, DRAWS))
    return DIMS, noise + 0.4 * np.arange(CHAINS)[:, None]


def not_a_number():
    values = np.random.default_rng(9).standard_normal((CHAINS, DRAWS))
    values[1, 5] = np.nan
    return DIMS, values


def test_good_draws_pass(good):
    diagnosis = diagnose(good)
    assert failed(diagnosis) == []
    assert diagnosis.ok
    assert diagnosis.check() is diagnosis
    assert diagnosis.summary == (
        "These draws can be used (4 chains of 1000 draws): no check found a problem."
    )
    assert (diagnosis.table["what to do"] == "nothing").all()
    assert (diagnosis.table["result"] == "ok").all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("change", "expected", "text"),
    [
        (set_stat("diverging", True), ["divergences"], "1 of 4000 draws (0.03%)"),
        (set_stat("maxdepth_reached", True), ["tree depth"], '"maxdepth": 12'),
        (rename_stat, ["tree depth"], '"max_treedepth": 12'),
        (slow_energy, ["E-BFMI"], "in chain 2"),
        (set_stat("energy", np.nan), ["E-BFMI"], "lowest nan"),
        (drop_stat("diverging"), ["divergences"], "has no 'diverging'"),
        (drop_stat("maxdepth_reached"), ["tree depth"], "does not tell the tree depth's limit"),
        (drop_stat("energy"), ["E-BFMI"], "has no 'energy'"),
        (drop_sample_stats, SAMPLER, "the DataTree has no sample_stats"),
        (replace_sigma(chains_apart), OTHERS, "of sigma"),
        (replace_sigma(lambda: (DIMS, autocorrelated(0.9))), OTHERS, "take more draws"),
        (replace_sigma(few_tails), ["ESS (tails)"], "the ends of intervals are blurred"),
        (replace_sigma(constant), ["R-hat"], "cannot be computed for 'sigma'"),
        (replace_sigma(not_a_number), OTHERS, "not finite"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_fault_is_found(change, expected, text, good):
    change(good)
    diagnosis = diagnose(good)
    assert failed(diagnosis) == expected
    with pytest.raises(UnreliableDrawsError) as caught:
        diagnosis.check()
    assert text in str(caught.value)
    assert "What to do: " in str(caught.value)


def test_one_chain_is_not_enough(good):
    diagnosis = diagnose(good.isel(chain=[0]))
    assert failed(diagnosis) == ["R-hat"]
    assert "model.fit(chains=4)" in str(diagnosis)
    assert diagnosis.size == "1 chain of 1000 draws"


@pytest.mark.parametrize("number", [3, 95])
def test_few_draws_are_refused(number, exact_draws):
    few = diagnose(exact_draws.isel(draw=slice(number)))
    # R-hat of so few draws may be above its limit by chance.
    assert set(failed(few)) >= set(OTHERS[1:])


def test_the_worst_parameter_is_named():
    draws = ExactPosterior.from_model(radon()).sample(80, 4, random_seed=2)
    diagnosis = diagnose(draws)
    ess = diagnosis.parameters["ess_bulk"]
    found = diagnosis.table.loc["ESS (bulk)", "found"]
    others = (ess < 400).sum() - 1
    assert (
        found
        == f"lowest {ess.min():.0f}, of {ess.idxmin()}, and {others} more parameter(s) outside"
    )


def test_only_some_parameters(good):
    good["posterior"] = good["posterior"].to_dataset().assign(sigma=chains_apart())
    assert diagnose(good, var_names=["Intercept", "length"]).ok
    assert list(diagnose(good, var_names="sigma").parameters.index) == ["sigma"]
    with pytest.raises(ValueError, match=r"var_names has 'sgima'.*'Intercept', 'length'"):
        diagnose(good, var_names=["sgima"])


# Exact draws


def test_exact_draws_pass_without_a_sampler(exact_draws):
    diagnosis = diagnose(exact_draws)
    assert diagnosis.ok
    assert (diagnosis.table.loc[SAMPLER, "result"] == "does not apply").all()
    assert (diagnosis.table.loc[OTHERS, "result"] == "ok").all()
    assert "not made by MCMC" in str(diagnosis)


def test_draws_must_say_that_they_are_independent(exact_draws):
    draws = exact_draws.copy(deep=True)
    draws["sample_stats"]["independent"][0, 0] = False
    assert failed(diagnose(draws)) == SAMPLER


# In a notebook


def test_html_shows_advice_only_where_it_is_needed(good):
    assert "target_accept" not in diagnose(good)._repr_html_()
    good["sample_stats"]["diverging"][0, 0] = True
    page = diagnose(good)._repr_html_()
    assert page.count("<tr>") == 7
    assert page.count("target_accept") == 1
    assert "✗ problem" in page
    assert "nuts={" not in page


def test_html_is_escaped(good):
    posterior = good["posterior"].to_dataset()
    good["posterior"] = posterior.assign({"<b>x": (DIMS, autocorrelated(0.99))})
    page = diagnose(good)._repr_html_()
    assert "of &lt;b&gt;x" in page
    assert "<b>" not in page


def test_a_notebook_shows_the_sentence_without_a_traceback(nuts, capsys):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.user_ns |= {"diagnose": diagnose, "draws": nuts}
    result = shell.run_cell("diagnose(draws).check()")
    shown = capsys.readouterr()
    assert isinstance(result.error_in_exec, UnreliableDrawsError)
    text = shown.out + shown.err
    assert "UnreliableDrawsError: Do not use these draws yet" in text
    assert "Traceback" not in text
    assert "_diagnose.py" not in text
