// What is wrong with the slide that is shown? Returns [[kind, what, remedy], ...].
// Everything is measured on the sheet, in pixels at 720 lines, whatever the size of the window.
(limits) => {
  const problems = [];
  const report = (kind, what, remedy) => problems.push([kind, what, remedy]);
  const section = Reveal.getCurrentSlide();
  const sheet = section.querySelector(".sheet");
  const box = sheet.getBoundingClientRect();
  const scale = box.width / sheet.offsetWidth;
  const quote = (text) => `"${text.trim().replace(/\s+/g, " ").slice(0, 50)}"`;

  // ---- rectangles, pure ----
  const onSheet = (r) => ({
    left: (r.left - box.left) / scale, right: (r.right - box.left) / scale,
    top: (r.top - box.top) / scale, bottom: (r.bottom - box.top) / scale,
  });
  const outside = (r, room) => Math.max(
    room.left - r.left, r.right - room.right, room.top - r.top, r.bottom - room.bottom,
  );
  const overlap = (a, b) => Math.min(
    Math.min(a.right, b.right) - Math.max(a.left, b.left),
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top),
  );

  // ---- what is seen ----
  const seen = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !element.closest(".katex-mathml");
  const texts = [];
  const walker = document.createTreeWalker(sheet, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    const text = node.textContent.replace(/[\s\u200b]/g, "");
    if (!text || !seen(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = [...range.getClientRects()].filter((r) => r.width > 0.5 && r.height > 0.5);
    if (lines.length) texts.push({ node, element, text: node.textContent, lines: lines.map(onSheet) });
  }
  const pictures = [...sheet.querySelectorAll("img, svg:not(.katex svg), canvas, video")]
    .filter((e) => seen(e) && !e.closest("[aria-hidden=true]"))
    .map((element) => ({ element, place: onSheet(element.getBoundingClientRect()) }));

  // ---- within the slide, and nothing upon anything ----
  const room = { left: 0, top: 0, right: sheet.offsetWidth, bottom: sheet.offsetHeight };
  if (Math.abs(box.width - window.innerWidth) > 2) {
    report("outside", `the slide is ${Math.round(box.width)} px wide in a window of ${window.innerWidth}`,
      "let reveal.js scale the sheet to the window");
  }
  const [farthest] = texts
    .map(({ text, lines }) => ({ text, far: Math.max(...lines.map((line) => outside(line, room))) }))
    .sort((a, b) => b.far - a.far);
  if (farthest?.far > 1) {
    report("outside", `${quote(farthest.text)} is ${Math.round(farthest.far)} px outside of the slide`,
      "shorten it, move cells to a subslide, or tag a code cell output-apart");
  }
  for (const { element, place } of pictures) {
    const far = outside(place, room);
    if (far > 1) {
      report("outside", `a figure is ${Math.round(far)} px outside of the slide`,
        "give it a subslide of its own");
    }
    const words = texts.find((text) => !element.contains(text.element) &&
      text.lines.some((line) => overlap(line, place) > 2));
    if (words) {
      report("overlap", `${quote(words.text)} lies on a figure`, "give one of them a subslide of its own");
    }
  }
  const footer = sheet.querySelector("footer");
  if (footer) {
    const place = onSheet(footer.getBoundingClientRect());
    const words = texts.find(({ element, lines }) =>
      !footer.contains(element) && lines.some((line) => overlap(line, place) > 1));
    const blocks = [...sheet.querySelectorAll("pre, figure")].filter(seen).find((element) =>
      overlap(onSheet(element.getBoundingClientRect()), place) > 1);
    if (words || blocks) {
      report("overlap", `${words ? quote(words.text) : "a block"} runs into the footer`,
        "move cells to a subslide, or tag a code cell output-apart");
    }
  }
  const blocks = [...sheet.querySelectorAll("h1, h2, h3, p, li, pre, table, figure")].filter((e) =>
    seen(e) && !e.querySelector("p, li, pre, table, figure"));
  blocks.forEach((a, index) => {
    const here = onSheet(a.getBoundingClientRect());
    const other = blocks.slice(index + 1).find((b) =>
      !a.contains(b) && overlap(here, onSheet(b.getBoundingClientRect())) > 2);
    if (other) {
      report("overlap", `${quote(a.textContent)} and ${quote(other.textContent)} overlap`,
        "move one of them to a subslide");
    }
  });

  // ---- large enough ----
  const unit = window.innerHeight / 720;
  const tooSmall = (pixels) => pixels * scale < limits.text * unit - 0.05;
  for (const { element, text } of texts) {
    const own = element.closest("svg:not(.katex svg)");
    const size = parseFloat(getComputedStyle(element).fontSize) *
      (own ? own.getScreenCTM().a / scale : 1);
    if (tooSmall(size)) {
      report("small", `${quote(text)} is ${size.toFixed(1)} px at 720p`,
        `make it ${limits.text} px or more`);
    }
  }
  for (const { element, place } of pictures) {
    const natural = Number(element.dataset.width);
    if (natural && (place.right - place.left) / natural < limits.figure - 0.005) {
      report("small", `a figure is shown at ${Math.round((100 * (place.right - place.left)) / natural)} % of its ` +
        "size, and its text with it", "give it more room: tag the cell output-only or output-apart, or begin a subslide");
    }
  }

  // ---- contrast, WCAG 2 ----
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a),
    b: top.b * top.a + below.b * (1 - top.a), a: 1,
  });
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ancestors = (element) => {
    const all = [];
    for (let e = element; e; e = e.parentElement) all.push(e);
    return all;
  };
  const ground = (element) => ancestors(element).reverse().reduce(
    (below, e) => over(parse(getComputedStyle(e).backgroundColor), below), { r: 255, g: 255, b: 255, a: 1 });
  const judged = new Map();
  for (const { element, text } of texts) {
    const style = getComputedStyle(element);
    const color = parse(element.closest("svg:not(.katex svg)") ? style.fill : style.color);
    color.a *= ancestors(element).reduce((all, e) => all * Number(getComputedStyle(e).opacity), 1);
    const below = ground(element);
    const ratio = contrast(over(color, below), below);
    if (ratio < limits.contrast) judged.set(element.className + style.color, [text, ratio]);
  }
  for (const [text, ratio] of judged.values()) {
    report("contrast", `${quote(text)} has a contrast of ${ratio.toFixed(1)} : 1`,
      `choose a color with ${limits.contrast} : 1 or more`);
  }

  // ---- in words, and mathematics set ----
  for (const { element } of pictures) {
    const words = element.tagName === "IMG" ? element.alt : element.getAttribute("aria-label") ?? "";
    if (words.split(/\s+/).filter((word) => /[a-z]{2}/i.test(word)).length < limits.words ||
        /\.(png|jpe?g|svg)\s*$/i.test(words)) {
      report("alt", `a figure has the alt text ${quote(words)}`,
        "describe it with qfc_helpers.theme.set_alt_text");
    }
    if (element.tagName === "IMG" && element.naturalWidth === 0) {
      report("request", "an image does not load", "inline it");
    }
  }
  if (sheet.querySelector(".katex-error, span.formula")) {
    report("math", "a formula is not set", "correct its TeX");
  }
  for (const { element, text } of texts) {
    if (!element.closest("pre, code, .katex") && /\$|\\[a-zA-Z]{2,}|\\\(/.test(text)) {
      report("math", `${quote(text)} shows raw TeX`, "write it between single or double dollar signs");
    }
  }
  if (!texts.length && !pictures.length) {
    report("empty", "the slide shows nothing", "give its cell the slide type skip");
  }
  return problems;
}
