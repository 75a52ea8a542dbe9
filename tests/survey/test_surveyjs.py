"""The survey for SurveyJS, run by survey-core itself where node has it, and answers in its layouts."""

import json
import os
import shutil
import subprocess
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import dce
from dce.survey.texts import shipped_file

ROOT = Path(__file__).parents[2]
CORE = Path(os.environ.get("SURVEY_CORE", ROOT / "build" / "npm" / "node_modules" / "survey-core"))
"""The npm package, which .ci/run installs."""
needs_core = pytest.mark.skipif(
    shutil.which("node") is None or not (CORE / "package.json").exists(),
    reason="needs node, and the npm package survey-core in build/npm or where SURVEY_CORE says",
)
HOSTILE = """{b1_t1} {dce_block} {x}} {{y}} { "a" 'b' <script>alert(1)</script> ${c} 😀 שלום"""
DRIVER = """
const { Model } = require(process.argv[1]);
const { dceStart } = require(process.argv[2] + "/surveyjs_start.js");
const json = require(process.argv[2] + "/surveyjs.json");
const plain = new Model(json);
const results = [];
const texts = {};
for (const settings of [{ block: 1, respondent: "p1" }, { block: "2" }, {}, {}]) {
  const survey = dceStart(Model, json, settings);
  const screen = [];
  let back = false, stuck = true;
  for (let k = 0; k < 100 && survey.state === "running"; k++) {
    screen.push(survey.currentPage.name);
    back = back || survey.isShowPrevButton;
    if (survey.currentPage.name.startsWith("b")) stuck = stuck && !survey.currentPage.validate(false, false);
    for (const question of survey.currentPage.questions) {
      if (question.getType() === "html") {
        texts[question.name] = question.processedHtml;
        continue;
      }
      if (question.getType() === "radiogroup" || question.getType() === "checkbox") {
        const value = question.choices[question.choices.length - 1].value;
        question.value = question.getType() === "checkbox" ? [value] : value;
      } else if (question.getType() === "rating") question.value = 0;
      else question.value = question.inputType === "number" ? 44 : "fine {b1_t1}";
      texts[question.name] = [question.locTitle.renderedHtml, question.isRequired];
      texts[question.name].push((question.choices || []).map((choice) => choice.locText.renderedHtml));
    }
    const until = Date.now() + 2;
    while (Date.now() < until);
    if (survey.isLastPage) survey.completeLastPage(); else survey.nextPage();
  }
  results.push({ data: survey.data, screen, back, stuck, state: survey.state });
}
let refused = "";
try { dceStart(Model, json, { block: 9 }); } catch (error) { refused = error.message; }
console.log(JSON.stringify({
  errors: plain.jsonErrors, first: plain.currentPage.name, title: plain.locTitle.renderedHtml,
  locale: plain.locale, ending: plain.processedCompletedHtml, results, texts, refused,
}));
"""


def everything(study):
    """Return the study with hostile words everywhere, and a survey that asks for everything."""
    first, *others = study.attributes
    left, right = study.alternatives
    settings = dce.SurveySettings(
        texts={"card.opt_out": "Really {{b1_t1}}?"},
        consent=HOSTILE,
        ending=HOSTILE,
        questions=[
            dce.Question("work", HOSTILE, [f"yes {HOSTILE}", "no"], when="before", required=True),
            dce.Question("years", "How old?", kind="number", least=18, most=99),
            dce.Question("remarks", "Anything else?"),
        ],
        back=True,
        definitions="both",
        opt_out="question",
        certainty=True,
        attendance=True,
        warm_up=True,
        repeat=[1],
    )
    return replace(
        study,
        title=HOSTILE,
        question=HOSTILE,
        introduction=HOSTILE,
        attributes=[replace(first, label=HOSTILE, definition=HOSTILE), *others],
        alternatives=[replace(left, label=HOSTILE), right],
        opt_out=replace(study.opt_out, label=f"none {HOSTILE}"),
        survey=settings,
    )


def export(design, folder, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(design, folder, to=["surveyjs"], **options)
    return json.loads((folder / "surveyjs.json").read_text(encoding="utf-8"))


def run(folder):
    """Let four respondents answer in survey-core, one in each block and two where chance puts them."""
    done = subprocess.run(
        ["node", "-e", DRIVER, str(CORE.resolve()), str(folder)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def design():
    made = dce.Design.read(ROOT / "designs" / "peer-support")
    return dce.Design(everything(made.study), made.frame)


@pytest.fixture(scope="module")
def folder(design, tmp_path_factory):
    path = tmp_path_factory.mktemp("surveyjs")
    export(design, path)
    return path


@pytest.fixture(scope="module")
def ran(folder):
    return run(folder)


@needs_core
def test_survey_core_finds_no_error(ran):
    assert ran["errors"] is None
    assert ran["locale"] in ("", "en")
    assert ran["first"] == "dce_no_block"
    assert ran["refused"] == "block 9 is none of 1, 2, 3"


@needs_core
def test_words_are_shown_word_for_word(ran):
    assert ran["title"] == HOSTILE
    assert ran["texts"]["b1_t1"] == [HOSTILE, True, [HOSTILE, "Service 2"]]
    assert ran["texts"]["b1_t1_opt_out"][0] == "Really {{b1_t1}}?"
    assert ran["texts"]["b1_t1_opt_out"][2][1] == f"No: none {HOSTILE}"
    assert ran["texts"]["work"] == [HOSTILE, True, [f"yes {HOSTILE}", "no"]]
    assert ran["texts"]["attended_provider"][0] == HOSTILE
    for name in ("b1_t1_card", "dce_introduction_text", "dce_consent_text", "dce_glossary_text"):
        assert "&#123;b1_t1&#125; &#123;dce_block&#125;" in ran["texts"][name]
        assert "&lt;script&gt;" in ran["texts"][name]
        assert "<script" not in ran["texts"][name]
    assert "&#123;b1_t1&#125;" in ran["ending"]


@needs_core
def test_respondents_meet_their_block_in_random_order(ran):
    for result, given in zip(ran["results"], (1, 2, None, None), strict=True):
        data, screen = result["data"], result["screen"]
        assert result["state"] == "completed"
        assert result["back"] is True
        assert result["stuck"] is True
        block = given or data["dce_block"]
        assert data["dce_block"] == block
        order = data["dce_order"].split("|")
        tasks = {f"b{block}_t{k}" for k in range(1, 9)}
        assert set(order) == tasks | {f"b{block}_w1", f"b{block}_r1"}
        assert (order[0], order[-1]) == (f"b{block}_w1", f"b{block}_r1")
        assert screen == ["dce_introduction", "dce_consent", "dce_before", "dce_glossary", *order,
                          "dce_attendance", "dce_after"]  # fmt: skip
        assert all(0.001 <= data[f"{tag}_seconds"] < 5 for tag in order)
    orders = [tuple(tag[3:] for tag in result["data"]["dce_order"].split("|")) for result in ran["results"]]
    assert len(set(orders)) > 1


@needs_core
def test_what_survey_core_saves_comes_back(ran, design, folder):
    path = folder / "saved.json"
    path.write_text(json.dumps([result["data"] for result in ran["results"]]), encoding="utf-8")
    choices = dce.read_responses(path, design, folder / "manifest.json")
    frame = choices.frame.drop_duplicates(["respondent", "task"])
    assert len(frame) == 4 * 8
    assert choices.report.finished == 4
    assert choices.frame.query("chosen == 1")["alternative"].unique().tolist() == ["neither"]
    assert set(frame["forced"]) == {"service 2"}
    assert set(frame["certainty"]) == {0}
    assert set(frame["years"]) == {44}
    assert set(frame["work"]) == {"no"}
    assert set(frame["attended_provider"]) == {"never"}
    assert set(frame["remarks"]) == {"fine {b1_t1}"}
    assert "consent" not in frame
    first = frame[frame["respondent"] == "p1"].sort_values("position")
    assert first["position"].tolist() == [2, 3, 4, 5, 6, 7, 8, 9]
    numbers = sorted(design.frame.query("block == 1")["task"].unique())
    met = [f"b1_t{numbers.index(task) + 1}" for task in first["task"]]
    assert ran["results"][0]["data"]["dce_order"].split("|")[1:-1] == met
    assert not any("brace" in name for name in frame)


@needs_core
def test_a_language_from_right_to_left_in_the_order_of_the_design(small_design, tmp_path):
    texts = tmp_path / "texts.toml"
    words = shipped_file("en").replace('language = "en"', 'language = "ar"')
    texts.write_text(words.replace('direction = "ltr"', 'direction = "rtl"'), encoding="utf-8")
    settings = dce.SurveySettings(shuffle=[], timers=False, ending="Thanks")
    made = dce.Design(replace(small_design.study, survey=settings), small_design.frame)
    content = export(made, tmp_path, texts=texts)
    assert content["locale"] == "ar"
    assert content["completedHtml"] == '<div dir="rtl"><p>Thanks</p></div>'
    ran = run(tmp_path)
    assert ran["errors"] is None
    for result in ran["results"]:
        block = result["data"]["dce_block"]
        assert result["screen"] == [f"b{block}_t{k}" for k in range(1, 7)]
        assert result["back"] is False
        assert not any(name.endswith("_seconds") for name in result["data"])
    assert '<div dir="rtl"><p><strong>Card 1 of 6' in ran["texts"]["b1_t1_card"]


def test_same_survey_same_bytes(design, folder, tmp_path):
    export(design, tmp_path)
    for name in ("surveyjs.json", "surveyjs_start.js", "surveyjs_notes.txt"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def result(block=1, **changes):
    data = {"respondent": "a", "dce_block": block} | {f"b{block}_t{k}": "1" for k in range(1, 9)}
    return data | {"dce_order": "|".join(f"b{block}_t{k}" for k in (6, 5, 4, 3, 2, 1))} | changes


@pytest.mark.parametrize(
    "wrap",
    [
        lambda a, b: [a, b],
        lambda a, b: {"ResultCount": 2, "Data": [a | {"HappendAt": "2026-11-25"}, b]},
    ],
)
def test_json_as_saved_and_as_the_service_exports(small_design, tmp_path, wrap):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(wrap(result(), result(2, respondent="b", age=41))), encoding="utf-8")
    choices = dce.read_responses(path, small_design)
    frame = choices.frame.query("chosen == 1").sort_values(["block", "task"])
    assert frame["position"].tolist() == [6, 5, 4, 3, 2, 1] * 2
    assert set(frame["alternative"]) == {"A"}
    assert frame["age"].dropna().unique().tolist() == [41]
    assert "HappendAt" not in frame


def test_one_result_to_a_file(small_design, tmp_path):
    files = [tmp_path / "1.json", tmp_path / "2.json", tmp_path / "3.csv"]
    files[0].write_text(json.dumps(result()), encoding="utf-8")
    files[1].write_text(json.dumps([result(2, respondent="b")]), encoding="utf-8")
    pd.DataFrame([result(1, respondent="c", b1_t1="B")]).to_csv(files[2], index=False)
    choices = dce.read_responses(files, small_design)
    assert choices.report.finished == 3
    chosen = choices.frame.query("chosen == 1")
    assert chosen.groupby("respondent")["alternative"].agg(lambda names: (names == "B").sum()).to_dict() == {
        "a": 0, "b": 0, "c": 1
    }  # fmt: skip


def test_without_the_script_the_order_is_unknown(small_design, tmp_path):
    path = tmp_path / "answers.json"
    plain = {name: value for name, value in result().items() if name != "dce_order"}
    path.write_text(json.dumps([plain]), encoding="utf-8")
    choices = dce.read_responses(path, small_design)
    assert "The order of tasks was not recorded." in choices.report.notes
    assert "position" not in choices.frame


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([result(dce_order="b1_t1|b1_t1")], r"result 1: dce_order is 'b1_t1\|b1_t1'; allowed: tags of one"),
        ([result(dce_order="b1_t1|b2_t1")], "allowed: tags of one block"),
        ([result(dce_order="b1_t1,b1_t2")], "allowed: tags of one block, each once, with | between"),
        ([result(), 3], "result 2: found 3; allowed: names and values"),
        ([result(dce_block=2)], "is in block 2, but also answered"),
        ([result(dce_block=7)], "column 'dce_block': '7' is no block; allowed: '1', '2'"),
        ([result(dce_design="0123456789abcdef")], "column 'dce_design' is '0123456789abcdef'; allowed"),
        ([result(b1_t3="4")], "result 1: column 'b1_t3': answer '4' is not one of"),
        ([result(), result()], "respondent 'a' was already on result 1"),
        ([{"dce_order": "b1_t1", "b1_t1": "1"}], "found no value 'dce_block'"),
        ([{"b1_t1": "1"}], "is JSON of no survey that dce knows"),
    ],
)
def test_what_does_not_fit_is_refused(small_design, tmp_path, content, message):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(dce.ChoicesError, match=message.replace("| between", r"\| between")):
        dce.read_responses(path, small_design)
