"""What compilers and fonts leave in a home folder, made once and given to every sandbox.

Each sandbox starts with an empty home, and the first fit there would compile for half a minute. The
seed is made by our own code alone, in a sandbox too, and every submission gets a copy.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import sandbox
from .limits import Limits

__all__ = ["seed"]

#: Fits of the exercises' models: what is compiled depends on the model, not on how many draws.
_WARM_UP = """
import arviz, bambi, matplotlib.pyplot as plt, statsmodels.formula.api
from qfc_helpers.data import load_radon, load_scorpions

plt.figure().savefig("x.png")
formulas = {
    "weight ~ 1 + length + (1|population)": load_scorpions(),
    "log_radon ~ 1 + floor + (1|county)": load_radon(),
    "log_radon ~ 1 + floor + log_uranium + (1|county)": load_radon(),
}
for formula, data in formulas.items():
    model = bambi.Model(formula, data, center_predictors=False)
    draws = model.fit(
        inference_method="nutpie", draws=50, tune=100, chains=2, random_seed=1, progressbar=False
    )
    model.predict(draws, kind="response")
"""


def seed(folder: Path, environment: str, limits: Limits) -> Path | None:
    """Return the seed's folder, made now if it is not there; None if that failed.

    Parameters
    ----------
    folder : pathlib.Path
        Where to keep it.
    environment : str
        Hash of the environment that it is for.
    limits : Limits
        Of the sandbox.
    """
    target = folder / f"seed-{environment[:16]}"
    if target.exists():
        return target.resolve()
    with tempfile.TemporaryDirectory(prefix="qfc-seed-") as temporary:
        home = Path(temporary) / "home"
        home.mkdir(mode=0o755)
        uid = sandbox.uid_inside()
        if uid is not None:
            os.chown(home, uid, uid)
        warm_up = [sys.executable, "-c", _WARM_UP]
        line = sandbox.command(warm_up, limits, home=home, uid=uid)
        done = subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, timeout=limits.notebook_seconds
        )
        if done.returncode:
            return None
        unfinished = folder / f"{target.name}.{os.getpid()}"
        shutil.copytree(home, unfinished)
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    unfinished.replace(target)
    return target.resolve()
