"""What graders and students look at runs nothing, and says what is true."""

import re

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="the grading group is not installed: make test installs it")

from grading_rooms import ROOT, code, notebook, text
from nbconvert import HTMLExporter

from grading.collect import Submission
from grading.feedback import page
from grading.gradebook import Written
from grading.presentable import presentable
from grading.questions import read_exercises
from grading.score import Mark
from grading.similar import similar

EXERCISES = read_exercises(ROOT / "exercises" / "hierarchical")
RADON = EXERCISES["04_radon"]
SCRIPTS = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<svg onload=alert(1)></svg>",
    "[click](javascript:alert(1))",
    "[click](java&#115;cript:alert(1))",
    "[click][1]\n\n[1]: javascript:alert(1)",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "$\\href{javascript:alert(1)}{x}$",
    "</div></div><script>alert(1)</script>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "```\ncode\n```\n<script>alert(1)</script>\n\n```\n\n[k](javascript:alert(1))\n```",
    "<a href='  javascript:alert(1)'>x</a>",
    "![far](https://example.org/who-looks.png)",
]
ACTIVE = re.compile(
    r"<(script|iframe|svg|object|embed|form|link|base|meta)\b|<[^>]*\son\w+\s*=|"
    r"<[^>]*(href|src)\s*=\s*[\"']?\s*(javascript|vbscript|data:text|https://example)|\\href",
    re.IGNORECASE,
)


def shown(document):
    """Only what the submission put into nbconvert's page."""
    made = nbformat.reads(document.decode(), as_version=4)
    exporter = HTMLExporter(template_name="classic")
    body, _ = exporter.from_notebook_node(made)
    safe, _ = exporter.from_notebook_node(presentable(made))
    return (html[html.index("<body") :] for html in (body, safe))


@pytest.mark.parametrize("script", SCRIPTS)
def test_markdown_runs_nothing(script):
    before, after = shown(notebook(text(f"Start.\n\n{script}\n\nEnd.")))
    assert ACTIVE.search(before), "this script would not run anyway: the test tests nothing"
    assert not ACTIVE.search(after), after
    assert "Start." in after
    assert "End." in after


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/javascript"])
def test_outputs_run_nothing(kind):
    cell = code("1")
    data = {kind: "<script>alert(1)</script>", "text/plain": "kept"}
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": data}]
    _, after = shown(notebook(cell))
    assert not ACTIVE.search(after)
    assert "kept" in after


def test_markdown_stays_readable():
    _, after = shown(
        notebook(text("**Bold**, $a<b$, and\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |"))
    )
    for part in ("<strong>Bold</strong>", "$a&lt;b$", "<li>a</li>", "<td>1</td>"):
        assert part in after


def test_page_says_points_reasons_and_hints_not_answers():
    marks = [
        Mark("radon-aic", 0.0, 1.0, "wrong", "It is REML.", "reml-aic", "Use ML.", "lecture 1"),
        Mark("radon-partial", 3.0, 3.0, "right", "Right.", notes=("2 divergences",)),
    ]
    read = Written("who-is-pulled", 1.5, 2.0, "<b>good</b>")
    unread = Written("officer-report", None, 3.0)
    student = Submission("x", "<i>Eve</i>", problems=["<script>"])
    made = page(student, EXERCISES, {RADON.name: marks}, {RADON.name: [read, unread]}, {})
    assert "4.5 of 70 points" in made
    assert "Written answers still to be read: 1" in made
    for part in ("0 / 1", "3 / 3", "It is REML.", "Use ML.", "lecture 1", "2 divergences"):
        assert part in made
    assert not re.search(r"<(i|b|script)>", made)
    assert "&lt;b&gt;good" in made


COPY = """
fit = smf.mixedlm("log_radon ~ floor", radon, groups="county").fit(reml=False)
numbers = []
for county, rows in radon.groupby("county"):
    value = rows["log_radon"].mean() - fit.params["floor"] * rows["floor"].mean()
    if len(rows) > 3 and value > 0:
        numbers.append((county, value))
numbers = sorted(numbers, key=lambda pair: pair[1])
table = pd.DataFrame(numbers, columns=["county", "value"])
print(table.head(10))
aic_partial = -2 * fit.llf + 2 * (len(fit.fe_params) + 2)
"""
OTHER = """
model = bmb.Model("log_radon ~ 1 + floor + (1|county)", radon, center_predictors=False)
draws = model.fit(**sampling)
print(diagnose(draws).check().summary)
alpha = group_intercepts(draws)
low, high = np.quantile(alpha, [0.025, 0.975], axis=(0, 1))
fig, axes = plt.subplots(figsize=(6, 4))
axes.errorbar(range(low.size), (low + high) / 2, yerr=(high - low) / 2)
alpha_partial = float(alpha.sel(county="LACQUIPARLE").mean())
while alpha_partial > 5:
    alpha_partial /= 2
"""


def test_copies_are_found_under_other_names():
    renamed = COPY.replace("numbers", "xs").replace("county", "c").replace("value", "v")
    pairs = similar({"a": COPY, "b": renamed, "c": OTHER}, RADON.code)
    assert [(pair.first, pair.second) for pair in pairs] == [("a", "b")]
    assert pairs[0].share > 0.9


def test_what_everybody_was_given_is_no_copy():
    assert not similar({"a": RADON.code, "b": RADON.code}, RADON.code)
