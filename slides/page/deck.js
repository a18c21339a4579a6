// Starts reveal.js, lights lines of code, and lays the deck out for paper with ?handout.
(() => {
  const parameters = new URLSearchParams(window.location.search);
  if (parameters.has("handout")) {
    document.documentElement.classList.add("handout");
    return;
  }

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

  const update = () => lightLines(Reveal.getCurrentSlide());
  if (!parameters.has("print-pdf")) {
    for (const event of ["ready", "slidechanged", "fragmentshown", "fragmenthidden"]) {
      Reveal.on(event, update);
    }
  }

  Reveal.initialize({
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
  });
})();
