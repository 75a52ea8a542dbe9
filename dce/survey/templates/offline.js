"use strict";
// The survey on a tablet. What is asked stands in the element "survey"; every text of it enters the page as
// text, never as HTML. A respondent's record is saved after each change, so that nothing is lost.

const survey = JSON.parse(document.getElementById("survey").textContent);
const address = new URLSearchParams(location.search);
const main = document.querySelector("main");

const DESIGN = `dce/${survey.design}/`; // records of whatever cards the design had
const HERE = `${DESIGN}${survey.cards}/`;
const FIRST_WAIT = 5_000; // milliseconds until answers are sent again, twice as long each time
const LONGEST_WAIT = 300_000;
const PATIENCE = 30_000;
const LONGEST_OPENING = 3_000;
const ASKED = /^ask-/; // before the names of questions in forms, which have members such as "elements"
const SIGNS = "ABCDFGHJKMNPQRSTUVWXYZ23456789"; // not alike, and without E, which spreadsheets read as a number

let record = null; // of the respondent who answers
let respondent = ""; // who was named at the start, before there is a record
let watch = null; // since when the card is looked at
let memory = new Map(); // records that the device failed to save

// ---- Words and elements

function fill(text, values = {}) {
  return text.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name) => (name ? String(values[name]) : found[0]));
}

function say(key, values) {
  return fill(survey.texts[key], values);
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity));
  return element;
}

function icon(name) {
  if (!name) return [];
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(document.createElementNS(space, "use"));
  drawing.firstChild.setAttribute("href", `#icon-${name}`);
  return [drawing, " "];
}

function paragraphs(texts) {
  return texts.map((text) => make("p", {}, text));
}

function button(text, style, act) {
  const element = make("button", { type: "button", class: style }, text);
  element.addEventListener("click", act);
  return element;
}

// ---- Chance

function below(n) {
  const words = new Uint32Array(1);
  const fair = Math.floor(2 ** 32 / n) * n;
  do crypto.getRandomValues(words);
  while (words[0] >= fair);
  return words[0] % n;
}

function shuffled(items) {
  const left = [...items];
  return items.map(() => left.splice(below(left.length), 1)[0]);
}

function someSigns(count) {
  return Array.from({ length: count }, () => SIGNS[below(SIGNS.length)]).join("");
}

// ---- Records on the device

function keyOf(one) {
  return `${DESIGN}${one.cards}/record/${one.session}`;
}

function save(one) {
  one.revision = (one.revision ?? 0) + 1;
  const text = JSON.stringify(one);
  saveCopy(keyOf(one), text);
  try {
    localStorage.setItem(keyOf(one), text);
    memory.delete(keyOf(one));
  } catch {
    memory.set(keyOf(one), one);
    warn();
  }
}

function warn() {
  if (document.querySelector(".failed")) return;
  main.before(make("div", { class: "error failed", role: "alert" }, say("offline.cannot_save")));
}

function keep(key, text) {
  saveCopy(key, text);
  try {
    localStorage.setItem(key, text);
  } catch {
    warn();
  }
}

function drop(key) {
  saveCopy(key, null);
  localStorage.removeItem(key);
}

function isRecord(key) {
  return key.startsWith(DESIGN) && key.includes("/record/");
}

function records() {
  const keys = Object.keys(localStorage).filter(isRecord);
  const found = new Map(keys.map((key) => [key, JSON.parse(localStorage.getItem(key))]));
  for (const [key, one] of memory) found.set(key, one);
  return [...found.values()].sort((a, b) => (a.started < b.started ? -1 : 1));
}

function canSave() {
  try {
    localStorage.setItem(`${HERE}try`, "1");
    localStorage.removeItem(`${HERE}try`);
    return true;
  } catch {
    return false;
  }
}

// ---- A second copy of what is kept: Chromium was seen to lose localStorage of a page that is a file, on a
// ---- busy device, and never IndexedDB

let copy = null;

/** Open the copy, and take from it what localStorage lacks. Without a copy the survey goes on as it is. */
function openCopy() {
  return new Promise((resolve) => {
    setTimeout(resolve, LONGEST_OPENING);
    try {
      const asked = indexedDB.open("dce", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
      asked.onerror = resolve;
      asked.onsuccess = () => {
        copy = asked.result;
        takeBack(resolve);
      };
    } catch {
      resolve();
    }
  });
}

function takeBack(done) {
  const kept = copy.transaction("kept").objectStore("kept");
  const keys = kept.getAllKeys();
  const texts = kept.getAll();
  kept.transaction.oncomplete = () => {
    keys.result.forEach((key, k) => {
      if (key.startsWith(DESIGN)) takeBackOne(key, texts.result[k]);
    });
    done();
  };
  kept.transaction.onabort = done;
}

function takeBackOne(key, text) {
  try {
    const here = localStorage.getItem(key);
    const older = here !== null && isRecord(key) && JSON.parse(here).revision < JSON.parse(text).revision;
    if (here === null || older) localStorage.setItem(key, text);
  } catch {
    if (isRecord(key)) memory.set(key, JSON.parse(text));
  }
}

function saveCopy(key, text) {
  try {
    const kept = copy?.transaction("kept", "readwrite").objectStore("kept");
    if (text === null) kept?.delete(key);
    else kept?.put(text, key);
  } catch {
    copy = null; // closed by the browser; localStorage goes on
  }
}

function newRecord() {
  const blocks = Object.keys(survey.blocks);
  const block = address.get("block") ?? blocks[below(blocks.length)];
  const cards = survey.blocks[block];
  const shuffles = (what) => survey.shuffle.includes(what);
  const tasks = cards.filter((card) => card.kind === "design");
  const drawn = shuffles("tasks") ? shuffled(tasks) : tasks;
  const order = cards.map((card) => (card.kind === "design" ? drawn.shift() : card).tag);
  const services = survey.names.slice(0, survey.services);
  const optOut = survey.names.slice(survey.services);
  const places = {};
  if (shuffles("alternatives")) for (const tag of order) places[tag] = [...shuffled(services), ...optOut];
  const attributes = survey.attributes.map((attribute) => attribute.name);
  return {
    study: survey.study,
    design: survey.design,
    cards: survey.cards,
    session: someSigns(16),
    respondent,
    block,
    consent: survey.consent.length > 0, // there is no record of who did not agree
    started: new Date().toISOString(),
    ended: "",
    finished: false,
    closed: false, // no more answers will come
    downloaded: false,
    sent: false,
    order,
    places,
    attributes: shuffles("attributes") ? shuffled(attributes) : null,
    answers: {},
    drafts: {}, // what was answered on a page that was not yet left
    seconds: {},
    page: "",
  };
}

function begin() {
  record = newRecord();
  record.page = pages()[0];
  save(record);
  keep(`${HERE}now`, record.session);
  navigator.storage?.persist?.().catch(() => {});
  show();
}

function close(finished) {
  stopWatch();
  record.finished = finished;
  record.closed = true;
  record.ended = new Date().toISOString();
  save(record);
  send();
}

function nextParticipant() {
  if (!record.closed) close(false);
  drop(`${HERE}now`);
  record = null;
  respondent = "";
  leaveData();
}

// ---- Time at a card: only while the page is seen

function startWatch() {
  if (record && !record.closed && cardOf(record.page) && document.visibilityState === "visible") {
    watch = performance.now();
  }
}

function stopWatch() {
  if (watch === null) return;
  record.seconds[record.page] = (record.seconds[record.page] ?? 0) + (performance.now() - watch) / 1000;
  watch = null;
  save(record);
}

// ---- Pages

function asked(when) {
  return survey.questions.filter((question) => question.when === when);
}

function pages() {
  return [
    ...(asked("before").length ? ["before"] : []),
    ...(survey.hasGlossary ? ["glossary"] : []),
    ...record.order,
    ...(survey.attendance ? ["attendance"] : []),
    ...(asked("after").length ? ["after"] : []),
    "end",
  ];
}

function cardOf(page) {
  return survey.blocks[record.block].find((card) => card.tag === page);
}

function go(steps) {
  stopWatch();
  const all = pages();
  record.page = all[all.indexOf(record.page) + steps];
  save(record);
  if (record.page === "end") close(true);
  show();
}

function render(heading, parts, { next = null, word = "offline.next", back = null, wide = false, after = [] }) {
  const buttons = make("div", { class: "buttons" });
  if (back) buttons.append(button(say("offline.back"), "", back));
  if (next) buttons.append(make("button", { type: "submit", class: "main" }, say(word)));
  const form = make("form", { class: wide ? "" : "page", novalidate: true, autocomplete: "off" },
    parts, buttons, after);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (next) next(form);
  });
  main.replaceChildren(form);
  heading.tabIndex = -1;
  document.title = heading.textContent === survey.study ? survey.study : `${heading.textContent} – ${survey.study}`;
  window.scrollTo(0, 0);
  heading.focus({ preventScroll: true });
}

function show() {
  if (location.hash === "#data") showData();
  else if (record === null) showStart();
  else if (record.page === "end") showEnd();
  else showPage();
}

function showStart() {
  const block = address.get("block");
  if (!canSave() || (block !== null && !Object.hasOwn(survey.blocks, block))) {
    const problem = canSave() ? say("offline.error_block", { block }) : say("offline.cannot_save");
    const heading = make("h1", {}, survey.study);
    render(heading, [heading, make("p", { class: "error", role: "alert" }, problem)], {});
    return;
  }
  const given = (address.get("id") ?? "").trim();
  if (given && !whyNot(given)) {
    respondent = given;
    showIntroduction();
    return;
  }
  const heading = make("h1", {}, survey.study);
  const input = make("input", { id: "respondent", name: "respondent", value: someSigns(8), maxlength: "40",
    spellcheck: "false", autocapitalize: "off", "aria-describedby": "respondent-hint" });
  const label = make("label", { for: "respondent" }, say("offline.respondent"));
  const hint = make("span", { class: "hint", id: "respondent-hint" }, say("offline.respondent_hint"));
  const field = make("div", { class: "field" }, label, hint, input);
  const next = (form) => {
    const problem = whyNot(input.value.trim());
    if (complain(form, problem ? [[field, problem]] : [])) return;
    respondent = input.value.trim();
    showIntroduction();
  };
  render(heading, [heading, field], { next, word: "offline.begin", after: toData() });
}

function whyNot(name) {
  if (survey.noAnswer.includes(name)) return say("offline.error_respondent");
  if (records().some((one) => one.respondent === name)) return say("offline.error_used", { respondent: name });
  return "";
}

function showIntroduction() {
  if (!survey.introduction.length) return showConsent();
  const heading = make("h1", {}, survey.study);
  return render(heading, [heading, paragraphs(survey.introduction)], { next: showConsent });
}

function showConsent() {
  if (!survey.consent.length) return begin();
  const heading = make("h1", {}, say("offline.consent"));
  const box = make("input", { type: "checkbox", name: "consent" });
  const field = make("div", { class: "field" }, make("label", { class: "choice" }, box, make("span", {}, survey.agree)));
  const next = (form) => {
    if (!complain(form, box.checked ? [] : [[field, say("offline.error_consent")]])) begin();
  };
  return render(heading, [heading, paragraphs(survey.consent), field], { next });
}

function showPage() {
  const page = record.page;
  const card = cardOf(page);
  const made = card ? cardPage(card) : { before: questionPage, after: questionPage, glossary: glossaryPage,
    attendance: attendancePage }[page](page);
  const all = pages();
  const place = all.indexOf(page);
  const bar = make("progress", { class: "progress", max: all.length - 1, value: place, "aria-hidden": "true" });
  const next = (form) => {
    const { answers, problems } = made.read(form);
    if (complain(form, problems)) return;
    Object.assign(record.answers, answers);
    delete record.drafts[page];
    go(1);
  };
  const back = survey.back && place > 0 ? () => go(-1) : null;
  const word = place === all.length - 2 ? "offline.finish" : "offline.next";
  render(made.heading, [bar, made.parts], { next, back, word, wide: Boolean(card) });
  const form = main.querySelector("form");
  restore(form, { ...record.answers, ...record.drafts[page] });
  made.changed?.(form, null);
  form.addEventListener("input", (event) => {
    settle(event.target.closest("[role=radiogroup], .field"));
    made.changed?.(form, event.target.name);
    const values = [...new FormData(form)].map(([name, value]) => [name.replace(ASKED, ""), value]);
    record.drafts[page] = Object.fromEntries(values);
    save(record);
  });
  startWatch();
}

function restore(form, values) {
  for (const control of form.elements) {
    const name = control.name.replace(ASKED, "");
    if (!Object.hasOwn(values, name)) continue;
    const value = values[name];
    if (control.type === "radio") control.checked = control.value === value;
    else control.value = value;
  }
}

/** Show what is wrong, each problem at its group; focus the first. Return whether something is. */
function complain(form, problems) {
  settle(form);
  problems.forEach(([group, problem], k) => {
    const control = group.querySelector("input, textarea");
    const target = group.matches("[role=radiogroup]") ? group : control;
    group.append(make("p", { class: "error", role: k === 0 ? "alert" : null, id: `error-${k}` }, problem));
    const described = target.getAttribute("aria-describedby");
    target.setAttribute("aria-describedby", described ? `${described} error-${k}` : `error-${k}`);
    target.setAttribute("aria-invalid", "true");
    if (k === 0) control.focus();
  });
  return problems.length > 0;
}

/** Take back what was said to be wrong in a form, or in one group of it. */
function settle(part) {
  for (const old of part.querySelectorAll(".error")) old.remove();
  for (const target of [part, ...part.querySelectorAll("[aria-invalid]")]) {
    if (!target.hasAttribute("aria-invalid")) continue;
    target.removeAttribute("aria-invalid");
    const ids = target.getAttribute("aria-describedby").split(" ").filter((id) => !id.startsWith("error-"));
    if (ids.length) target.setAttribute("aria-describedby", ids.join(" "));
    else target.removeAttribute("aria-describedby");
  }
}

function radios(name, pairs, extra = () => "") {
  return pairs.map(([code, text], k) => make("label", { class: `choice ${extra(k)}`.trim() },
    make("input", { type: "radio", name, value: code }), make("span", {}, text)));
}

function radioGroup(name, question, pairs, extra) {
  return make("div", { class: "answer", role: "radiogroup", "aria-labelledby": `${name}-question` },
    make("p", { class: "question", id: `${name}-question` }, question),
    make("div", { class: "choices" }, radios(name, pairs, extra)));
}

function numbered(texts) {
  return texts.map((text, k) => [String(k + 1), text]);
}

// ---- The card

function cardPage(card) {
  const { tag } = card;
  const columns = columnsOf(tag);
  const heading = make("h1", { class: "quiet" }, headingOf(card));
  const order = columns.map(({ code, label }) => [code, label]);
  const optOut = survey.names.length > survey.services
    ? [[String(survey.services + 1), survey.labels[survey.services]]] : [];
  const offered = survey.asksOptOut ? order : [...order, ...optOut];
  const groups = [[tag, radioGroup(tag, survey.question, offered, (k) => (k < survey.services ? "" : "no-service"))]];
  if (survey.asksOptOut) {
    const second = radioGroup(`${tag}_opt_out`, say("card.opt_out"), numbered(survey.optOutOptions));
    groups.push([`${tag}_opt_out`, second]);
  }
  if (survey.certainty) groups.push([`${tag}_certainty`, certainty(`${tag}_certainty`)]);
  const note = survey.highlight ? [make("p", { class: "note" }, say("card.differ_note", { mark: "≠" }))] : [];
  const parts = make("fieldset", { class: "card", id: tag },
    make("legend", {}, heading), note, table(card, columns, heading.textContent),
    survey.hasTooltips ? meanings() : [], groups.map(([, group]) => group));
  return { heading, parts, read: (form) => chosen(form, groups), changed: (form, name) => ask(form, tag, name) };
}

/** The second question comes after the choice that it speaks of, and anew when that changes. */
function ask(form, tag, changed) {
  const second = form.elements[`${tag}_opt_out`];
  if (!second) return;
  second[0].closest(".answer").hidden = !form.elements[tag].value;
  if (changed === tag) for (const radio of second) radio.checked = false;
}

function chosen(form, groups) {
  const found = new FormData(form);
  const given = groups.filter(([name]) => found.get(name) !== null);
  const open = groups.filter(([name, group]) => found.get(name) === null && !group.hidden);
  return {
    answers: Object.fromEntries(given.map(([name]) => [name, found.get(name)])),
    problems: open.map(([, group]) => [group, say("offline.error_choice")]),
  };
}

function headingOf(card) {
  if (card.kind === "warm-up") return say("card.warm_up");
  const kinds = record.order.map((tag) => cardOf(tag).kind);
  const before = kinds.filter((kind) => kind === "warm-up").length;
  const position = record.order.indexOf(card.tag) + 1 - before;
  return say("card.heading", { position, cards: kinds.length - before });
}

/** The columns in the order of the screen: which service stands there, its code, and what it is called. */
function columnsOf(tag) {
  const services = survey.names.slice(0, survey.services);
  const order = (record.places[tag] ?? services).filter((name) => services.includes(name));
  return order.map((name, place) => {
    const service = services.indexOf(name);
    return { service, code: String(service + 1), label: survey.labels[survey.labelsStay ? place : service] };
  });
}

function table(card, columns, title) {
  const names = record.attributes ?? survey.attributes.map((attribute) => attribute.name);
  const rows = names.map((name) => {
    const k = survey.attributes.findIndex((attribute) => attribute.name === name);
    const { label, icon: drawing } = survey.attributes[k];
    const differs = survey.highlight && card.differs[k];
    const mark = differs && make("span", { class: "mark" }, make("span", { "aria-hidden": "true" }, "≠"),
      make("span", { class: "visually-hidden" }, `(${say("card.differs")})`));
    const words = differs ? [make("strong", {}, label), " ", mark] : label;
    const cells = columns.map((column) => {
      const text = card.cells[k][column.service];
      const inside = text ? [icon(card.icons[k][column.service]), text] : [
        make("span", { "aria-hidden": "true" }, "–"),
        make("span", { class: "visually-hidden" }, say("card.not_applicable"))];
      return make("td", { role: "cell", "data-service": column.label }, inside);
    });
    return make("tr", { role: "row", class: differs ? "differs" : null },
      make("th", { role: "rowheader", scope: "row" }, icon(drawing), words), cells);
  });
  const what = say(survey.services > 1 ? "card.what_differs" : "card.what_offers");
  const headers = columns.map(({ label }) => make("th", { role: "columnheader", scope: "col" }, label));
  return make("table", { role: "table" },
    make("caption", { class: "visually-hidden" }, `${title}: ${what}`),
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, make("td", { role: "cell" }), headers)),
    make("tbody", { role: "rowgroup" }, rows));
}

function glossary() {
  return make("dl", {}, survey.glossary.map(([label, text]) => [make("dt", {}, label), make("dd", {}, text)]));
}

function meanings() {
  return make("details", { class: "meanings" }, make("summary", {}, say("card.glossary")), glossary());
}

function certainty(name) {
  const numbers = Array.from({ length: 11 }, (_, k) => [String(k), String(k)]);
  const ends = ["card.certainty_least", "card.certainty_most"].map((key) => make("span", {}, say(key)));
  return make("div", { class: "scale", role: "radiogroup", "aria-labelledby": `${name}-question`,
    "aria-describedby": `${name}-ends` },
  make("p", { class: "question", id: `${name}-question` }, say("card.certainty")),
  make("p", { class: "ends", id: `${name}-ends` }, ends[0], " ", ends[1]),
  make("div", { class: "points" }, radios(name, numbers)));
}

// ---- Pages besides the cards

function glossaryPage() {
  const heading = make("h1", {}, say("card.glossary"));
  return { heading, parts: [heading, glossary()], read: () => ({ answers: {}, problems: [] }) };
}

function attendancePage() {
  const heading = make("h1", {}, say("attendance.question"));
  const groups = survey.attributes.map(({ name, label }) => {
    const pairs = numbered(survey.attendanceOptions);
    const group = make("fieldset", { class: "attended", role: "radiogroup" }, make("legend", {}, label),
      make("div", { class: "choices three" }, radios(`attended_${name}`, pairs)));
    return [`attended_${name}`, group];
  });
  return { heading, parts: [heading, groups.map(([, group]) => group)], read: (form) => chosen(form, groups) };
}

function questionPage(when) {
  const heading = make("h1", {}, say("offline.questions"));
  const fields = asked(when).map((question) => [question, questionField(question)]);
  const read = (form) => {
    const found = new FormData(form);
    const answers = {};
    const problems = [];
    for (const [question, field] of fields) {
      const { value, problem } = answerTo(question, (found.get(`ask-${question.name}`) ?? "").trim());
      answers[question.name] = value;
      if (problem) problems.push([field, problem]);
    }
    return { answers, problems };
  };
  return { heading, parts: [heading, fields.map(([, field]) => field)], read };
}

function questionField({ name, text, kind, options, required }) {
  const words = [text, required ? make("span", { class: "rest" }, ` ${say("offline.required")}`) : []];
  if (kind === "choice") {
    return make("fieldset", { class: "asked field", role: "radiogroup", "aria-required": required ? "true" : null },
      make("legend", {}, words), radios(`ask-${name}`, options));
  }
  const control = kind === "number"
    ? make("input", { name: `ask-${name}`, id: `question-${name}`, inputmode: "decimal" })
    : make("textarea", { name: `ask-${name}`, id: `question-${name}`, rows: "3" });
  if (required) control.setAttribute("aria-required", "true");
  return make("div", { class: "field" }, make("label", { for: `question-${name}` }, words), control);
}

function answerTo({ kind, required, least, most }, text) {
  if (!text) return { value: "", problem: required ? say("offline.error_empty") : "" };
  if (kind !== "number") return { value: text, problem: "" };
  const value = numberIn(text);
  if (value === null) return { value: "", problem: say("offline.error_number") };
  if (least !== null && Number(value) < least) return { value: "", problem: say("offline.error_least", { least }) };
  if (most !== null && Number(value) > most) return { value: "", problem: say("offline.error_most", { most }) };
  return { value, problem: "" };
}

/** A number with a point or comma before its decimals; 1,000 and 1.000 could mean two and are none. */
function numberIn(text) {
  const digits = text.replace(/[٠-٩]/g, (sign) => sign.charCodeAt(0) - 0x660)
    .replace(/[۰-۹]/g, (sign) => sign.charCodeAt(0) - 0x6f0);
  if (!/^[-+]?\d{1,15}([.,]\d{1,10})?$/.test(digits) || /^[-+]?[1-9]\d{0,2}[.,]\d{3}$/.test(digits)) return null;
  return digits.replace(",", ".").replace("+", "");
}

function showEnd() {
  const heading = make("h1", {}, say("offline.ending"));
  const onward = button(say("offline.next_participant"), "", nextParticipant);
  const parts = [heading, paragraphs(survey.ending), make("p", {}, say("offline.saved")),
    make("div", { class: "buttons" }, onward, toData())];
  render(heading, parts, {});
}

// ---- The researcher's page

function toData() {
  return button(say("offline.researcher"), "plain", () => { location.hash = "data"; });
}

function leaveData() {
  if (location.hash === "#data") location.hash = "";
  else show();
}

function counts() {
  const all = records();
  const count = (test) => String(all.filter(test).length);
  const stored = [["offline.count_finished", count((one) => one.finished)],
    ["offline.count_unfinished", count((one) => !one.finished)]];
  return survey.post ? [...stored, ["offline.count_sent", count((one) => one.sent)],
    ["offline.count_waiting", count((one) => one.closed && !one.sent)]] : stored;
}

function showData() {
  const heading = make("h1", {}, say("offline.data"));
  const all = records();
  const status = make("p", { class: "status", role: "status" }, statusWords());
  const asking = make("div");
  const downloads = all.length ? [
    button(say("offline.download", { format: "CSV" }), "", () => download("csv", "text/csv", csv(records()))),
    button(say("offline.download", { format: "JSON" }), "", () => download("json", "application/json", json(records()))),
    survey.post && all.some((one) => one.closed && !one.sent) ? button(say("offline.send"), "", send) : []] : [];
  const parts = [
    make("p", { class: "study" }, survey.study), heading, make("p", {}, say("offline.data_note")),
    make("dl", { class: "counts" }, counts().map(([key, n]) => [make("dt", {}, say(key)), make("dd", {}, n)])),
    make("div", { class: "buttons" }, downloads), status, asking,
    make("div", { class: "buttons" },
      button(say(record && !record.closed ? "offline.return" : "offline.next_participant"), "",
        record?.closed ? nextParticipant : leaveData),
      record && !record.closed
        ? button(say("offline.next_participant"), "", () => askUnfinished(asking)) : [],
      all.some((one) => one.closed) ? button(say("offline.delete"), "danger", () => askDelete(asking, status)) : [])];
  render(heading, parts, {});
}

let outcome = ""; // the key of what became of the last attempt to send or delete

function statusWords() {
  return outcome ? say(outcome) : "";
}

function confirm(place, words, yes, no, act) {
  const first = make("p", { tabindex: "-1" }, words);
  place.replaceChildren(make("div", { class: "ask", role: "group" }, first, make("div", { class: "buttons" },
    button(say(no), "", () => place.replaceChildren()), button(say(yes), "danger", act))));
  first.focus();
}

function askUnfinished(place) {
  confirm(place, say("offline.unfinished_ask", { respondent: record.respondent }), "offline.unfinished_yes",
    "offline.unfinished_no", nextParticipant);
}

function askDelete(place, status) {
  const old = records().filter((one) => one.closed);
  if (old.some((one) => !one.downloaded)) {
    status.textContent = say("offline.delete_first");
    return;
  }
  const unsent = old.filter((one) => survey.post && !one.sent).length;
  const words = say("offline.delete_ask", { count: old.length });
  const more = unsent ? ` ${say("offline.delete_unsent", { count: unsent })}` : "";
  confirm(place, words + more, "offline.delete_yes", "offline.delete_no", () => {
    for (const one of old) forget(one);
    outcome = "offline.deleted";
    showData();
  });
}

function forget(one) {
  drop(keyOf(one));
  memory.delete(keyOf(one));
  if (record && record.session === one.session) {
    drop(`${HERE}now`);
    record = null;
  }
}

// ---- Files

/** One record as a row: the columns that dce.read_responses knows, codes as texts. */
function row(one) {
  const cells = {
    dce_study: one.study, dce_design: one.design, dce_cards: one.cards, respondent: one.respondent,
    dce_session: one.session, dce_block: one.block, dce_started: one.started, dce_ended: one.ended,
    dce_finished: one.finished ? "1" : "0",
  };
  if (one.consent) cells.consent = "1";
  if (one.attributes) cells.attribute_order = one.attributes.join("|");
  one.order.forEach((tag, k) => {
    if (one.answers[tag] === undefined) return;
    cells[`${tag}_position`] = String(k + 1);
    if (one.places[tag]) cells[`${tag}_places`] = one.places[tag].join("|");
    if (survey.timers) cells[`${tag}_seconds`] = (one.seconds[tag] ?? 0).toFixed(2);
  });
  return { ...cells, ...one.answers };
}

function columns() {
  const recorded = [...(survey.timers ? ["_seconds"] : []), "_position",
    ...(survey.shuffle.includes("alternatives") ? ["_places"] : [])];
  const asked = ["", ...(survey.asksOptOut ? ["_opt_out"] : []), ...(survey.certainty ? ["_certainty"] : [])];
  const tags = Object.values(survey.blocks).flat().map((card) => card.tag);
  return ["dce_study", "dce_design", "dce_cards", "respondent", "dce_session", "dce_block", "dce_started",
    "dce_ended", "dce_finished", ...(survey.consent.length ? ["consent"] : []), ...(survey.shuffle.includes("attributes") ? ["attribute_order"] : []),
    ...tags.flatMap((tag) => [...asked, ...recorded].map((kind) => tag + kind)),
    ...(survey.attendance ? survey.attributes.map(({ name }) => `attended_${name}`) : []),
    ...survey.questions.map(({ name }) => name)];
}

function tableOf(some) {
  const rows = some.map(row);
  const names = [...new Set([...columns(), ...rows.flatMap(Object.keys)])];
  return { names, rows: rows.map((cells) => names.map((name) => (Object.hasOwn(cells, name) ? cells[name] : ""))) };
}

function csv(some) {
  const { names, rows } = tableOf(some);
  const quoted = (cell) => (/[",;\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return "\ufeff" + [names, ...rows].map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}

function json(some) {
  const { names, rows } = tableOf(some);
  const tables = rows.map((cells) => Object.fromEntries(names.map((name, k) => [name, cells[k]])));
  return `${JSON.stringify({ dce: survey.format, records: tables }, null, 1)}\n`;
}

function download(ending, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "").replace("T", "-");
  const link = make("a", { href: url, download: `answers_${deviceName()}_${time}.${ending}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  for (const one of records()) if (one.closed) change(one, { downloaded: true });
  refresh("");
}

/** A name for this device, so that files of many tablets fit into one folder. */
function deviceName() {
  const name = localStorage.getItem("dce/device") ?? someSigns(4);
  keep("dce/device", name);
  return name;
}

/** Change a record that is closed, wherever it stands. */
function change(one, values) {
  const whole = record && record.session === one.session ? record : one;
  save(Object.assign(whole, values));
}

// ---- Sending: closed records, one by one, until the address has said that it has them

let wait = FIRST_WAIT;
let timer = 0;
let isSending = false;

async function send() {
  if (!survey.post || isSending) return;
  clearTimeout(timer);
  isSending = true;
  const tried = new Set();
  const next = () => records().find((one) => one.closed && !one.sent && !tried.has(one.session));
  let failed = false;
  for (let one = next(); one; one = next()) {
    tried.add(one.session);
    if (outcome !== "offline.sending") refresh("offline.sending");
    const isThere = await isReceived(one);
    const now = records().find((same) => same.session === one.session); // it may have been deleted meanwhile
    if (isThere && now) change(now, { sent: true });
    failed ||= !isThere;
  }
  isSending = false;
  wait = failed ? Math.min(wait * 2, LONGEST_WAIT) : FIRST_WAIT;
  if (failed) timer = setTimeout(send, wait);
  if (tried.size) refresh(failed ? "offline.not_sent" : "");
}

async function isReceived(one) {
  if (!navigator.onLine) return false;
  try {
    const answer = await fetch(survey.post, {
      method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: json([one]),
      signal: AbortSignal.timeout(PATIENCE),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

function refresh(key) {
  outcome = key;
  const status = document.querySelector(".status");
  if (!status) return;
  status.textContent = statusWords();
  const numbers = counts().map(([, n]) => n);
  document.querySelectorAll(".counts dd").forEach((cell, k) => { cell.textContent = numbers[k]; });
}

// ---- From the start, or from where it was

function resume() {
  const session = localStorage.getItem(`${HERE}now`);
  const found = records().find((one) => one.session === session) ?? null;
  const id = (address.get("id") ?? "").trim();
  for (const one of records()) if (!one.closed && one.session !== session) change(one, { closed: true });
  record = found;
  if (found && id && id !== found.respondent && !whyNot(id)) {
    if (!found.closed) close(false); // the address names a respondent who has not answered: one link each
    drop(`${HERE}now`);
    record = null;
  } else if (found && !pages().includes(found.page)) {
    record.page = pages().find((page) => cardOf(page) && !(page in found.answers)) ?? pages().at(-2);
  }
}

window.addEventListener("pagehide", stopWatch);
window.addEventListener("online", () => { wait = FIRST_WAIT; send(); });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && location.hash !== "#data") startWatch();
  else stopWatch();
});

async function start() {
  await openCopy();
  if (canSave()) resume();
  window.addEventListener("hashchange", () => { stopWatch(); show(); });
  show();
  send();
}

start();
