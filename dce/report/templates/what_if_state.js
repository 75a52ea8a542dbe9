/* What people have chosen; all of it stands in the address of the page, so that a link shares it. */

const MOST_SERVICES = 6;

function newService(number, from) {
  const kinds = STUDY.alternatives;
  const alternative = STUDY.kinds ? kinds[(number - 1) % kinds.length].name : null;
  const service = {
    name: alternative === null || !STUDY.kinds ? `Service ${number}` : kinds[(number - 1) % kinds.length].label,
    alternative,
    values: { ...(from ? from.values : {}) },
  };
  return completed(service);
}

/* A service has a value of every attribute; where none was chosen, the first level of the study. */
function completed(service) {
  for (const a of STUDY.attributes) {
    if (!a.values.includes(service.values[a.name])) {
      service.values[a.name] = a.values.find((_, i) => !a.outside[i]);
    }
  }
  return service;
}

function isOptOut(service) {
  return STUDY.optOut !== null && service.alternative === STUDY.optOut.name;
}

/* A scenario of the study, or one that was kept, as the page holds it. */
function scenarioOf(from) {
  const services = from.services.filter((s) => !isOptOut(s)).map((s) => completed(structuredClone(s)));
  while (services.length < (STUDY.optOut ? 1 : 2)) services.push(newService(services.length + 1));
  const who = {};
  for (const c of STUDY.characteristics) {
    who[c.name] = c.values.includes(from.people[c.name]) ? from.people[c.name] : c.values[0];
  }
  const optOut = STUDY.optOut !== null && (from.services.length === 0 || from.services.some(isOptOut));
  return { services, optOut: optOut || services.length < 2, people: who };
}

function competing(scenario) {
  const none = STUDY.optOut && { name: STUDY.optOut.label, alternative: STUDY.optOut.name, values: {} };
  return scenario.optOut ? [...scenario.services, none] : scenario.services;
}

function readAddress() {
  if (location.hash.length < 2) return null;
  try {
    const found = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    const scenarios = [found.now, ...found.kept];
    return scenarios.every(isScenario) && found.kept.every((k) => typeof k.name === "string") ? found : undefined;
  } catch {
    return undefined;
  }
}

/* Whether something is a scenario of this very study. */
function isScenario(found) {
  return Array.isArray(found.services) && found.services.length <= MOST_SERVICES &&
    typeof found.optOut === "boolean" && (STUDY.optOut !== null || !found.optOut) &&
    found.services.length + found.optOut >= 2 &&
    found.services.every((s) => typeof s.name === "string" && !isOptOut(s) &&
      (STUDY.kinds ? NAMES.includes(s.alternative) : s.alternative === null) &&
      STUDY.attributes.every((a) => a.values.includes(s.values[a.name]))) &&
    STUDY.characteristics.every((c) => c.values.includes(found.people[c.name]));
}

const arrived = readAddress();
const state = arrived || {
  now: scenarioOf(STUDY.scenarios[0]),
  group: 0,
  kept: [],
  sweep: { service: 0, attribute: STUDY.attributes[0].name },
};
if (!STUDY.groups[state.group]) state.group = 0;
if (!ATTRIBUTE.has(state.sweep && state.sweep.attribute)) {
  state.sweep = { service: 0, attribute: STUDY.attributes[0].name };
}

let writing = 0;
function writeAddress() {
  clearTimeout(writing); /* browsers refuse to replace the address a hundred times in some seconds */
  writing = setTimeout(() => history.replaceState(null, "", address()), 150);
}

function address() {
  return `#${encodeURIComponent(JSON.stringify(state))}`;
}
