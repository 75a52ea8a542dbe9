"""The what-if page in a browser: numbers, keyboard, links, hostile texts, accessibility."""

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce
from dce.report.what_if import write_what_if

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
STUDIES = ("physiotherapy", "peer-support", "staff-support")
# P(service 1) in the three scenarios, as the paper prints it (doi 10.1186/s12913-024-11585-w).
PUBLISHED = {
    "Everybody": [96.72, 77.88, 53.34],
    "physiotherapist": [97.80, 83.81, 59.82],
    "support worker": [90.74, 50.10, 30.44],
}


def fits(name, formula=None):
    study = dce.Study.read(ROOT / "designs" / name)
    design = dce.Design.read(ROOT / "designs" / name / "design.csv", study)
    choices = dce.simulate_choices(design, respondents=150, seed=1)
    number = pd.factorize(choices.frame["respondent"])[0]
    women = np.where(number % 2, "women", "men")
    frame = choices.frame.assign(sex=women, over65=(number % 3 == 0).astype(int))
    choices = dce.Choices(frame, study)
    return dce.fit_mnl(choices, formula), dce.fit_by(choices, "sex", formula)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the page and the fits of a study, each made once."""
    found = {}

    def make(name, formula=None):
        if (name, formula) not in found:
            fit, groups = fits(name, formula)
            path = tmp_path_factory.mktemp("what_if") / f"{name}.html"
            scenarios = ROOT / "designs" / name / "scenarios.toml"
            write_what_if(fit, path, groups=groups, scenarios=scenarios, people="patients")
            found[name, formula] = path.as_uri(), fit, groups
        return found[name, formula]

    return make


def shown(page, group):
    """Return the probabilities of a row of the table of groups, in per cent."""
    row = page.locator("#by-group tbody tr", has_text=group).first
    return [float(text.rstrip("%")) for text in row.locator("td b").all_inner_texts()]


def numbers(page):
    """Return everything that the page tells."""
    return page.locator(".results, #groups, #figure, #kept").all_inner_texts()


def test_the_probabilities_that_the_reference_study_prints(reference, tmp_path, open_page):
    text = (reference / "PHYSIOTHERAPY.md").read_text(encoding="utf-8")
    table = text[text.index("## Coefficients") : text.index("## What must come out")]
    rows = [line.split("|")[1:-1] for line in table.splitlines() if re.search(r"\| *-?\d", line)]
    fit, groups = fits("physiotherapy")
    names = ("constant[service 2]", "clinician[support worker]", "wait", "continuity[different clinician]",
             "sessions", "mode[one-to-one with equipment]", "mode[exercise class]", "distance",
             "parking[limited]")  # fmt: skip
    by_group = {}
    for column, group in ((1, "physiotherapist"), (2, "support worker"), (3, "Everybody")):
        values = pd.Series({name: float(row[column]) for name, row in zip(names, rows, strict=True)})
        by_group[group] = replace(fit, coefficients=values[fit.coefficients.index])
    everybody = by_group.pop("Everybody")
    path = write_what_if(
        everybody,
        tmp_path / "page.html",
        groups=replace(groups, fits=by_group),
        scenarios=ROOT / "designs" / "physiotherapy" / "scenarios.toml",
    )
    page = open_page(path.as_uri())
    for scenario in range(3):
        page.select_option("#start", str(scenario))
        for group, probabilities in PUBLISHED.items():
            assert shown(page, group)[0] == pytest.approx(probabilities[scenario], abs=0.005 + 1e-9)
            page.select_option("#group", label=group)
            about = page.locator("#bars li").first.inner_text()
            assert f"about {round(probabilities[scenario])} in 100" in about


FORMULAS = {
    "physiotherapy": [
        None,
        "clinician + wait + continuity + sessions + mode + poly(distance, 2) + parking + wait:over65",
    ],
    "peer-support": [None],
    "staff-support": [None],
}


@pytest.mark.parametrize(
    ("name", "formula"), [(name, formula) for name, all_of in FORMULAS.items() for formula in all_of]
)
def test_a_hundred_random_scenarios_agree_with_python(made, open_page, name, formula):
    url, fit, groups = made(name, formula)
    page = open_page(url)
    data = json.loads(page.locator("#study").inner_text())
    rng = np.random.default_rng(7)
    alternatives = {each["name"]: each["has"] for each in data["alternatives"]}
    cases, rows = [], []
    for case in range(100):
        people = {c["name"]: rng.choice(c["values"]).item() for c in data["characteristics"]}
        services = []
        for number in range(rng.integers(2, 5)):
            kind = rng.choice(list(alternatives)).item() if data["kinds"] else None
            has = alternatives[kind] if kind else [a["name"] for a in data["attributes"]]
            values = {
                a["name"]: a["values"][rng.integers(len(a["values"]))]
                for a in data["attributes"]
                if a["name"] in has
            }
            services.append({"name": f"S{number}", "alternative": kind, "values": values})
        if data["optOut"] and rng.random() < 0.5:
            none = {"name": "none", "alternative": data["optOut"]["name"], "values": {}}
            services.append(none)
        cases.append({"services": services, "people": people})
        rows += [
            {"scenario": str(case), "service": s["name"], "alternative": s["alternative"], **s["values"],
             **people}
            for s in services
        ]  # fmt: skip
    for number, fitted in enumerate([fit, *groups.fits.values()]):
        found = page.evaluate(
            "([cases, group]) => cases.flatMap((c) => evaluate(c.services, c.people, STUDY.groups[group]))",
            [cases, number],
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dce.RangeWarning)
            expected = dce.scenarios(fitted, pd.DataFrame(rows)).frame
        for ours, theirs in (("P", "probability"), ("low", "low"), ("high", "high")):
            got = np.array([each[ours] for each in found])
            np.testing.assert_allclose(got, expected[theirs].to_numpy(), rtol=1e-9, atol=1e-12)


def test_keyboard_alone_is_enough(made, open_page):
    url, fit, _ = made("physiotherapy")
    page = open_page(url)
    before = shown(page, "Everybody")[0]
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        at = page.evaluate("document.activeElement.id || document.activeElement.textContent")
        if at == "service-1-wait":
            for _ in range(3):
                page.keyboard.press("ArrowRight")
        if at == "service-1-parking":
            page.keyboard.press("ArrowDown")
        if at == "keep" and "keep" not in reached:
            page.keyboard.press("Enter")
        reached.add(at)
    assert {"start", "group", "service-2-name", "add", "share", "Print", "sweep-attribute"} <= reached
    assert shown(page, "Everybody")[0] < before
    expected = dce.scenarios(fit, ROOT / "designs" / "physiotherapy" / "scenarios.toml").frame
    assert before == pytest.approx(100 * expected["probability"].iloc[0], abs=0.005)
    assert page.locator("#kept table").count() == 1
    assert "Kept as Scenario 1" in page.locator("#done").inner_text()


def test_a_link_brings_back_what_was_seen(made, open_page):
    url, _, _ = made("peer-support")
    page = open_page(url)
    page.click("#keep")
    page.click("#add")
    page.select_option("#group", "1")
    page.locator("#service-2-name").fill("Ours & <theirs>")
    page.wait_for_timeout(300)
    seen = numbers(page)
    again = open_page(page.url)
    assert again.locator("#service-2-name").input_value() == "Ours & <theirs>"
    assert again.locator("#kept table").count() == 1
    assert numbers(again) == seen


@pytest.mark.parametrize("wrong", ["#%7B%22now%22%3A1%7D", "#nonsense", "#%"])
def test_a_link_of_another_study_is_said(made, open_page, wrong):
    page = open_page(made("physiotherapy")[0] + wrong)
    assert "another version of this study" in page.locator("[role=alert]").inner_text()
    assert page.locator("#bars li").count() == 2


def test_beyond_the_study_is_said(made, open_page):
    page = open_page(made("physiotherapy")[0])
    page.locator("#service-1-wait").fill("0")
    assert (
        "beyond what people were asked about (2 weeks to 8 weeks)" in page.locator("#cautions").inner_text()
    )
    assert page.locator("#service-1-wait").get_attribute("aria-valuetext").endswith("asked about")


def test_services_that_were_never_shown_are_said(made, open_page):
    url, fit, _ = made("peer-support")
    page = open_page(url)
    rule = next(rule for rule in json.loads(page.locator("#study").inner_text())["rules"] if rule["never"])
    for name, level in zip(rule["attributes"], rule["never"][0], strict=True):
        attribute = fit.study.attribute(name)
        label = attribute.labels[attribute.levels.index(level)]
        control = page.locator(f"#service-1-{name}")
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(label=label)
        else:
            values = page.evaluate("name => ATTRIBUTE.get(name).values", name)
            control.fill(str(values.index(level)))
    assert "nobody was shown a service with" in page.locator("#cautions").inner_text()


def test_services_can_be_added_and_removed(made, open_page):
    page = open_page(made("staff-support")[0])
    count = page.locator("fieldset.service").count()
    page.click("#add")
    assert page.locator("fieldset.service").count() == count + 1
    total = sum(shown(page, "Everybody"))
    assert total == pytest.approx(100, abs=0.05)
    for _ in range(count):
        page.locator("fieldset.service").last.get_by_role("button").click()
    assert page.locator("fieldset.service").count() == 1
    assert page.locator("#opt-out").is_disabled()


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("name", STUDIES)
def test_accessible_and_without_overflow(made, open_page, name, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page(made(name)[0], width)
    page.click("#keep")
    page.locator("summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    small = page.evaluate(
        "[...document.querySelectorAll('button, select, input:not([type=checkbox]), summary')]"
        ".filter(e => e.getBoundingClientRect().height < 44).map(e => e.id || e.textContent)"
    )
    assert small == []


def test_hostile_texts_stay_texts(tmp_path, open_page):
    bad = "</script><script>document.title='gone'</script><img src=x onerror=alert(1)> \u2028 \u05e9"
    study = dce.Study(
        bad,
        attributes=[dce.Attribute("wait", [1, 2, 4], bad, "w<b>s"), dce.Attribute("kind", [bad, "other"])],
        alternatives=[dce.Alternative("A"), dce.Alternative("B")],
        priors={"wait": -0.3, "kind[other]": 0.2},
    )
    design = dce.make_design(study, tasks=6, blocks=1, starts=1)
    fit = dce.fit_mnl(dce.simulate_choices(design, respondents=60, seed=1))
    page = open_page(write_what_if(fit, tmp_path / "page.html").as_uri())
    assert page.title().startswith("What if? </script>")
    assert page.locator("img").count() == 0
    assert page.locator("#bars li").count() == 2
