// The shrinkage figure of lecture 2, computed in the page: the formulas of
// qfc_helpers.plots.plot_shrinkage, for groups of one size.
(() => {
  const COLORS = { no: "#14532d", complete: "#e78021", partial: "#3697dc" };

  // Pooling factor, common mean, and each group's estimate with its standard deviation.
  function shrink(own, n, sdAlpha, sdObs) {
    const error2 = (sdObs * sdObs) / n;
    const pooling = error2 / (sdAlpha * sdAlpha + error2);
    const center = own.reduce((sum, value) => sum + value, 0) / own.length;
    return {
      pooling,
      center,
      error: Math.sqrt(error2),
      sd: sdAlpha * Math.sqrt(pooling),
      partial: own.map((value) => (1 - pooling) * value + pooling * center),
    };
  }

  function svg(name, attributes, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function draw(picture, { labels, own, prefix, range }, n, sdAlpha, sdObs) {
    const found = shrink(own, n, sdAlpha, sdObs);
    const parts = [];
    const add = (name, attributes, text) => parts.push(svg(name, attributes, text));
    const line = (x1, y1, x2, y2, stroke, width, more = {}) =>
      add("line", { x1, y1, x2, y2, stroke, "stroke-width": width, ...more });

    // Left: the estimates.
    const [low, high] = range;
    const X = (value) => 130 + (540 * (value - low)) / (high - low);
    const row = (index) => 84 + (index * 200) / Math.max(own.length - 1, 1);
    const base = 400;
    add("rect", { x: 130, y: 40, width: 540, height: 360, fill: "none", stroke: "#cccccc" });
    if (sdAlpha > 0) {
      const curve = [];
      for (let i = 0; i <= 180; i += 1) {
        const value = low + ((high - low) * i) / 180;
        const height = 88 * Math.exp(-0.5 * ((value - found.center) / sdAlpha) ** 2);
        curve.push(`${X(value).toFixed(1)},${(base - height).toFixed(1)}`);
      }
      const points = `${X(low)},${base} ${curve.join(" ")} ${X(high)},${base}`;
      add("polygon", { points, fill: COLORS.complete, opacity: 0.35 });
    }
    line(X(found.center), base, X(found.center), 44, COLORS.complete, 3, {
      "stroke-dasharray": "3 5",
    });
    own.forEach((value, index) => {
      const y = row(index), to = found.partial[index];
      const bar = (center, half, at, color) =>
        line(
          X(Math.max(center - half, low)), at, X(Math.min(center + half, high)), at, color, 3,
        );
      bar(value, found.error, y - 16, COLORS.no);
      add("rect", { x: X(value) - 8, y: y - 24, width: 16, height: 16, fill: COLORS.no });
      bar(to, found.sd, y + 16, COLORS.partial);
      add("circle", { cx: X(to), cy: y + 16, r: 9, fill: COLORS.partial });
      add("text", { x: 118, y: y + 6, "text-anchor": "end" }, `${prefix}${labels[index]}`);
    });
    add("text", { x: 118, y: 392, "text-anchor": "end" }, "all αⱼ");
    for (const tick of ticks(low, high)) {
      line(X(tick), 400, X(tick), 407, "#cccccc", 1);
      add("text", { x: X(tick), y: 426, "text-anchor": "middle" }, tick);
    }
    add("text", { x: 400, y: 454, "text-anchor": "middle" }, "intercept αⱼ (bars: ± 1 standard deviation)");
    add("rect", { x: 150, y: 12, width: 16, height: 16, fill: COLORS.no });
    add("text", { x: 176, y: 27 }, "own (no pooling)");
    add("circle", { cx: 408, cy: 20, r: 9, fill: COLORS.partial });
    add("text", { x: 426, y: 27 }, "partial pooling");

    // Right: the pooling factor.
    const N = (value) => 760 + (380 * value) / 41;
    const W = (value) => 370 - 300 * value;
    add("rect", { x: 760, y: 40, width: 380, height: 360, fill: "none", stroke: "#cccccc" });
    add("text", { x: 1130, y: 62, "text-anchor": "end" }, "1 = complete pooling");
    add("text", { x: 1130, y: 392, "text-anchor": "end" }, "0 = no pooling");
    for (const tick of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      add("text", { x: 750, y: W(tick) + 7, "text-anchor": "end" }, tick);
    }
    for (const tick of [0, 10, 20, 30, 40]) {
      add("text", { x: N(tick), y: 426, "text-anchor": "middle" }, tick);
    }
    const curve = [];
    for (let value = 1; value <= 41; value += 0.25) {
      curve.push(`${N(value)},${W(shrink(own, value, sdAlpha, sdObs).pooling).toFixed(1)}`);
    }
    add("polyline", { points: curve.join(" "), fill: "none", stroke: COLORS.partial, "stroke-width": 3 });
    add("circle", { cx: N(n), cy: W(found.pooling), r: 10, fill: COLORS.partial, stroke: "black" });
    const below = found.pooling > 0.9;
    add(
      "text",
      { x: N(n) + (n > 24 ? -16 : 16), y: W(found.pooling) + (below ? 28 : -12),
        "text-anchor": n > 24 ? "end" : "start", "font-weight": 650 },
      `ωⱼ = ${found.pooling.toFixed(2)}`,
    );
    add("text", { x: 950, y: 454, "text-anchor": "middle" }, "observations per group, nⱼ");
    add("text", { transform: "translate(706 220) rotate(-90)", "text-anchor": "middle" }, "pooling factor ωⱼ");

    picture.replaceChildren(...parts);
    picture.setAttribute(
      "aria-label",
      `Each group's own estimate and where partial pooling moves it, towards the mean ` +
        `${found.center.toFixed(1)}; the pooling factor is ${found.pooling.toFixed(2)}.`,
    );
    picture.dataset.result = JSON.stringify(found);
  }

  function ticks(low, high) {
    const rough = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
    const marks = [];
    for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) marks.push(tick);
    return marks;
  }

  function slider(label, value, min, max, step) {
    const box = document.createElement("label");
    const shown = document.createElement("output");
    const input = Object.assign(document.createElement("input"), { type: "range", min, max, step });
    input.value = value;
    const line = document.createElement("span");
    line.append(`${label} = `, shown);
    box.append(line, input);
    const digits = step < 1 ? 1 : 0;
    const write = () => { shown.textContent = Number(input.value).toFixed(digits); };
    input.addEventListener("input", write);
    // Arrow keys belong to the slides again once the mouse lets go, or after Escape.
    input.addEventListener("pointerup", () => input.blur());
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { input.blur(); event.stopPropagation(); }
    });
    write();
    return { box, input };
  }

  for (const figure of document.querySelectorAll("figure.shrinkage")) {
    const { own: given, group, n, sd_alpha: sdAlpha, sd_obs: sdObs } =
      JSON.parse(figure.dataset.parameters);
    const labels = Object.keys(given), own = Object.values(given);
    const low = Math.min(...own), high = Math.max(...own), span = high - low || 1;
    const about = { labels, own, prefix: group ? `${group} ` : "",
      range: [low - 0.6 * span, high + 0.6 * span] };
    const sliders = [
      slider("n per group", n, 1, 30, 1),
      slider("sd_alpha", sdAlpha, 0, 3 * sdAlpha, 0.1),
      slider("sd_obs", sdObs, 1, 3 * sdObs, 0.1),
    ];
    const row = document.createElement("div");
    row.className = "sliders";
    row.append(...sliders.map(({ box }) => box));
    const picture = svg("svg", { viewBox: "0 0 1152 460", role: "img" });
    // The exact starting values until a slider, which knows steps only, is moved.
    const numbers = [n, sdAlpha, sdObs];
    const redraw = () => draw(picture, about, ...numbers);
    sliders.forEach(({ input }, index) => input.addEventListener("input", () => {
      numbers[index] = Number(input.value);
      redraw();
    }));
    figure.append(row, picture);
    redraw();
  }
})();
