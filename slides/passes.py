"""Small steps, in a row, from nbconvert's sections to slides; each does one thing to the HTML."""

import re

from bs4 import BeautifulSoup, NavigableString, Tag

from .mathematics import render

__all__ = ["PASSES", "run_passes", "set_formulas", "slides_of"]

#: Words for a pooling assumption, wherever they stand in prose.
_POOLING = re.compile(r"\b(no|complete|partial)[ \N{NO-BREAK SPACE}-]pooling\b", re.IGNORECASE)


def run_passes(soup: BeautifulSoup, about: str) -> None:
    """Rework a deck in place.

    Parameters
    ----------
    soup : BeautifulSoup
        What `DeckExporter` made: ``div.slides > section > section > div.cell``.
    about : str
        What the footer says where a slide gives no reference.
    """
    for one_thing in PASSES:
        one_thing(soup)
    add_footers(soup, about)


def slides_of(soup: BeautifulSoup) -> list[Tag]:
    """Give the slides themselves, not the stacks they lie in."""
    return soup.select("div.slides > section > section")


def tagged(slide: Tag, tag: str) -> list[Tag]:
    """Give a slide's cells that carry a tag."""
    return slide.select(f'div.cell[data-tags~="{tag}"]')


def collect_notes(soup: BeautifulSoup) -> None:
    """Join a slide's notes at its end: whoever speaks wants them from the first bullet on."""
    for slide in slides_of(soup):
        notes = slide.select("aside.notes")
        if not notes:
            continue
        joined = soup.new_tag("aside", attrs={"class": "notes"})
        for note in notes:
            joined.extend(list(note.extract().children))
        for quote in joined.select("blockquote"):
            quote.unwrap()
        slide.append(joined)


def lay_on_sheets(soup: BeautifulSoup) -> None:
    """Wrap what a slide shows in a sheet of fixed size, and say which kind of slide it is."""
    for number, slide in enumerate(slides_of(soup)):
        kind = "title" if number == 0 else "section" if tagged(slide, "section") else "plain"
        if slide.select_one("figure"):
            kind += " drawn"
        sheet = soup.new_tag("div", attrs={"class": f"sheet {kind}"})
        sheet.extend([part.extract() for part in list(slide.contents) if not _is_notes(part)])
        slide.insert(0, sheet)


def _is_notes(part: object) -> bool:
    return isinstance(part, Tag) and part.name == "aside"


def repeat_headings(soup: BeautifulSoup) -> None:
    """Head a slide without a heading by the last one, in a lighter tone."""
    last = ""
    for slide in slides_of(soup):
        heading = slide.select_one("h1, h2")
        slide["data-title"] = heading.get_text(strip=True) if heading else slide_title(last)
        if heading is None:
            again = soup.new_tag("h2", attrs={"class": "again"})
            again.append(BeautifulSoup(last, "html.parser"))
            slide.select_one("div.sheet").insert(0, again)
        else:
            last = heading.decode_contents()


def slide_title(html: str) -> str:
    """Strip a heading of its tags."""
    return BeautifulSoup(html, "html.parser").get_text(strip=True)


def head_with_the_heading(soup: BeautifulSoup) -> None:
    """Put a plain slide's heading first on its sheet, outside of any cell."""
    for slide in slides_of(soup):
        sheet, heading = slide.select_one("div.sheet"), slide.select_one("h2:not(.again)")
        if heading is not None and "plain" in sheet["class"]:
            cell = heading.find_parent("div", class_="cell")
            sheet.insert(0, heading.extract())
            if cell is not None and not cell.get_text(strip=True) and not cell.find(True):
                cell.decompose()


def reveal_bullets(soup: BeautifulSoup) -> None:
    """Let the items of a list appear one by one, unless the cell is tagged "at-once"."""
    for cell in soup.select("div.cell"):
        if "at-once" in cell["data-tags"].split():
            continue
        for items in cell.find_all(["ul", "ol"]):
            if items.find_parent(["li", "table"]):
                continue
            for number, item in enumerate(items.find_all("li", recursive=False)):
                # The first item of a cell that is a fragment comes with the fragment.
                if not (number == 0 and _opens_a_fragment(items)):
                    item["class"] = [*item.get("class", []), "fragment"]


def _opens_a_fragment(element: Tag) -> bool:
    """Tell whether nothing but wrappers stands between a fragment's beginning and an element."""
    while "fragment" not in element.get("class", []):
        before = element.find_previous_sibling()
        if before is not None or element.parent is None or element.name == "section":
            return False
        element = element.parent
    return True


def color_pooling_words(soup: BeautifulSoup) -> None:
    """Give the names of the three assumptions the color and line style that figures give them."""
    for text in soup.find_all(string=_POOLING):
        if text.find_parent(["code", "pre", "aside", "a", "svg", "script"]):
            continue
        pieces, end = [], 0
        for match in _POOLING.finditer(text):
            pieces.append(NavigableString(text[end : match.start()]))
            word = soup.new_tag("span", attrs={"class": f"pooling {match[1].lower()}"})
            word.string = match[0]
            pieces.append(word)
            end = match.end()
        text.replace_with(*pieces, NavigableString(text[end:]))


def widen_for_figures(soup: BeautifulSoup) -> None:
    """Mark all that a figure lies in, so that the figure gets the room that is left."""
    for figure in soup.select("div.sheet figure"):
        element = figure
        while "sheet" not in element.get("class", []):
            element["class"] = [*element.get("class", []), "fill"]
            element = element.parent


def put_beside_figures(soup: BeautifulSoup) -> None:
    """Lay cells tagged "beside" into a column to the right of their slide's figure."""
    for slide in slides_of(soup):
        figure, beside = slide.select_one("figure"), tagged(slide, "beside")
        if figure is None or not beside:
            continue
        left = _on_sheet(figure)
        columns = soup.new_tag("div", attrs={"class": "columns"})
        side = soup.new_tag("div", attrs={"class": "side"})
        left.insert_before(columns)
        columns.extend([left.extract(), side])
        for cell in beside:
            side.append(_on_sheet(cell).extract())


def _on_sheet(element: Tag) -> Tag:
    """Find what an element is part of, directly on its sheet."""
    while "sheet" not in element.parent.get("class", []):
        element = element.parent
    return element


def lead_to_decks(soup: BeautifulSoup) -> None:
    """Let a link to another lecture's notebook lead to its deck; others are text on a slide."""
    for link in soup.select("a[href]"):
        if match := re.fullmatch(r"(\d\d_\w+)\.ipynb", link["href"]):
            link["href"] = f"{match[1]}.html"
        elif not link["href"].startswith(("https:", "http:", "#")):
            link.unwrap()


def drop_styles(soup: BeautifulSoup) -> None:
    """Remove what pandas and others bring along; tables are styled by the deck."""
    for element in soup.select("div.slides style"):
        element.decompose()
    for element in soup.select("table, table *"):
        for attribute in ("border", "style"):
            element.attrs.pop(attribute, None)


def tidy_tables(soup: BeautifulSoup) -> None:
    """Spare pandas' second header row, and Markdown's backslash before a bar."""
    for code in soup.select("td code, th code"):
        code.string = code.get_text().replace("\\|", "|")
    for table in soup.select("table.dataframe"):
        rows = table.select("thead tr")
        names = [cell.get_text(strip=True) for cell in rows[-1].find_all("th")]
        if len(rows) == 2 and names[0] and not any(names[1:]):
            rows[0].find("th").string = names[0]
            rows[1].decompose()


def shorten_diagnoses(soup: BeautifulSoup) -> None:
    """Leave out a diagnosis' advice: it fills a page, and the speaker gives it."""
    for table in soup.select("table"):
        heads = [cell.get_text() for cell in table.select("thead th")]
        if heads[-2:] == ["meaning", "what to do"]:
            table["class"] = "diagnosis"
            for row in table.select("tr"):
                for cell in row.find_all(["th", "td"])[-2:]:
                    cell.decompose()


def add_footers(soup: BeautifulSoup, about: str) -> None:
    """End each sheet with its references, or with what the deck is, and its number."""
    slides = slides_of(soup)
    for number, slide in enumerate(slides, 1):
        footer = soup.new_tag("footer")
        source = soup.new_tag("div", attrs={"class": "source"})
        references = tagged(slide, "reference")
        for reference in references:
            for paragraph in reference.extract().find_all("p"):
                source.extend([*list(paragraph.children), " "])
        if not references:
            source.string = about
        place = soup.new_tag("div", attrs={"class": "number"})
        place.string = f"{number} / {len(slides)}"
        footer.extend([source, place])
        slide.select_one("div.sheet").append(footer)


def set_formulas(soup: BeautifulSoup) -> None:
    """Replace each mark by its formula."""
    marks = soup.select("span.formula[data-tex]")
    formulas = [(mark["data-tex"], mark["data-display"] == "true") for mark in marks]
    for mark, html in zip(marks, render(formulas), strict=True):
        formula = BeautifulSoup(html, "html.parser")
        after = mark.next_sibling
        # A comma stays with its formula.
        if isinstance(after, NavigableString) and (stop := re.match(r"[,.:;?!)]+", after)):
            together = soup.new_tag("span", attrs={"class": "together"})
            after.replace_with(NavigableString(after[stop.end() :]))
            mark.replace_with(together)
            together.extend([formula, NavigableString(stop[0])])
        else:
            mark.replace_with(formula)


#: In this order.
PASSES = (
    drop_styles,
    tidy_tables,
    shorten_diagnoses,
    collect_notes,
    lay_on_sheets,
    head_with_the_heading,
    repeat_headings,
    reveal_bullets,
    color_pooling_words,
    put_beside_figures,
    widen_for_figures,
    lead_to_decks,
)
