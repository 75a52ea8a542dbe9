// dceStart(Survey.Model, json, { block, respondent }) returns the model of surveyjs.json, ready to render.
// It draws the block where none is given, puts tasks in random order where the study asks for it, and records
// the order of the screen as dce_order and the time that each task took as, say, b1_t3_seconds.
function dceStart(Model, json, { block, respondent, random = Math.random } = {}) {
  const isTask = (page) => /^b\d+_[twdr]\d+$/.test(page.name);
  const blockOf = (page) => Number(/\d+/.exec(page.name)[0]);
  const blocks = [...new Set(json.pages.filter(isTask).map(blockOf))];
  block = Number(block) || blocks[Math.floor(random() * blocks.length)];
  if (!blocks.includes(block)) throw new Error(`block ${block} is none of ${blocks.join(", ")}`);
  const shuffled = (page) => DCE.shuffle && isTask(page) && blockOf(page) === block && /_t\d+$/.test(page.name);
  const drawn = json.pages.filter(shuffled);
  for (let k = drawn.length - 1; k > 0; k--) {
    const j = Math.floor(random() * (k + 1));
    [drawn[k], drawn[j]] = [drawn[j], drawn[k]];
  }
  const pages = json.pages.map((page) => (shuffled(page) ? drawn.shift() : page));
  const survey = new Model({ ...json, pages });
  const order = pages.filter((page) => isTask(page) && blockOf(page) === block);
  survey.setValue("respondent", String(respondent || Date.now().toString(36) + random().toString(36).slice(2, 8)));
  survey.setValue("dce_block", block);
  survey.setValue("dce_order", order.map((page) => page.name).join("|"));
  let since = Date.now();
  const leave = (page) => {
    if (DCE.timers && page && isTask(page)) {
      const name = `${page.name}_seconds`;
      survey.setValue(name, Math.round(1000 * (survey.getValue(name) || 0) + Date.now() - since) / 1000);
    }
    since = Date.now();
  };
  survey.onCurrentPageChanged.add((_, change) => leave(change.oldCurrentPage));
  survey.onCompleting.add(() => leave(survey.currentPage));
  return survey;
}
if (typeof module !== "undefined") module.exports = { dceStart };
