"""The table in lectures/README.md: every slide of the original in its place."""

import re
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "lectures"

# The titles of the original's slides, in its order; a title stands once for each of its slides.
SLIDES = [
    "Introduction to hierarchical (mixed-effects) models",
    "Purpose",
    "The polynomous model (misery)",
    *4 * ["An example to get things started"],
    *3 * ["Motivating random effects"],
    "Translating assumption 1 to math",
    "Translating assumption 2 to math",
    "Translating assumption 3 to math",
    "Translating assumptions 1-3 to R code (Frequentist)",
    "Compare the models (Frequentist)",
    "Plot no pooling vs. partial pooling",
    "What is going on here?",
    "Another example of shrinkage",
    "Let's build the scorpion model in Stan",
    "Math for the random intercepts model",
    *2 * ["Stan code for the random intercepts model"],
    "Compiling the Stan model",
    "Running that hawg 🐷 🐷 🐷",
    "Check the diagnostics (quick and dirty)",
    *2 * ["Pluck out the posterior summaries and compare to `lmer()`"],
    r"Posterior for $\beta_1$ vs. frequentist estimate",
    r"Posterior for $\mu_\alpha$ vs. frequentist estimate",
    "This was meant to be an 'easy' example for a reason",
    "What is a random effect (words)",
    "The distribution of random effects",
    "Benefits of hierarchical modeling",
    *2 * ["Some reasons we might use mixed effects models"],
    "Drawbacks of hierarchical modeling?",
    "Why treat any parameter as fixed?",
    *3 * ["Hierarchical modeling as a philosophical middle ground"],
    "Summary and outlook",
    "References",
    "Exercises (optional)",
    "1. Prior sensitivity test and model evaluation",
    "2. Derived parameters",
    "3. Hyperdistributions",
]


def table() -> list[tuple[str, str, str]]:
    """The three columns of each row."""
    lines = (FOLDER / "README.md").read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    columns = [tuple(cell.strip() for cell in row.strip("|").split(" |")) for row in rows[2:]]
    assert all(len(row) == 3 for row in columns)
    return columns


def headings(notebook: str) -> set[str]:
    cells = nbformat.read(FOLDER / notebook, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return set(re.findall(r"^##? (.+)$", text, re.MULTILINE))


def test_every_slide_has_its_row_in_the_original_order():
    assert [slide for slide, _, _ in table()] == SLIDES


@pytest.mark.parametrize("row", table(), ids=lambda row: row[0])
def test_every_row_leads_to_a_heading_that_exists(row):
    slide, target, added = row
    links = re.findall(r"\[lecture (\d)\]\((\S+?)\) \*\*(.+?)\*\*", target)
    plain = re.findall(r"`(exercises/hierarchical/\w*)`", target)
    assert links or plain, slide
    # Nothing else stands in the column: a broken link must not pass for prose.
    assert len(target.split("; ")) == len(links) + len(plain), target
    for number, notebook, heading in links:
        assert notebook.startswith(f"0{number}_")
        assert heading in headings(notebook), f"{notebook} has no heading {heading!r}"
    # What is named in the last column stands in one of the same row's notebooks.
    known = set().union(*(headings(notebook) for _, notebook, _ in links))
    for heading in re.findall(r"\*\*(.+?)\*\*", added):
        assert heading in known, f"no heading {heading!r}"


def test_every_lecture_is_linked():
    linked = set(re.findall(r"\((\d\d_\w+\.ipynb)\)", (FOLDER / "README.md").read_text("utf-8")))
    assert linked == {path.name for path in FOLDER.glob("[0-9]*.ipynb")}
