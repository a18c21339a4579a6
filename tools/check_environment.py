"""Install the pip section of environment.yml the way conda does, in a fresh environment.

conda writes the section to a requirements file beside environment.yml and hands it to one call of
``pip install -U -r FILE``. This does the same, then imports what a notebook imports.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
IMPORTS = """
import arviz, bambi, matplotlib, nutpie, qfc_helpers, seaborn, statsmodels.formula.api
assert qfc_helpers.data.load_radon().shape == (919, 4)
assert qfc_helpers.doctor.check_versions()
"""


def main() -> None:
    """Run the check; a failing command ends it."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    (section,) = [e["pip"] for e in environment["dependencies"] if isinstance(e, dict)]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        with tempfile.NamedTemporaryFile(
            "w", dir=ROOT, prefix="condaenv.", suffix=".requirements.txt"
        ) as requirements:
            requirements.write("\n".join(section))
            requirements.flush()
            install = [python, "-m", "pip", "install", "--quiet", "-U", "-r", requirements.name]
            subprocess.run(install, cwd=ROOT, check=True)
        subprocess.run([python, "-c", IMPORTS], cwd=ROOT, check=True)
        subprocess.run([python, "-m", "pip", "check"], cwd=ROOT, check=True)
    print("environment.yml installs, and its packages import.")


if __name__ == "__main__":
    sys.exit(main())
