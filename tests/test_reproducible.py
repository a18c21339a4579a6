"""The same seed gives the same draws, on a fresh compile cache and on a warm one."""

import os
import subprocess
import sys

import pytest

# Bambi first, as notebooks have it: PyTensor is loaded before the package can set its flag.
CODE = """
{imports}
import hashlib
from qfc_helpers.data import load_radon
model = bmb.Model("log_radon ~ floor + (1|county)", load_radon())
draws = model.fit(inference_method="nutpie", draws=100, tune=200, chains=2, random_seed=1,
                  progressbar=False)
print(hashlib.sha256(draws.posterior["floor"].values.tobytes()).hexdigest())
"""
BAMBI_FIRST = "import bambi as bmb\nimport qfc_helpers"
BAMBI_LAST = "import qfc_helpers\nimport bambi as bmb"


def digest(cache, imports):
    environment = os.environ | {"PYTENSOR_FLAGS": f"base_compiledir={cache}"}
    code = CODE.format(imports=imports)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Where the first run compiles, and what it drew."""
    cache = tmp_path_factory.mktemp("cache")
    return cache, digest(cache, BAMBI_FIRST)


def test_a_warm_cache_gives_the_draws_of_a_fresh_one(fresh):
    cache, first = fresh
    assert digest(cache, BAMBI_FIRST) == first


def test_the_order_of_imports_does_not_matter(fresh):
    cache, first = fresh
    assert digest(cache, BAMBI_LAST) == first


def test_a_users_own_setting_is_respected(monkeypatch):
    from qfc_helpers import _reproducible

    monkeypatch.setenv("PYTENSOR_FLAGS", "numba__fastmath=True")
    _reproducible.make_draws_repeatable()
    assert os.environ["PYTENSOR_FLAGS"] == "numba__fastmath=True"
