"use strict";
/* The logit of the study: columns of X by look-up, probabilities, intervals by the delta method. */

const STUDY = JSON.parse(document.getElementById("study").textContent);
const ATTRIBUTE = new Map(STUDY.attributes.map((a) => [a.name, a]));
const CHARACTERISTIC = new Map(STUDY.characteristics.map((c) => [c.name, c]));
const NAMES = [...STUDY.alternatives.map((a) => a.name), ...(STUDY.optOut ? [STUDY.optOut.name] : [])];
const K = STUDY.groups[0].b.length;

/* The attributes that a service has; one that is no alternative of the study has them all. */
function attributesOf(service) {
  if (STUDY.optOut && service.alternative === STUDY.optOut.name) return [];
  const kind = STUDY.alternatives.find((a) => a.name === service.alternative);
  return kind ? STUDY.attributes.filter((a) => kind.has.includes(a.name)) : STUDY.attributes;
}

function columns(service, who) {
  const x = new Array(K).fill(0);
  const has = new Set(attributesOf(service).map((a) => a.name));
  for (const term of STUDY.terms) {
    let row = 0;
    for (const name of term.variables) {
      let at = -1, size = 0;
      if (name === "alternative") {
        size = NAMES.length + 1;
        at = service.alternative === null ? 0 : NAMES.indexOf(service.alternative) + 1;
      } else if (ATTRIBUTE.has(name)) {
        size = ATTRIBUTE.get(name).values.length;
        at = has.has(name) ? ATTRIBUTE.get(name).values.indexOf(service.values[name]) : -1;
      } else {
        size = CHARACTERISTIC.get(name).values.length;
        at = CHARACTERISTIC.get(name).values.indexOf(who[name]);
      }
      row = at < 0 ? NaN : row * size + at;
    }
    if (Number.isNaN(row)) continue; /* an attribute that the service lacks makes the term zero */
    const width = term.coefficients.length;
    term.coefficients.forEach((k, i) => { x[k] = term.X[row * width + i]; });
  }
  return x;
}

function logSumExp(values) {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, v) => sum + Math.exp(v - most), 0));
}

const dot = (a, b) => a.reduce((sum, value, k) => sum + value * b[k], 0);
const expit = (v) => (v >= 0 ? 1 / (1 + Math.exp(-v)) : Math.exp(v) / (1 + Math.exp(v)));

/* Probability of each service, with the ends of its interval. The gradient of log(P/(1-P)) is x_j less the
   mean of the other services, weighted by their probabilities among themselves. */
function evaluate(services, who, group) {
  const X = services.map((service) => columns(service, who));
  const u = X.map((x) => dot(x, group.b));
  const total = logSumExp(u);
  return X.map((x, j) => {
    const others = X.map((_, i) => i).filter((i) => i !== j);
    const among = logSumExp(others.map((i) => u[i]));
    const weights = others.map((i) => Math.exp(u[i] - among));
    const g = x.map((value, k) => others.reduce((sum, i, n) => sum - weights[n] * X[i][k], value));
    let variance = 0;
    for (let a = 0; a < K; a++) for (let b = 0; b < K; b++) variance += g[a] * group.V[a * K + b] * g[b];
    const logOdds = u[j] - among;
    const half = group.quantile * Math.sqrt(Math.max(variance, 0));
    return { P: Math.exp(u[j] - total), low: expit(logOdds - half), high: expit(logOdds + half) };
  });
}

/* What to say of services beyond the study: values outside its range, combinations never shown. */
function cautions(services) {
  const found = [];
  for (const service of services) {
    for (const a of attributesOf(service)) {
      const at = a.values.indexOf(service.values[a.name]);
      if (a.outside[at]) {
        const inside = a.texts.filter((_, i) => !a.outside[i]);
        found.push(`${service.name}, ${a.label}: ${a.texts[at]} is beyond what people were asked about ` +
          `(${inside[0]} to ${inside[inside.length - 1]}).`);
      }
    }
    const has = new Set(attributesOf(service).map((a) => a.name));
    for (const rule of STUDY.rules) {
      if (!rule.attributes.every((name) => has.has(name))) continue;
      if (rule.never.some((levels) => levels.every((v, i) => v === service.values[rule.attributes[i]]))) {
        const words = rule.attributes.map((name) => {
          const a = ATTRIBUTE.get(name);
          return a.texts[a.values.indexOf(service.values[name])];
        });
        found.push(`${service.name}: nobody was shown a service with ${words.join(" and ")}.`);
      }
    }
  }
  return found;
}
