"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tip = document.getElementById("tip");
  const toast = document.getElementById("toast");

  // Every text goes in as text, so no name in the data can become markup.
  function html(parent, name, className, text) {
    const node = parent.appendChild(document.createElement(name));
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }
  function draw(parent, name, attributes, text) {
    const node = parent.appendChild(document.createElementNS(parent.namespaceURI, name));
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  // Copying: the clipboard where the browser allows it, else a selected text area, else the words themselves.
  async function copy(text) {
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      const area = html(document.body, "textarea", "offscreen");
      const before = document.activeElement;
      area.value = text;
      area.select();
      done = document.execCommand("copy");
      area.remove();
      before?.focus?.({ preventScroll: true });
    }
    toast.textContent = (done ? "copied: " : "select and copy: ") + text;
    toast.classList.toggle("high", !tip.hidden && tip.getBoundingClientRect().bottom > innerHeight - 110);
    toast.classList.add("shown");
    clearTimeout(copy.timer);
    copy.timer = setTimeout(() => toast.classList.remove("shown"), done ? 3500 : 15000);
  }

  function ticks([low, high], wanted) {
    const raw = (high - low) / wanted;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((s) => s * power >= raw * (1 - 1e-9)) * power;
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const found = [];
    for (let i = Math.ceil(low / step); i <= Math.floor(high / step); i++) found.push([i * step, (i * step).toFixed(decimals)]);
    return found;
  }

  // An empty chart with axes: returns the scales and a group that clips what is drawn to the frame.
  function plot(svg, { x, y, xTitle, yTitle, ratio, right = 14 }) {
    const width = svg.parentElement.clientWidth - 2 * parseFloat(getComputedStyle(svg.parentElement).paddingLeft);
    const height = Math.round(Math.min(480, Math.max(280, width * ratio)));
    const box = { left: 46, top: 26, right: width - right, bottom: height - 44 };
    const sx = (v) => box.left + ((v - x[0]) / (x[1] - x[0])) * (box.right - box.left);
    const sy = (v) => box.bottom - ((v - y[0]) / (y[1] - y[0])) * (box.bottom - box.top);
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const [value, label] of ticks(y, height / 58)) {
      draw(svg, "line", { class: "grid", x1: box.left, x2: box.right, y1: sy(value), y2: sy(value) });
      draw(svg, "text", { x: box.left - 8, y: sy(value) + 4, "text-anchor": "end" }, label);
    }
    for (const [value, label] of ticks(x, width / 72)) {
      draw(svg, "line", { class: "grid", x1: sx(value), x2: sx(value), y1: box.top, y2: box.bottom });
      draw(svg, "text", { x: sx(value), y: box.bottom + 18, "text-anchor": "middle" }, label);
    }
    draw(svg, "line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom });
    draw(svg, "text", { class: "title", x: 0, y: 12 }, yTitle);
    draw(svg, "text", { class: "title", x: box.right, y: height - 6, "text-anchor": "end" }, xTitle);
    const clip = draw(svg, "clipPath", { id: `${svg.id}-clip` });
    draw(clip, "rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top });
    return { sx, sy, box, marks: draw(svg, "g", { "clip-path": `url(#${svg.id}-clip)` }) };
  }

  function stairs(points, { sx, sy }, end) {
    const [first, ...rest] = points;
    const steps = rest.map(([px, py]) => `H${sx(px)}V${sy(py)}`);
    return `M${sx(first[0])} ${sy(first[1])}${steps.join("")}${end === undefined ? "" : `H${end}`}`;
  }
  const straight = (points, { sx, sy }) => `M${points.map(([px, py]) => `${sx(px)} ${sy(py)}`).join("L")}`;

  function show(point, node) {
    tip.replaceChildren();
    const rows = html(tip, "dl");
    for (const [name, value] of point.rows) {
      html(rows, "dt", "", name);
      html(rows, "dd", "", value);
    }
    const parts = html(tip, "table");
    for (const cells of point.architecture) {
      const line = html(parts, "tr");
      for (const cell of cells) html(line, "td", "", cell);
    }
    html(tip, "p", "hint", "click copies the export command");
    tip.hidden = false;
    const at = node.querySelector(".dot").getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const side = at.right + 14 + width < innerWidth ? at.right + 14 : at.left - 14 - width;
    tip.style.left = `${Math.max(8, Math.min(side, innerWidth - width - 8))}px`;
    const beneath = at.bottom + 14 + height < innerHeight || at.top < innerHeight - at.bottom;
    const fits = side >= 8 ? at.top - height / 2 : beneath ? at.bottom + 14 : at.top - 14 - height;
    tip.style.top = `${Math.max(8, Math.min(fits, innerHeight - height - 8))}px`;
  }

  let lit = null;
  function light(entry) {
    if (entry === lit) return;
    lit = entry;
    document.querySelectorAll(".lit").forEach((node) => node.classList.remove("lit"));
    tip.hidden = !entry;
    if (!entry) return;
    entry.node.classList.add("lit");
    document.querySelectorAll("tbody tr")[entry.index].classList.add("lit");
    show(entry.point, entry.node);
  }

  function drawPoint(svg, chart, point, index) {
    const { sx, sy } = chart;
    const [cx, cy] = [sx(point.x), sy(point.y)];
    const kind = point.validated ? "point" : "point unsure";
    const node = draw(svg, "g", { class: kind, tabindex: 0, role: "button", "aria-label": point.label, "data-key": point.key });
    draw(node, "line", { class: "bar", x1: cx, x2: cx, y1: sy(point.ys[0]), y2: sy(point.ys[1]) });
    draw(node, "line", { class: "bar", x1: sx(point.xs[0]), x2: sx(point.xs[1]), y1: cy, y2: cy });
    draw(node, "circle", { class: "halo", cx, cy, r: 13 });
    draw(node, "circle", { class: "dot", cx, cy, r: 6.5 });
    if (point.budget && chart.box.right > 520) draw(node, "text", { class: "budget", x: cx + 10, y: cy + 20 }, point.budget);
    const entry = { cx, cy, node, point, index };
    node.addEventListener("focus", () => light(entry));
    node.addEventListener("blur", () => light(null));
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        copy(point.command);
      } else if (event.key === "Escape") light(null);
    });
    return entry;
  }

  function drawFront() {
    const svg = document.getElementById("front");
    const front = data.front;
    const chart = plot(svg, { x: front.x, y: front.y, xTitle: front.xTitle, yTitle: front.yTitle, ratio: 0.52 });
    const { sx, sy, box, marks } = chart;
    for (const [x, y] of front.random) draw(marks, "rect", { class: "cloud-random", x: sx(x) - 2.5, y: sy(y) - 2.5, width: 5, height: 5 });
    for (const [x, y] of front.search) draw(marks, "circle", { class: "cloud-search", cx: sx(x), cy: sy(y), r: 3 });
    const best = front.points.filter((p, i) => front.points.slice(0, i).every((q) => front.sign * q.y < front.sign * p.y)).map((p) => [p.x, p.y]);
    if (best.length) draw(marks, "path", { class: "stair", d: stairs(best, chart, box.right) });
    for (const { name, x, y } of front.baselines) {
      const late = sx(x) > (box.left + box.right) / 2;
      draw(svg, "path", { class: "baseline", d: `M${sx(x)} ${sy(y) - 6}l6 6l-6 6l-6 -6z` });
      // Beneath, where the front is not: it runs above and to the right of whatever is worse.
      const at = late ? { x: sx(x) + 7, "text-anchor": "end" } : { x: sx(x) - 7 };
      draw(svg, "text", { class: "name", y: sy(y) + 21, ...at }, name);
    }
    const entries = front.points.map((point, i) => drawPoint(svg, chart, point, i));
    // The nearest point answers, so that a finger need not hit a dot of 13 pixels.
    const nearest = (event) => {
      const frame = svg.getBoundingClientRect();
      const far = (e) => Math.hypot(e.cx - (event.clientX - frame.left), e.cy - (event.clientY - frame.top));
      const found = entries.reduce((a, b) => (a && far(a) <= far(b) ? a : b), null);
      return found && far(found) <= 26 ? found : null;
    };
    svg.onpointermove = (event) => light(nearest(event));
    svg.onpointerleave = () => light(null);
    svg.onclick = (event) => {
      const entry = nearest(event);
      light(entry);
      if (entry) copy(entry.point.command);
    };
  }

  function drawGuesses({ unit, range, points }, index) {
    const svg = document.getElementById(`guesses-${index}`);
    const within = unit ? ` (${unit})` : "";
    const { sx, sy, marks } = plot(svg, { x: range, y: range, xTitle: `Measured${within}`, yTitle: `Predicted${within}`, ratio: 0.82 });
    draw(marks, "line", { class: "identity", x1: sx(range[0]), y1: sy(range[0]), x2: sx(range[1]), y2: sy(range[1]) });
    for (const [m, , low, high] of points) draw(marks, "line", { class: "guess-bar", x1: sx(m), x2: sx(m), y1: sy(low), y2: sy(high) });
    for (const [m, p] of points) draw(marks, "circle", { class: "guess", cx: sx(m), cy: sy(p), r: 3.2 });
  }

  // Curves with their names at the right end.
  function drawCurves(svg, curves, path, titles) {
    const steps = curves.flatMap((curve) => curve.steps);
    if (!steps.length) return svg.setAttribute("hidden", "");
    const values = steps.map((s) => s[1]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = 0.06 * (high - low) || 0.1;
    const x = [0, Math.max(...steps.map((s) => s[0]), 1)];
    const chart = plot(svg, { x, y: [low - room, high + room], ...titles, ratio: 0.4, right: 76 });
    const labels = curves.map(({ name, steps: own }, i) => {
      draw(chart.marks, "path", { class: `run run-${i}`, d: path(own, chart) });
      const [n, value] = own[own.length - 1];
      return { name, i, x: chart.sx(n) + 8, y: chart.sy(value) + 4 };
    });
    labels.sort((a, b) => a.y - b.y);
    labels.forEach((label, i) => {
      if (i) label.y = Math.max(label.y, labels[i - 1].y + 15);
      draw(svg, "text", { class: `name-${label.i}`, x: label.x, y: label.y }, label.name);
    });
  }

  function drawAll() {
    light(null);
    drawFront();
    data.guesses.forEach(drawGuesses);
    const volumes = { xTitle: "Real evaluations", yTitle: "Hypervolume (higher is better)" };
    drawCurves(document.getElementById("progress"), data.progress, stairs, volumes);
    const training = document.getElementById("training");
    if (training) drawCurves(training, data.training, straight, { xTitle: "Steps", yTitle: "Loss" });
  }

  for (const button of document.querySelectorAll("[data-copy]")) button.onclick = () => copy(button.dataset.copy);
  // Drawn at the size they are seen at, so letters stay legible on a phone; a page not laid out yet has no width.
  let drawn = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width === 0 || contentRect.width === drawn) return;
    drawn = contentRect.width;
    drawAll();
  }).observe(document.querySelector("main"));
  const scrolled = () => (lit?.node === document.activeElement && lit ? show(lit.point, lit.node) : light(null));
  addEventListener("scroll", scrolled, { passive: true });
})();
