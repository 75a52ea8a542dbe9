/* The page: controls, results, kept scenarios. Every text is set as text, never as HTML. */

const main = document.querySelector("main");
const percent = (P) => `${(100 * P).toFixed(2)}%`;

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/* A share as people say it. */
function inHundred(P) {
  if (P < 0.005) return "fewer than 1";
  if (P > 0.995) return "more than 99";
  return `about ${Math.round(100 * P)}`;
}

const rounded = (P) => String(Math.round(100 * P));

function between(result) {
  return `between ${rounded(result.low)} and ${rounded(result.high)}`;
}

/* ---- controls ---- */

const CUT = 24; /* characters from which a narrow list cuts its text off, so that it stands below in full */

function select(id, options, value, changed) {
  const element = make("select", { id });
  options.forEach(([key, text]) => element.append(make("option", { value: String(key), textContent: text })));
  element.value = String(value);
  element.addEventListener("change", () => changed(element.value));
  return element;
}

function labelled(text, control) {
  return make("p", { className: "field" }, make("label", { htmlFor: control.id, textContent: text }), control);
}

function levelControl(service, number, a) {
  const id = `service-${number}-${a.name}`;
  const at = a.values.indexOf(service.values[a.name]);
  const choose = (index) => {
    service.values[a.name] = a.values[index];
    update();
  };
  if (!a.numeric) {
    const full = make("span", { className: "full", ariaHidden: "true" });
    const tell = (text) => { full.textContent = text.length > CUT ? text : ""; };
    tell(a.texts[at]);
    const field = labelled(a.label, select(id, a.texts.map((text, i) => [i, text]), at, (value) => {
      tell(a.texts[Number(value)]);
      choose(Number(value));
    }));
    field.append(full);
    return field;
  }
  const shown = make("output", { htmlFor: id, textContent: a.texts[at] });
  const input = make("input", { type: "range", id, min: 0, max: a.values.length - 1, step: 1 });
  input.value = String(at);
  input.setAttribute("aria-valuetext", a.texts[at]);
  const beyond = make("span", { className: "beyond", textContent: "beyond what was asked", hidden: !a.outside[at] });
  input.addEventListener("input", () => {
    const index = Number(input.value);
    shown.textContent = a.texts[index];
    input.setAttribute("aria-valuetext", a.texts[index] + (a.outside[index] ? ", beyond what people were asked about" : ""));
    beyond.hidden = !a.outside[index];
    choose(index);
  });
  return make("p", { className: "field" },
    make("span", { className: "named" }, make("label", { htmlFor: id, textContent: a.label }), shown), input, beyond);
}

function serviceCard(service, index) {
  const number = index + 1;
  const name = make("input", { type: "text", id: `service-${number}-name`, value: service.name, maxLength: 60 });
  name.addEventListener("input", () => {
    service.name = name.value.trim() || `Service ${number}`;
    update();
  });
  const parts = [labelled("Name", name)];
  if (STUDY.kinds) {
    const kinds = STUDY.alternatives.map((a) => [a.name, a.label]);
    parts.push(labelled("Kind of service", select(`service-${number}-kind`, kinds, service.alternative, (value) => {
      const before = STUDY.alternatives.find((a) => a.name === service.alternative);
      if (before && service.name === before.label) {
        service.name = STUDY.alternatives.find((a) => a.name === value).label;
      }
      service.alternative = value;
      build(`service-${number}-kind`);
    })));
  }
  parts.push(...attributesOf(service).map((a) => levelControl(service, number, a)));
  const { services, optOut } = state.now;
  if (services.length + optOut > 2) {
    const remove = make("button", { type: "button", className: "plain", textContent: "Remove this service" });
    remove.addEventListener("click", () => {
      services.splice(index, 1);
      state.sweep.service = 0;
      build("add");
    });
    parts.push(remove);
  }
  return make("fieldset", { className: "service" }, make("legend", { textContent: `Service ${number}` }), ...parts);
}

let started = arrived ? -1 : 0;
function controls() {
  const { now } = state;
  const add = make("button", { type: "button", id: "add", textContent: "Add a service" });
  add.disabled = now.services.length >= MOST_SERVICES;
  add.addEventListener("click", () => {
    now.services.push(newService(now.services.length + 1, now.services[now.services.length - 1]));
    build(`service-${now.services.length}-name`);
  });
  const top = make("div", { className: "tops" });
  if (STUDY.scenarios.length > 1 || STUDY.scenarios[0].name) {
    const options = [...(started < 0 ? [["", "your own"]] : []), ...STUDY.scenarios.map((s, i) => [i, s.name])];
    top.append(labelled("Start from", select("start", options, started < 0 ? "" : started, (value) => {
      if (value === "") return;
      started = Number(value);
      state.now = scenarioOf(STUDY.scenarios[started]);
      state.sweep.service = 0;
      build("start");
    })));
  }
  if (STUDY.groups.length > 1) {
    const options = STUDY.groups.map((g, i) => [i, g.name]);
    top.append(labelled("Whose choices", select("group", options, state.group, (value) => {
      state.group = Number(value);
      update();
    })));
  }
  for (const c of STUDY.characteristics) {
    const options = c.texts.map((text, i) => [i, text]);
    top.append(labelled(`Who chooses: ${c.label}`, select(`who-${c.name}`, options, c.values.indexOf(now.people[c.name]), (value) => {
      now.people[c.name] = c.values[Number(value)];
      update();
    })));
  }
  const cards = make("div", { className: "services" }, ...now.services.map(serviceCard));
  const section = make("section", { className: "controls" }, make("h2", { textContent: "The services" }), top, cards, add);
  if (STUDY.optOut) {
    const box = make("input", { type: "checkbox", id: "opt-out", checked: now.optOut, disabled: now.services.length < 2 });
    box.addEventListener("change", () => {
      now.optOut = box.checked;
      state.sweep.service = 0;
      build("opt-out");
    });
    add.before(make("p", { className: "tick" }, make("label", {}, box, make("span", { textContent: `People may also choose: ${STUDY.optOut.label}` }))));
  }
  return section;
}

/* ---- results ---- */

function bar(service, result) {
  const line = make("span", { className: "track", ariaHidden: "true" }, make("span", { className: "bar" }), make("span", { className: "range" }));
  line.children[0].style.width = percent(result.P);
  line.children[1].style.insetInlineStart = percent(result.low);
  line.children[1].style.width = percent(result.high - result.low);
  return make("li", {}, make("span", { className: "who", textContent: service.name }), line,
    make("span", { className: "words" },
      make("b", { textContent: `${inHundred(result.P)} in 100` }), ` ${STUDY.people}; ${between(result)}`));
}

function cell(result) {
  return make("td", {}, make("b", { textContent: percent(result.P) }), make("br"),
    make("span", { className: "interval", textContent: `${percent(result.low)} to ${percent(result.high)}` }));
}

function table(id, caption, head, rows) {
  const columnsOf = head.map((text) => make("th", { scope: "col", textContent: text }));
  return make("div", { className: "scroll", role: "region", ariaLabel: caption, tabIndex: 0 },
    make("table", { id }, make("caption", { textContent: caption }),
      make("thead", {}, make("tr", {}, ...columnsOf)), make("tbody", {}, ...rows)));
}

function groupsTable(services) {
  const rows = STUDY.groups.map((group, i) => {
    const found = evaluate(services, state.now.people, group);
    const head = make("th", { scope: "row", textContent: group.name });
    if (group.respondents !== null) head.append(make("span", { className: "count", textContent: ` (${group.respondents})` }));
    return make("tr", { className: i === state.group ? "chosen" : "" }, head, ...found.map(cell));
  });
  const caption = `Share of ${STUDY.people} who would choose each service, with ${100 * STUDY.level}% intervals`;
  return table("by-group", caption, ["Who (respondents)", ...services.map((s) => s.name)], rows);
}

function sweepPart(services) {
  const { sweep: chosen } = state;
  const open = state.now.services;
  if (chosen.service >= open.length) chosen.service = 0;
  const has = attributesOf(open[chosen.service]);
  if (!has.some((a) => a.name === chosen.attribute)) chosen.attribute = has[0].name;
  const a = ATTRIBUTE.get(chosen.attribute);
  const points = sweep();
  const name = services[chosen.service].name;
  const holder = document.getElementById("figure");
  const drawnFigure = figure(points, a, open[chosen.service].values[a.name], Math.max(260, holder.clientWidth));
  const inside = points.filter((p) => !p.outside);
  const [first, last] = [inside[0], inside[inside.length - 1]];
  const words = `${inHundred(first.P)} in 100 ${STUDY.people} would choose ${name} if “${a.label}” is “${first.text}”, ` +
    `${inHundred(last.P)} if it is “${last.text}”.`;
  const key = a.numeric ? [] : [make("p", { className: "key", textContent: points.map((p, i) => `${String.fromCharCode(65 + i)}: ${p.text}`).join("; ") })];
  holder.replaceChildren(make("p", { textContent: words[0].toUpperCase() + words.slice(1) }), drawnFigure, ...key);
  const rows = points.map((p) => make("tr", {}, make("th", { scope: "row", textContent: p.text + (p.outside ? " (beyond what was asked)" : "") }), cell(p)));
  document.getElementById("figure-table").replaceChildren(table("sweep-table", `${name}, by ${a.label}`, [a.label, name], rows));
}

function keptPart() {
  const holder = document.getElementById("kept");
  if (!state.kept.length) {
    holder.replaceChildren(make("p", { className: "quiet", textContent: "None yet. Keep a scenario to compare it with others." }));
    return;
  }
  holder.replaceChildren(...state.kept.map((kept, i) => {
    const services = competing(kept);
    const found = evaluate(services, kept.people, STUDY.groups[state.group]);
    const rows = services.map((service, j) => {
      const levels = attributesOf(service).map((a) => `${a.label}: ${a.texts[a.values.indexOf(service.values[a.name])]}`);
      const head = make("th", { scope: "row" }, make("b", { textContent: service.name }), make("span", { className: "levels", textContent: levels.join("; ") }));
      return make("tr", {}, head, cell(found[j]));
    });
    const again = make("button", { type: "button", textContent: "Show again", ariaLabel: `Show again: ${kept.name}` });
    again.addEventListener("click", () => {
      started = -1;
      state.now = structuredClone({ services: kept.services, optOut: kept.optOut, people: kept.people });
      state.sweep.service = 0;
      build("add");
      window.scrollTo({ top: 0 });
    });
    const remove = make("button", { type: "button", className: "plain", textContent: "Remove", ariaLabel: `Remove: ${kept.name}` });
    remove.addEventListener("click", () => {
      state.kept.splice(i, 1);
      update();
      document.getElementById("keep").focus();
    });
    const people = STUDY.characteristics.map((c) => `${c.label}: ${c.texts[c.values.indexOf(kept.people[c.name])]}`);
    const who = [STUDY.groups.length > 1 ? STUDY.groups[state.group].name : "", ...people].filter(Boolean).join("; ");
    return make("article", { className: "scenario" },
      table(`kept-${i}`, kept.name + (who ? ` (${who})` : ""), ["Service", "Would choose it"], rows),
      make("p", { className: "buttons" }, again, remove));
  }));
}

let saying = 0;
function update() {
  const services = competing(state.now);
  const group = STUDY.groups[state.group];
  const found = evaluate(services, state.now.people, group);
  document.getElementById("bars").replaceChildren(...services.map((service, j) => bar(service, found[j])));
  document.getElementById("whose").textContent = STUDY.groups.length > 1 ? `${group.name}${group.respondents === null ? "" : `, ${group.respondents} respondents`}` : "";
  const refused = STUDY.refused.map((why) => make("p", { className: "quiet", textContent: `Not in the table: ${why}` }));
  document.getElementById("groups").replaceChildren(groupsTable(services), ...refused);
  const said = cautions(services);
  if (group.note && STUDY.caution) said.push(`${STUDY.caution}.`);
  document.getElementById("cautions").replaceChildren(...said.map((text) => make("li", { textContent: text })));
  document.getElementById("cautions").hidden = !said.length;
  state.now.services.forEach((service, i) => {
    const option = document.querySelector(`#sweep-service option[value="${i}"]`);
    if (option) option.textContent = service.name;
  });
  sweepPart(services);
  keptPart();
  writeAddress();
  clearTimeout(saying);
  saying = setTimeout(() => {
    document.getElementById("said").textContent = services
      .map((service, j) => `${service.name}: ${inHundred(found[j].P)} in 100 ${STUDY.people}, ${between(found[j])}`).join(". ");
  }, 700);
}

/* Build the page anew, and set the focus where it was. */
function build(focus) {
  const heading = main.querySelector("h1");
  const keep = make("button", { type: "button", id: "keep", className: "main", textContent: "Keep this scenario" });
  keep.addEventListener("click", () => {
    state.kept.push({ name: `Scenario ${1 + Math.max(0, ...state.kept.map((k) => Number(k.name.replace(/\D/g, ""))))}`, ...structuredClone(state.now) });
    update();
    document.getElementById("done").textContent = `Kept as ${state.kept[state.kept.length - 1].name}, below.`;
  });
  const share = make("button", { type: "button", id: "share", textContent: "Copy a link to this" });
  share.addEventListener("click", async () => {
    history.replaceState(null, "", address());
    const done = document.getElementById("done");
    try {
      await navigator.clipboard.writeText(location.href);
      done.textContent = "Copied. Whoever has this page sees the same when opening the link.";
    } catch {
      done.textContent = "The address of this page is the link; copy it from the address bar.";
    }
  });
  const print = make("button", { type: "button", textContent: "Print" });
  print.addEventListener("click", () => window.print());
  const results = make("section", { className: "results", ariaLabel: "Result" },
    make("h2", { textContent: "Who would choose what" }), make("p", { id: "whose" }),
    make("ul", { id: "bars" }), make("ul", { id: "cautions", hidden: true }),
    make("p", { id: "said", className: "visually-hidden", role: "status" }));
  const attributes = attributesOf(state.now.services[0]).map((a) => [a.name, a.label]);
  const sweepService = select("sweep-service", state.now.services.map((s, i) => [i, s.name]), state.sweep.service, (value) => {
    state.sweep.service = Number(value);
    const has = attributesOf(state.now.services[state.sweep.service]);
    const of = document.getElementById("sweep-attribute");
    of.replaceChildren(...has.map((a) => make("option", { value: a.name, textContent: a.label })));
    if (!has.some((a) => a.name === state.sweep.attribute)) state.sweep.attribute = has[0].name;
    of.value = state.sweep.attribute;
    update();
  });
  const sweepAttribute = select("sweep-attribute", attributesOf(state.now.services[state.sweep.service]).map((a) => [a.name, a.label]),
    state.sweep.attribute, (value) => {
      state.sweep.attribute = value;
      update();
    });
  main.replaceChildren(heading,
    make("p", { className: "introduction", textContent: `Choose what each service is like, and see how many ${STUDY.people} would choose it.` }),
    ...(arrived === undefined ? [make("p", { className: "caution", role: "alert", textContent: "The link was made for another version of this study, so the page starts afresh." })] : []),
    make("div", { className: "halves" }, controls(), results),
    make("p", { className: "buttons" }, keep, share, print),
    make("p", { id: "done", role: "status" }),
    make("section", {}, make("h2", { textContent: "In numbers" }), make("div", { id: "groups" })),
    make("section", {}, make("h2", { textContent: "One attribute, all its levels" }),
      make("div", { className: "tops" }, labelled("Service", sweepService), labelled("Attribute", sweepAttribute)),
      make("div", { id: "figure" }),
      make("details", {}, make("summary", { textContent: "The same as a table" }), make("div", { id: "figure-table" }))),
    make("section", {}, make("h2", { textContent: "Scenarios kept" }), make("div", { id: "kept" })),
    make("section", { className: "about" }, make("h2", { textContent: "About these numbers" }),
      make("p", { textContent: `They are predictions of a multinomial logit fitted to the choices of ` +
        `${STUDY.groups[0].respondents === null ? "the" : STUDY.groups[0].respondents} respondents, for people like them who have these services to choose from and know what each is like. ` +
        `The ranges are ${100 * STUDY.level}% confidence intervals: they say how precise the survey is, not what else may change. ` +
        `Standard errors: ${STUDY.groups[0].note}.` })));
  update();
  if (focus) (document.getElementById(focus) || document.getElementById("add")).focus();
}

let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth !== width) sweepPart(competing(state.now));
  width = window.innerWidth;
});
window.addEventListener("hashchange", () => location.reload());
build();
