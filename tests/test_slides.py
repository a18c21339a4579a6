"""The decks say what the notebooks say, stand alone, and look right in a real browser.

One class per concern: each deck is walked through in Chromium at two sizes, and a deck that is
broken on purpose, in each way that the check knows, has to fail it.
"""

import base64
import io
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from slides import __main__ as command  # noqa: E402
from slides import assets, browser, check, exporter, printing  # noqa: E402
from slides.build import Deck, build_deck, lectures, write_index  # noqa: E402

LECTURES = lectures(ROOT / "lectures")
ALT = "A small square as an example of a figure with words."


def markdown(source, slide_type="-", *tags, **slideshow):
    metadata = {"slideshow": {"slide_type": slide_type, **slideshow}, "tags": list(tags)}
    return nbformat.v4.new_markdown_cell(source, metadata=metadata)


def code(source, slide_type="-", *tags, outputs=(), **slideshow):
    metadata = {"slideshow": {"slide_type": slide_type, **slideshow}, "tags": list(tags)}
    return nbformat.v4.new_code_cell(source, metadata=metadata, outputs=list(outputs))


def picture():
    file = io.BytesIO()
    Image.new("RGB", (1200, 800), "white").save(file, "png")
    return base64.b64encode(file.getvalue()).decode("ascii")


def figure(alt=ALT, **metadata):
    about = {"alt": alt, "width": 600, "height": 400, **metadata}
    data = {"image/png": picture(), "text/plain": "<Figure>"}
    return nbformat.v4.new_output("display_data", data, metadata={"image/png": about})


def build(folder, *cells):
    path = folder / "09_small.ipynb"
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)
    return build_deck(path, folder)


def soup_of(deck):
    return BeautifulSoup(deck.path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture
def make(tmp_path):
    """Build a deck of a title slide and these cells, and read it."""
    return lambda *cells: soup_of(build(tmp_path, markdown("# Course\n\n## Talk", "slide"), *cells))


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decks")
    return {path.stem: build_deck(path, folder) for path in LECTURES}


class TestOneSource:
    """Tags in the notebook decide what is on the slides."""

    def test_every_lecture_has_a_deck(self):
        assert {"01_pooling", "02_shrinkage", "03_radon"} <= {path.stem for path in LECTURES}

    def test_code_is_shown_unless_a_tag_hides_it(self, make):
        soup = make(
            code("teaches = 1", "slide"),
            code("draws = 2", "-", "hide-input", outputs=[figure()]),
            code("calls = 3", "-", "output-only", outputs=[figure()]),
            code("prepares = 4", "skip"),
        )
        assert [block.get_text() for block in soup.select("div.code")] == ["teaches = 1"]
        assert len(soup.select("figure img")) == 2

    def test_an_output_may_go_to_a_slide_of_its_own(self, make):
        cell = code("1 + 1", "slide", "output-apart", outputs=[figure()])
        slides = make(cell).select("div.slides section section")
        assert [bool(slide.select("figure")) for slide in slides] == [False, False, True]

    def test_bullets_come_one_by_one_and_a_fragment_brings_its_first(self, make):
        soup = make(
            markdown("## A\n\n- one\n- two", "slide"),
            markdown("- three\n- four", "fragment"),
            markdown("- five\n- six", "subslide", "at-once"),
        )
        stepped = ["fragment" in item.get("class", []) for item in soup.select("li")]
        assert stepped == [True, True, False, True, False, False]

    def test_notes_go_to_the_speaker_only(self, make):
        soup = make(markdown("## A", "slide"), markdown("> Smile.", "notes"), markdown("b"))
        assert soup.select_one("aside.notes").get_text(strip=True) == "Smile."
        assert "Smile" not in soup.select("div.sheet")[1].get_text()
        assert soup.select_one("aside.notes").find_parent(class_="fragment") is None

    def test_references_stand_in_the_footer(self, make):
        soup = make(markdown("## A", "slide"), markdown("Neal (2003).", "-", "reference"))
        sources = [source.get_text(strip=True) for source in soup.select("footer .source")]
        assert sources == ["Talk", "Neal (2003)."]
        assert soup.select("footer .number")[1].get_text() == "2 / 2"

    def test_title_and_section_slides(self, make):
        soup = make(markdown("# Part", "slide", "section"), markdown("## A", "slide"))
        kinds = [sheet["class"][1] for sheet in soup.select("div.sheet")]
        assert kinds == ["title", "section", "plain"]

    def test_a_slide_without_heading_repeats_the_last(self, make):
        soup = make(markdown("## A $x$", "slide"), markdown("text", "subslide"))
        assert soup.select_one("h2.again .katex")

    def test_pooling_words_have_their_color_in_prose_but_not_in_code(self, make):
        soup = make(
            markdown('## No pooling\n\n`no pooling`, partial-pooling and "pooling"', "slide")
        )
        words = [(word.get_text(), word["class"][1]) for word in soup.select("span.pooling")]
        assert words == [("No pooling", "no"), ("partial-pooling", "partial")]

    def test_lines_light_up_step_by_step(self, make):
        soup = make(code("a = 1\nb = 2\nc = 3", "slide", lines="1|2-3|all"))
        assert soup.select_one("div.code")["data-lines"] == "1"
        assert [step["data-lines"] for step in soup.select(".step.fragment")] == ["2 3", ""]

    def test_a_line_that_is_not_there_is_an_error(self, make):
        with pytest.raises(ValueError, match=r"09_small\.ipynb.*'2-4'.*3 lines"):
            make(code("a = 1\nb = 2\nc = 3", "slide", lines="1|2-4"))

    def test_a_formula_that_katex_cannot_set_is_an_error(self, make):
        with pytest.raises(ValueError, match=r"09_small\.ipynb.*\\alfa"):
            make(markdown("## A\n\n$\\alfa$", "slide"))

    def test_a_character_without_a_font_is_an_error(self, make):
        with pytest.raises(ValueError, match=r"U\+0E01"):
            make(markdown("## \u0e01", "slide"))

    def test_links_lead_to_decks(self, make):
        soup = make(markdown("## A\n\n[next](02_shrinkage.ipynb), [R](from_r.md)", "slide"))
        assert [link["href"] for link in soup.select("a")] == ["02_shrinkage.html"]

    def test_tables_lose_the_second_header_row(self, make):
        table = (
            '<table class="dataframe"><thead><tr><th></th><th>x</th></tr><tr><th>group</th>'
            "<th></th></tr></thead><tbody><tr><th>1</th><td>2</td></tr></tbody></table>"
        )
        output = nbformat.v4.new_output("execute_result", {"text/html": table})
        soup = make(code("frame", "slide", outputs=[output]))
        assert [row.get_text(" ") for row in soup.select("thead tr")] == ["group x"]

    @pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
    def test_tags_are_ones_that_mean_something(self, path):
        known = {
            *("hide-input", "output-only", "output-apart", "section", "reference", "beside"),
            *("at-once", "nbval-check-output", "readme-figure", "nbval-skip"),
        }
        for cell in nbformat.read(path, 4).cells:
            assert set(cell.metadata.get("tags", [])) <= known, cell.source[:60]


class TestStandingAlone:
    """No deck asks for anything outside of its file."""

    def test_everything_is_inlined(self, decks):
        index = write_index(decks.values(), next(iter(decks.values())).path.parent)
        for path in [*(deck.path for deck in decks.values()), index]:
            html = path.read_text(encoding="utf-8")
            soup = BeautifulSoup(html, "html.parser")
            assert not soup.select("link[href], script[src], iframe, object, embed")
            assert all(image["src"].startswith("data:") for image in soup.select("img"))
            styles = " ".join(style.get_text() for style in soup.select("style"))
            assert set(re.findall(r"url\(\s*['\"]?(\w+)", styles)) <= {"data"}
            assert "@import" not in styles
            assert "default-src 'none'" in html

    def test_decks_are_small_enough_to_mail(self, decks):
        assert all(deck.path.stat().st_size < 5e6 for deck in decks.values())

    def test_npm_packages_are_pinned_without_addresses(self):
        package = json.loads((ROOT / "slides" / "package.json").read_text())
        lock = (ROOT / "slides" / "package-lock.json").read_text()
        locked = json.loads(lock)["packages"]
        assert '"resolved"' not in lock
        for name, version in package["dependencies"].items():
            entry = locked[f"node_modules/{name}"]
            assert entry["version"] == version
            assert entry["integrity"].startswith("sha512-")

    def test_without_npm_packages_the_remedy_is_named(self, monkeypatch, tmp_path):
        monkeypatch.setattr(assets, "MODULES", tmp_path)
        with pytest.raises(FileNotFoundError, match="make slides"):
            assets.read("reveal.js/dist/no-such-file.js")


needs_browser = pytest.mark.skipif(browser.executable() is None, reason=browser.MISSING)


@pytest.fixture(scope="module")
def chromium():
    with browser.chromium() as running:
        yield running


@pytest.fixture
def page(chromium):
    context = chromium.new_context(offline=True, viewport={"width": 1280, "height": 720})
    yield context.new_page()
    context.close()


def open_deck(page, path, query=""):
    page.goto(path.as_uri() + query)
    browser.wait_until_ready(page)
    return page


@needs_browser
class TestEverySlide:
    """Every slide and fragment of every deck, at both sizes, without network."""

    @pytest.mark.parametrize("size", check.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    @pytest.mark.parametrize("name", [path.stem for path in LECTURES])
    def test_looks_right(self, chromium, decks, name, size):
        problems = check.check_deck(chromium, decks[name].path, size)
        assert not problems, "\n".join(map(str, problems))


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A small deck with a bit of everything; nothing is wrong with it."""
    cells = [
        markdown("# Course\n\n## Talk", "slide"),
        markdown("## Words\n\nMARK with a formula $\\alpha_j$.\n\n- one\n- two", "slide"),
        code("x = 1\ny = 2", "subslide", lines="1|2"),
        markdown("## A figure\n\nMARK above it.", "slide"),
        code("draw()", "-", "hide-input", outputs=[figure()]),
    ]
    return build(tmp_path_factory.mktemp("sound"), *cells).path


def insert(html, text):
    return html.replace("MARK", text + "MARK", 1)


def by_the_figure(html, text):
    return html.replace("MARK above", text + "MARK above", 1)


def at_the_end(html, text):
    before, after = html.rsplit("</body>", 1)
    return f"{before}{text}</body>{after}"


TAKES_THE_KEY = "addEventListener('keydown', (e) => e.stopPropagation(), true)"
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
BREAKAGES = {
    "text beyond the edge": ("outside", lambda html: insert(html, "wide" * 200)),
    "too much text": ("outside", lambda html: insert(html, "<br>much" * 30)),
    "a figure beyond the edge": (
        "outside",
        lambda html: html.replace(
            "<figure ", '<figure style="position:absolute;left:1000px;width:600px" ', 1
        ),
    ),
    "a sheet that is not scaled": (
        "outside",
        lambda html: html.replace("maxScale: 6", "maxScale: .9"),
    ),
    "text on a figure": (
        "overlap",
        lambda html: by_the_figure(
            html, '<span style="position:absolute;left:600px;top:330px">over</span>'
        ),
    ),
    "text on text": (
        "overlap",
        lambda html: insert(html, '<p style="position:absolute;top:40px;left:64px">over</p>'),
    ),
    "text on the footer": (
        "overlap",
        lambda html: insert(html, '<p style="position:absolute;top:680px;left:64px">over</p>'),
    ),
    "small text": ("small", lambda html: insert(html, '<span style="font-size:17px">fine</span>')),
    "a small figure": ("small", lambda html: html.replace("<img ", '<img style="width:400px" ', 1)),
    "an external image": (
        "request",
        lambda html: insert(
            POLICY.sub("", html), f'<img src="https://example.org/a.png" alt="{ALT}">'
        ),
    ),
    "a file beside the deck": (
        "request",
        lambda html: insert(POLICY.sub("", html), f'<img src="beside.png" alt="{ALT}">'),
    ),
    "an external script that the page's own rule stops": (
        "console",
        lambda html: at_the_end(html, '<script src="https://example.org/a.js"></script>'),
    ),
    "an error on the console": (
        "console",
        lambda html: at_the_end(html, "<script>console.error('no')</script>"),
    ),
    "a script that fails": (
        "console",
        lambda html: at_the_end(html, "<script>nothing.here()</script>"),
    ),
    "a deck that does not start": (
        "console",
        lambda html: html.replace("fitType().then", "nothing().then"),
    ),
    "no alt text": ("alt", lambda html: html.replace(ALT, "")),
    "a trivial alt text": ("alt", lambda html: html.replace(ALT, "figure 3")),
    "a file's name as alt text": ("alt", lambda html: html.replace(ALT, "the plot of my data.png")),
    "raw TeX": ("math", lambda html: insert(html, "$x_1$ ")),
    "a formula that is not set": (
        "math",
        lambda html: insert(html, '<span class="katex-error">x</span>'),
    ),
    "pale text": ("contrast", lambda html: insert(html, '<span style="color:#E78021">pale</span>')),
    "transparent text": (
        "contrast",
        lambda html: insert(html, '<span style="opacity:.5">pale</span>'),
    ),
    "text on a dark ground": (
        "contrast",
        lambda html: insert(html, '<span style="background:#14532D">dark</span>'),
    ),
    "subslides that the arrow key misses": (
        "keyboard",
        lambda html: html.replace('navigationMode: "linear"', 'navigationMode: "default"'),
    ),
    "a script that takes the key": (
        "keyboard",
        lambda html: at_the_end(
            html, "<script>addEventListener('keydown', (e) => e.stopPropagation(), true)</script>"
        ),
    ),
    "an empty slide": (
        "empty",
        lambda html: html.replace('<div class="sheet', '<div hidden class="sheet', 1).replace(
            '<div hidden class="sheet', '<div style="visibility:hidden" class="sheet', 1
        ),
    ),
}


#: What else is wrong with some of these decks.
ALSO = {
    "a sheet that is not scaled": ["small"],
    "an external image": ["console"],
    "a file beside the deck": ["console"],
    "an external script that the page's own rule stops": ["request"],
}


@needs_browser
class TestTheCheck:
    """A check that finds nothing wrong with anything proves nothing."""

    @pytest.mark.parametrize("size", check.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_a_sound_deck_passes(self, chromium, sound, size):
        assert check.check_deck(chromium, sound, size) == []

    @pytest.mark.parametrize("name", BREAKAGES)
    def test_a_broken_deck_fails(self, chromium, sound, tmp_path, name):
        kind, breaks = BREAKAGES[name]
        html = sound.read_text(encoding="utf-8")
        broken = breaks(html)
        assert broken != html
        path = tmp_path / "broken.html"
        path.write_text(broken, encoding="utf-8")
        found = check.check_deck(chromium, path, (1280, 720))
        kinds = {problem.kind for problem in found}
        assert kinds == {kind, *ALSO.get(name, ())}, "\n".join(map(str, found))

    def test_every_kind_is_broken_once(self):
        assert {kind for kind, _ in BREAKAGES.values()} == set(check.KINDS)

    def test_a_problem_names_slide_fault_and_remedy(self):
        problem = check.Problem("01_a", 3, "Title", "small", "it is small", "make it large")
        assert str(problem) == "01_a, slide 3 (Title): it is small. Make it large."


@needs_browser
class TestPresenting:
    """What an instructor needs two minutes before the talk."""

    def test_the_speaker_view_shows_the_notes(self, page, decks):
        open_deck(page, decks["01_pooling"].path)
        with page.context.expect_page() as opened:
            page.keyboard.press("s")
        notes = opened.value.locator(".speaker-controls-notes .value")
        notes.get_by_text("The lecture takes about 40 minutes").wait_for()
        page.keyboard.press("ArrowRight")
        notes.get_by_text("The lecture takes about 40 minutes").wait_for(state="hidden")

    def test_overview_and_black_screen(self, page, decks):
        open_deck(page, decks["01_pooling"].path)
        page.keyboard.press("o")
        assert page.evaluate("Reveal.isOverview()")
        page.keyboard.press("Escape")
        assert not page.evaluate("Reveal.isOverview()")
        page.keyboard.press("b")
        assert page.evaluate("Reveal.isPaused()")

    def test_lines_are_lit(self, page, sound):
        open_deck(page, sound)
        page.evaluate("Reveal.slide(1, 1)")
        lines = "[...Reveal.getCurrentSlide().querySelectorAll('.line')].map(l => l.className)"
        assert page.evaluate(lines) == ["line lit", "line dim"]
        page.keyboard.press("ArrowRight")
        assert page.evaluate(lines) == ["line dim", "line lit"]

    def test_the_sliders_compute_what_python_computes(self, page, decks):
        from qfc_helpers.plots._shrinkage import shrink

        open_deck(page, decks["02_shrinkage"].path)
        shown = page.locator("figure.shrinkage")
        given = json.loads(shown.get_attribute("data-parameters"))
        index = shown.evaluate(
            "f => Reveal.getIndices(f.closest('section'))",
        )
        page.evaluate("({h, v}) => Reveal.slide(h, v)", index)
        picture, sliders = shown.locator("svg"), shown.locator("input")
        start = (given["n"], given["sd_alpha"], given["sd_obs"])
        compare(picture, shrink(given["own"], *start))
        for numbers in ((1, 10.0, 40.0), (30, 0.0, 25.0), (12, 60.0, 1.0)):
            for slider, number in zip(sliders.all(), numbers, strict=True):
                slider.fill(str(number))
            exact = [float(slider.input_value()) for slider in sliders.all()]
            compare(picture, shrink(given["own"], *exact))

    def test_the_arrow_keys_go_back_to_the_slides_after_a_slider(self, page, decks):
        open_deck(page, decks["02_shrinkage"].path)
        slider = page.locator("figure.shrinkage input").first
        index = slider.evaluate("e => Reveal.getIndices(e.closest('section'))")
        page.evaluate("({h, v}) => Reveal.slide(h, v)", index)
        before = float(slider.input_value())
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert float(slider.input_value()) == before + 1
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowRight")
        assert float(slider.input_value()) == before + 1
        assert page.evaluate("Reveal.getIndices().h") > index["h"]


def compare(picture, table):
    found = json.loads(picture.get_attribute("data-result"))
    assert found["pooling"] == pytest.approx(table["pooling"].iloc[0])
    assert found["center"] == pytest.approx(table["mu_alpha"].iloc[0])
    assert found["partial"] == pytest.approx(table["partial"].to_list())
    assert found["error"] == pytest.approx(table["error"].iloc[0])
    assert found["sd"] == pytest.approx(table["sd"].iloc[0])


def count_pages(path):
    return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    cells = [markdown("# Course\n\n## Talk", "slide")]
    for number in range(4):
        cells += [markdown(f"## Slide {number}", "slide"), markdown("> Smile.", "notes")]
    deck = build(tmp_path_factory.mktemp("paper"), *cells)
    printing.print_decks([deck])
    return deck


@needs_browser
class TestPaper:
    """PDF files for the projector, for students and for the speaker."""

    def test_files_and_pages(self, printed):
        pages = {kind: count_pages(printed.path.parent / name) for kind, name in printed.files}
        assert pages == {"PDF": 5, "handout": 3, "notes": 5}

    def test_handouts_have_no_notes(self, page, printed):
        open_deck(page, printed.path, "?handout")
        page.emulate_media(media="print")
        notes = page.locator("aside.notes").first
        assert not notes.is_visible()
        page.evaluate(printing._WITH_NOTES, True)
        assert notes.is_visible()

    def test_on_paper_every_fragment_is_shown(self, page, sound):
        open_deck(page, sound, "?handout")
        page.emulate_media(media="print")
        assert page.get_by_text("two", exact=True).is_visible()

    def test_the_index_lists_decks_and_files(self, page, printed):
        index = write_index([printed], printed.path.parent)
        page.goto(index.as_uri())
        links = [link.get_attribute("href") for link in page.get_by_role("link").all()]
        assert links == ["09_small.html", *(name for _, name in printed.files)]
        assert all((index.parent / link).exists() for link in links)


class TestCommand:
    def test_build_without_a_browser_says_so_and_builds(self, monkeypatch, tmp_path, capsys):
        monkeypatch.setattr(browser, "executable", lambda: None)
        assert command.main(["build", "--output", str(tmp_path)]) == 0
        said = capsys.readouterr().out
        assert browser.MISSING in said
        assert {path.stem for path in LECTURES} <= {path.stem for path in tmp_path.glob("*.html")}

    def test_chromium_can_be_named(self, monkeypatch):
        monkeypatch.setenv("CHROMIUM", sys.executable)
        assert browser.executable() == sys.executable


def test_steps_of_code():
    assert exporter.code_block("a\nb", "text", "1,2").count('class="line"') == 2
    assert Deck(Path("01_a.html"), "A", 1).name == "01_a"
