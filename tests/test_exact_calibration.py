"""Simulation-based calibration of the exact posterior, and proof that it can fail."""

import numpy as np
from sbc import Calibration, Design, calibrate, exact_posterior
from scipy import stats

# Family-wise level of the uniformity tests, shared by five quantities and two tests (Bonferroni).
LEVEL = 0.01
SEED = 2026


def smallest_p_value(calibration: Calibration) -> float:
    """Chi-squared tests of the ranks in 20 bins; Kolmogorov-Smirnov tests of the exact cdf."""
    transforms = [stats.kstest(v, "uniform").pvalue for _, v in calibration.transforms.items()]
    return min(calibration.p_values().min(), *transforms)


def test_calibration():
    """Ranks are uniform and intervals cover what they say, over 1,000 data sets.

    Coverage of 50, 80 and 95 % intervals: within the central 99.9 % of the binomial distribution,
    for each of five quantities.
    """
    design = Design()
    found = calibrate(design, exact_posterior(design), size=1000, seed=SEED)
    assert smallest_p_value(found) > LEVEL / 10
    for probability in (0.5, 0.8, 0.95):
        low, high = stats.binom(1000, probability).ppf([0.0005, 0.9995]) / 1000
        assert found.coverage(probability).between(low, high).all()
    # Draws and closed forms tell the same: a rank among 99 draws scatters around the transform.
    difference = found.ranks / 99 - found.transforms
    assert (np.abs(difference.mean()) < 4 * difference.std() / np.sqrt(1000)).all()
    assert (difference.std() < 0.05).all()


def test_a_wrong_prior_is_found_out():
    """The same harness, given a posterior whose hyperprior's scale is off by 1.5, fails.

    Three hundred data sets are enough, so the thousand above are not too few to see it.
    """
    truth, wrong = Design(), Design(sd_alpha=1.5)
    found = calibrate(truth, exact_posterior(wrong), size=300, seed=SEED)
    assert found.p_values()["sd_alpha"] < LEVEL / 10
    assert smallest_p_value(found) < LEVEL / 10
