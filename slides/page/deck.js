// Sets each slide as large as it can be, starts reveal.js, lights lines of code, and lays the deck
// out for paper with ?handout.
(() => {
  const parameters = new URLSearchParams(window.location.search);
  const root = document.documentElement;

  // Every slide is laid out in full before reveal.js hides all but one.
  async function fitType() {
    root.classList.add("fitting");
    const sheets = [...document.querySelectorAll(".sheet.plain:not(.drawn)")];
    sheets.forEach((sheet) => sheet.classList.add("large"));
    document.body.getBoundingClientRect();
    await document.fonts.ready;
    for (const sheet of sheets) {
      if (fits(sheet)) continue;
      sheet.classList.replace("large", "medium");
      if (!fits(sheet)) sheet.classList.remove("medium");
    }
    root.classList.remove("fitting");
  }

  const fits = (sheet) =>
    sheet.scrollHeight <= sheet.clientHeight && sheet.scrollWidth <= sheet.clientWidth &&
    [...sheet.querySelectorAll("pre")].every((pre) => pre.scrollWidth <= pre.clientWidth);

  // The lines of the last step that has been shown; none: every line is as bright as the others.
  function lightLines(slide) {
    for (const code of slide.querySelectorAll(".code")) {
      const shown = [...code.querySelectorAll(".step.visible")].pop() ?? code;
      const lit = new Set(shown.dataset.lines.split(" ").filter(Boolean).map(Number));
      code.querySelectorAll(".line").forEach((line, index) => {
        line.classList.toggle("lit", lit.has(index + 1));
        line.classList.toggle("dim", lit.size > 0 && !lit.has(index + 1));
      });
    }
  }

  function start() {
    const printing = parameters.has("print-pdf");
    // When it prints, reveal.js goes on laying out pages after it has started.
    const laidOut = printing && new Promise((resolve) => Reveal.on("pdf-ready", resolve));
    if (!printing) {
      for (const event of ["ready", "slidechanged", "fragmentshown", "fragmenthidden"]) {
        Reveal.on(event, () => lightLines(Reveal.getCurrentSlide()));
      }
    }
    return Reveal.initialize({
      width: 1280,
      height: 720,
      margin: 0,
      minScale: 0.1,
      maxScale: 6,
      center: false,
      controls: false,
      progress: true,
      hash: true,
      // Right arrow, space and a clicker all take the next step, into stacks as well.
      navigationMode: "linear",
      slideNumber: false,
      transition: "none",
      backgroundTransition: "none",
      pdfSeparateFragments: false,
      pdfMaxPagesPerSlide: 1,
      plugins: [RevealNotes],
    }).then(() => laidOut);
  }

  fitType().then(() => {
    if (!parameters.has("handout")) return start();
    // The second name keeps reveal.js's own style for paper away.
    root.classList.add("handout", "print-pdf");
  }).then(() => root.classList.add("ready"));
})();
