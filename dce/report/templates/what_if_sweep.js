/* How the probability of a service changes with one of its attributes, as a figure and as a table. */

const SVG = "http://www.w3.org/2000/svg";

function sweep() {
  const { service, attribute } = state.sweep;
  const a = ATTRIBUTE.get(attribute);
  return a.values.map((value, i) => {
    const services = structuredClone(competing(state.now));
    services[service].values[attribute] = value;
    return { value, text: a.texts[i], outside: a.outside[i],
      ...evaluate(services, state.now.people, STUDY.groups[state.group])[service] };
  });
}

function drawn(tag, properties, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/* The figure, as wide as the page has room for. */
function figure(points, a, now, width) {
  const height = Math.max(220, Math.min(340, width * 0.55));
  const left = 52, right = 14, top = 12, bottom = a.numeric ? 50 : 34;
  const numbers = points.map((p) => p.value);
  const low = a.numeric ? numbers[0] : -0.5, high = a.numeric ? numbers[numbers.length - 1] : points.length - 0.5;
  const x = (value) => left + ((width - left - right) * (value - low)) / (high - low || 1);
  const y = (P) => top + (height - top - bottom) * (1 - P);
  const at = (p, i) => x(a.numeric ? p.value : i);
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
  if (a.numeric && points.some((p) => p.outside)) {
    const inside = points.filter((p) => !p.outside).map((p) => p.value);
    const from = x(inside[0]), to = x(inside[inside.length - 1]);
    svg.append(drawn("rect", { class: "studied", x: from, y: top, width: to - from, height: height - top - bottom }));
  }
  for (const P of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(drawn("line", { class: "grid", x1: left, x2: width - right, y1: y(P), y2: y(P) }));
    svg.append(drawn("text", { x: left - 8, y: y(P) + 5, "text-anchor": "end" }, `${100 * P}%`));
  }
  if (a.numeric) {
    const band = [...points.map((p) => [at(p), y(p.high)]), ...points.map((p) => [at(p), y(p.low)]).reverse()];
    svg.append(drawn("polygon", { class: "band", points: band.map((c) => c.join(",")).join(" ") }));
    svg.append(drawn("polyline", { class: "line", points: points.map((p) => `${at(p)},${y(p.P)}`).join(" ") }));
    for (const value of ticks(low, high, Math.max(3, Math.floor(width / 80)))) {
      svg.append(drawn("text", { x: x(value), y: height - bottom + 20, "text-anchor": "middle" }, String(value)));
    }
    const label = a.unit ? `${a.label} (${a.unit})` : a.label;
    svg.append(drawn("text", { class: "axis", x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, label));
  }
  points.forEach((p, i) => {
    if (a.numeric && p.value !== now) return;
    if (!a.numeric) {
      svg.append(drawn("line", { class: "whisker", x1: at(p, i), x2: at(p, i), y1: y(p.low), y2: y(p.high) }));
      svg.append(drawn("text", { x: at(p, i), y: height - bottom + 20, "text-anchor": "middle" }, String.fromCharCode(65 + i)));
    }
    svg.append(drawn("circle", { class: p.value === now ? "now" : "point", cx: at(p, i), cy: y(p.P), r: p.value === now ? 7 : 5 }));
  });
  return svg;
}

/* Round numbers between two ends, no more than so many. */
function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high + 1e-9 * step; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}
