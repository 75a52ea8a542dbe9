"""The offline survey in Chromium: by touch and by keys, through reloads and lost networks, and read back."""

import functools
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import dce

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is absent")

pytestmark = pytest.mark.browser

HOSTILE = (
    """<script>window.hacked=1</script></script> <img src=x onerror=hacked=1> "two" 'one' 🙂 שלום ${x} {a}"""
)
TABLET = {"viewport": {"width": 768, "height": 1024}, "has_touch": True, "is_mobile": True}
PHONE = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}
WIDTHS = (320, 768, 1280)
PRIORS = {"constant[B]": 0, "constant[none]": 0, "wait": -0.1, "parking[yes]": 0.5,
          "mode[phone]": -0.3, "mode[group]": -0.8}  # fmt: skip
QUESTIONS = [
    dce.Question("elements", "Are you", ["a woman", "a man"], when="before", required=True),
    dce.Question("age", "How old are you?", kind="number", least=18, most=99),
    dce.Question("remarks", "Anything else?"),
]
EVERYTHING = {
    "shuffle": ["tasks", "alternatives", "attributes"],
    "consent": "I have read this.\n\nI may stop.",
    "ending": "Please hand the tablet back.",
    "questions": QUESTIONS,
    "back": True,
    "definitions": "both",
    "highlight": "differences",
    "opt_out": "question",
    "certainty": True,
    "attendance": True,
    "warm_up": True,
    "dominance": True,
    "repeat": [2],
}


def make_study(*, labelled=False, words="", **settings):
    """A small study, with words added to every text."""

    def text(first):
        return f"{first} {words}".strip()

    if labelled and settings.get("dominance"):  # dce makes one of its own for unlabelled services only
        better = {"wait": 2, "parking": "yes", "mode": "face"}
        worse = {"wait": 8, "parking": "no", "mode": "group"}
        settings |= {"dominance": False, "tasks": [dce.ExtraTask("dominance", [worse, better], "B")]}
    return dce.Study(
        text("Clinics"),
        attributes=[
            dce.Attribute(
                "wait",
                [2, 4, 8],
                text("Wait"),
                text("weeks"),
                icon="clock",
                definition=text("Until the first visit."),
            ),
            dce.Attribute(
                "parking", ["no", "yes"], text("Parking"), labels=[text("No"), text("Yes")], icons=["", "car"]
            ),
            dce.Attribute("mode", ["face", "phone", "group"], text("Mode")),
        ],
        alternatives=[
            dce.Alternative("A", text("Near") if labelled else "Service 1"),
            dce.Alternative("B", text("Far") if labelled else "Service 2", constant=True),
        ],
        opt_out=dce.Alternative("none", text("Neither of these"), constant=True),
        introduction=text("Imagine this."),
        question=text("Which would you choose?"),
        labelled=labelled,
        priors=PRIORS,
        survey=dce.SurveySettings(**settings),
    )


@functools.cache
def frame():
    """Return the tasks of all these studies: two blocks of three."""
    return dce.make_design(make_study(), tasks=6, blocks=2, starts=1).frame


class Tablet:
    """A survey in a browser context; what it says and asks for is kept."""

    def __init__(self, browser, folder, study, **options):
        self.design = dce.Design(study, frame())
        self.folder = folder
        self.url = dce.export_survey(self.design, folder, to=["offline"])[0].as_uri()
        self.context = browser.new_context(accept_downloads=True, **options)
        self.said, self.asked = [], []
        self.context.on("console", lambda message: self.said.append(message.text))
        self.context.on("weberror", lambda error: self.said.append(str(error.error)))
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page = self.context.new_page()

    def open(self, rest=""):
        self.page.goto(self.url + rest)

    def again(self):
        """Open the survey anew, as after a crash."""
        self.page.close()
        self.page = self.context.new_page()
        self.open()

    def files(self):
        """Save the answers as CSV and as JSON, from the researcher's page."""
        self.page.goto(self.url + "#data")
        saved = []
        for kind in ("CSV", "JSON"):
            with self.page.expect_download() as download:
                self.page.get_by_role("button", name=f"Download as {kind}").click()
            path = self.folder / f"{len(list(self.folder.iterdir()))}-{download.value.suggested_filename}"
            download.value.save_as(path)
            saved.append(path)
        return saved

    def read(self):
        """Return the choices, the same from either file and from both at once."""
        files = self.files()
        frames = []
        for some in ([files[0]], [files[1]], files):
            choices = dce.read_responses(some, self.design, self.folder / "manifest.json")
            frames.append(choices.frame)
        assert frames[0].equals(frames[1])
        assert frames[0].equals(frames[2])
        assert choices.report.dropped["rows that stand in two files word for word"] == len(
            choices.report.respondents
        )
        return choices


@pytest.fixture
def tablet(browser, tmp_path):
    """Make tablets that say nothing on the console and ask for nothing but the page."""
    made = []

    def make(study, sends_to=None, **options):
        made.append((Tablet(browser, tmp_path / f"tablet{len(made)}", study, **options), sends_to))
        return made[-1][0]

    yield make
    for one, sends_to in made:
        one.context.close()
        assert one.said == []
        others = [url for url in one.asked if not url.startswith((one.url, f"blob:{one.url[:7]}"))]
        assert set(others) <= {sends_to}


def on_card(page):
    return page.locator("fieldset.card").count() == 1


def card_on(page):
    """Return what stands on the card: its tag, heading, what is chosen, and columns with label and cells."""
    page.locator("h1").wait_for()  # the survey begins when its stores are open
    return page.evaluate("""() => {
      const card = document.querySelector("fieldset.card");
      const text = (node) => [...node.childNodes].map((n) => n.textContent).join("").trim();
      const rows = [...card.querySelectorAll("tbody tr")];
      const name = (row) => text(row.querySelector("th")).replace(/ ?≠.*/, "");
      return {tag: card.id, heading: card.querySelector("h1").textContent,
        checked: [...card.querySelectorAll(`[name=${card.id}]`)].findIndex((radio) => radio.checked),
        rows: rows.map(name), columns: [...card.querySelectorAll("thead th")].map((head, k) => ({
        label: head.textContent,
        cells: Object.fromEntries(rows.map((row) => [name(row), text(row.querySelectorAll("td")[k])]))}))};
    }""")


def choose(card, k):
    """Return the column that respondents of these tests choose: what is chosen already, or in turn."""
    return card["checked"] if card["checked"] >= 0 else k % len(card["columns"])


def by_touch(page, seen):
    """Answer the page by touch, and go on."""
    if on_card(page):
        card = card_on(page)
        column = choose(card, len(seen))
        page.locator(f"input[name={card['tag']}]").nth(column).tap()
        seen.append(card | {"chosen": column})
    for group in page.get_by_role("radiogroup").all():
        if group.is_visible() and not group.locator(":checked").count():
            group.locator("label").last.tap()
    for box in page.get_by_role("checkbox").all():
        box.tap()
    for field in page.locator("input[inputmode]").all():
        field.fill("42")
    page.locator("button[type=submit]").tap()


def by_keys(page, seen):
    """Answer the page with keys only, and go on."""
    if on_card(page):
        card = card_on(page)
        seen.append(card | {"chosen": choose(card, len(seen))})
    done = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        kind, name = page.evaluate("[document.activeElement.type, document.activeElement.name]")
        if kind == "radio" and name not in done:
            done.add(name)
            page.keyboard.press("Space")
            if seen and name == seen[-1]["tag"]:
                for _ in range(seen[-1]["chosen"] if seen[-1]["checked"] < 0 else 0):
                    page.keyboard.press("ArrowDown")
            elif name.endswith("_opt_out"):
                page.keyboard.press("ArrowDown")
        elif kind == "checkbox":
            page.keyboard.press("Space")
        elif name == "ask-age":
            page.keyboard.type("42")
        elif kind == "submit":
            page.keyboard.press("Enter")
            return
    raise AssertionError("no button was reached")


def walk(page, act=by_touch, until=None):
    """Answer page by page until there is nothing to go on to, or until a heading; return the cards."""
    page.locator("h1").wait_for()  # the survey begins when its stores are open
    seen = []
    for _ in range(60):
        if not page.locator("button[type=submit]").count():
            return seen
        heading = page.locator("h1").inner_text()
        if until and heading == until:
            return seen
        assert page.evaluate("document.activeElement.tagName") in ("H1", "BODY")
        act(page, seen)
    raise AssertionError("the survey does not end")


def check_what_was_seen(choices, design, seen, respondent, takes):
    """The alternative that came back has the levels of the column that was chosen on the screen."""
    task_of = {t.tag: t.task for t in dce.survey.manifest.make_manifest(design).tasks}
    label = {a.label: (a.name, dict(zip(a.levels, a.labels, strict=True))) for a in design.study.attributes}
    names = design.study.alternative_names
    frame = choices.frame[choices.frame["respondent"] == respondent]
    tasks = [card for card in seen if task_of[card["tag"]] is not None]
    assert len(tasks) == frame["task"].nunique() == 3
    for card in tasks:
        mine = frame[frame["task"] == task_of[card["tag"]]].set_index("alternative")
        first = mine["forced"].iloc[0] if "forced" in mine else mine.index[mine["chosen"] == 1][0]
        assert mine.loc[first if takes else names[-1], "chosen"] == 1
        column = card["columns"][card["chosen"]]
        if design.study.labelled:
            assert column["label"] == design.study.alternatives[names.index(first)].label
        for words, cell in column["cells"].items():
            attribute, labels = label[words]
            assert labels[mine.loc[first, attribute]] == cell
        assert mine.loc[first, "screen_place"] == card["chosen"] + 1
        assert mine["position"].iloc[0] == [c["tag"] for c in seen].index(card["tag"]) + 1
        assert 0 < mine["seconds"].iloc[0] < 60


def test_a_block_by_touch_on_a_tablet(tablet):
    one = tablet(make_study(labelled=True, **EVERYTHING), **TABLET)
    one.open("?id=P1&block=2")
    seen = walk(one.page)
    assert seen[0]["tag"] == "b2_w1"
    assert [card["heading"] for card in seen[1:]] == [f"Card {k} of 5" for k in range(1, 6)]
    assert one.page.get_by_text("Please hand the tablet back.").is_visible()
    choices = one.read()
    check_what_was_seen(choices, one.design, seen, "P1", takes=False)
    of_one = choices.frame.iloc[0]
    label = {a.name: a.label for a in one.design.study.attributes}
    assert [label[name] for name in of_one["attribute_order"].split("|")] == seen[0]["rows"]
    assert of_one[["certainty", "elements", "age", "attended_wait", "block"]].tolist() == [
        10,
        "a man",
        42,
        "never",
        2,
    ]
    assert choices.report.finished == 1
    assert set(choices.checks["kind"]) == {"warm-up", "dominance", "repeat"}


def test_a_block_by_touch_on_a_phone_where_labels_number_the_columns(tablet):
    one = tablet(make_study(shuffle=["tasks", "alternatives"]), **PHONE)
    one.open()
    seen = walk(one.page)
    assert [column["label"] for card in seen for column in card["columns"]] == ["Service 1", "Service 2"] * 3
    choices = one.read()
    (who,) = choices.report.respondents["respondent"]
    assert re.fullmatch("[A-Z0-9]{8}", str(who))
    check_what_was_seen(choices, one.design, seen, who, takes=True)


def test_a_block_with_keys_only(tablet):
    one = tablet(make_study(**EVERYTHING))
    one.open("?id=7")
    seen = walk(one.page, by_keys)
    check_what_was_seen(one.read(), one.design, seen, 7, takes=False)


def test_a_survey_goes_on_after_reload_and_crash(tablet):
    one = tablet(make_study(**EVERYTHING))
    one.open("?id=7")
    before = walk(one.page, by_keys, until="Card 2 of 5")
    one.page.locator(f"input[name={card_on(one.page)['tag']}]").nth(1).check()
    card = card_on(one.page)
    one.page.reload()
    assert card_on(one.page) == card
    assert card["checked"] == 1
    assert one.page.get_by_role("radiogroup", name="Would you really choose it?").is_visible()
    one.again()
    assert card_on(one.page) == card
    seen = before + walk(one.page, by_keys)
    check_what_was_seen(one.read(), one.design, seen, 7, takes=False)
    one.open()
    assert one.page.locator("h1").inner_text() == "Thank you"


@pytest.mark.parametrize("lost", ["localStorage.clear()", "(indexedDB.deleteDatabase('dce'), 1)"])
def test_what_one_store_loses_the_other_has(tablet, lost):
    """Chromium was seen to lose localStorage of files on a busy machine: 7 of 257 reloads."""
    one = tablet(make_study(**EVERYTHING))
    one.open("?id=7")
    before = walk(one.page, by_keys, until="Card 2 of 5")
    card = card_on(one.page)
    one.page.evaluate(lost)
    one.again()
    assert card_on(one.page) == card
    one.page.evaluate(lost)
    one.page.reload()
    seen = before + walk(one.page, by_keys)
    check_what_was_seen(one.read(), one.design, seen, 7, takes=False)


SEEN = """(seen) => {
  const value = seen ? "visible" : "hidden";
  Object.defineProperty(document, "visibilityState", {value, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_time_is_counted_while_the_card_is_seen(tablet):
    one = tablet(make_study())
    one.page.clock.install()
    one.open("?id=P1")
    walk(one.page, by_keys, until="Card 1 of 3")
    one.page.clock.run_for(10_000)
    one.page.reload()
    one.page.locator("h1").wait_for()
    one.page.clock.run_for(20_000)
    one.page.evaluate(SEEN, False)
    one.page.clock.run_for(600_000)
    one.page.evaluate(SEEN, True)
    walk(one.page, by_keys)
    frame = one.read().frame
    assert 30 <= frame.loc[frame["position"] == 1, "seconds"].iloc[0] < 60
    assert frame.loc[frame["position"] > 1, "seconds"].max() < 30


def test_an_address_with_another_respondent_begins_anew_once(tablet):
    one = tablet(make_study())
    one.open("?id=P1")
    walk(one.page, by_keys, until="Card 3 of 3")
    one.open("?id=P2")
    walk(one.page, by_keys, until="Card 2 of 3")
    one.page.reload()
    assert one.page.locator("h1").inner_text() == "Card 2 of 3"
    one.open("?id=P1")
    assert one.page.locator("h1").inner_text() == "Card 2 of 3"
    walk(one.page, by_keys)
    report = one.read().report.respondents.set_index("respondent")
    assert report["answered"].to_dict() == {"P1": 2, "P2": 3}
    assert report["finished"].to_dict() == {"P1": False, "P2": True}


def test_two_participants_after_each_other(tablet):
    one = tablet(make_study(shuffle=["tasks", "alternatives"]))
    one.open("?id=P1&block=1")
    first = walk(one.page, by_keys)
    one.page.get_by_role("button", name="Next participant").click()
    number = one.page.get_by_label("Participant number")
    for wrong, says in (
        ("P1", "P1 has already answered"),
        ("NA", "another participant number"),
        ("", "another"),
    ):
        number.fill(wrong)
        one.page.get_by_role("button", name="Begin").click()
        assert says in one.page.get_by_role("alert").inner_text()
        playwright.expect(number).to_be_focused()
        playwright.expect(number).to_have_attribute("aria-invalid", "true")
    number.fill("P2")
    one.page.get_by_role("button", name="Begin").click()
    second = walk(one.page, by_keys)
    choices = one.read()
    check_what_was_seen(choices, one.design, first, "P1", takes=True)
    check_what_was_seen(choices, one.design, second, "P2", takes=True)
    assert choices.report.blocks == {1: 2}


def test_who_does_not_finish_is_kept_as_such(tablet):
    one = tablet(make_study(timers=False))
    one.open("?id=P1")
    seen = walk(one.page, by_keys, until="Card 3 of 3")
    one.page.goto(one.url + "?id=P1#data")
    one.page.get_by_role("button", name="Next participant").click()
    one.page.get_by_role("button", name="No, go on").click()
    one.page.get_by_role("button", name="Back to the survey").click()
    playwright.expect(one.page.locator("h1")).to_have_text("Card 3 of 3")
    one.page.goto(one.url + "#data")
    one.page.get_by_role("button", name="Next participant").click()
    one.page.get_by_role("button", name="Yes, next").click()
    playwright.expect(one.page.get_by_label("Participant number")).to_be_visible()
    choices = one.read()
    assert choices.report.finished == 0
    assert choices.report.respondents["answered"].tolist() == [len(seen)] == [2]
    assert "seconds" not in choices.frame


def test_answers_are_deleted_only_after_a_download_and_a_clear_yes(tablet):
    one = tablet(make_study())
    one.open("?id=P1")
    walk(one.page, by_keys)
    one.page.get_by_role("button", name="For the researcher").click()
    stored = one.page.locator("dl.counts dd").first
    one.page.get_by_role("button", name="Delete the answers").click()
    assert "download the answers first" in one.page.get_by_role("status").inner_text()
    one.files()
    one.page.get_by_role("button", name="Delete the answers").click()
    one.page.get_by_role("button", name="No, keep them").click()
    assert stored.inner_text() == "1"
    one.page.reload()
    one.page.get_by_role("button", name="Delete the answers").click()
    one.page.get_by_role("button", name="Yes, delete for good").click()
    assert stored.inner_text() == "0"
    assert one.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('record'))") == []
    one.page.reload()
    playwright.expect(stored).to_have_text("0")  # the second copy is gone, too
    one.page.get_by_role("button", name="Next participant").click()
    playwright.expect(one.page.get_by_label("Participant number")).to_be_visible()


def test_what_is_wrong_is_said_and_has_the_focus(tablet):
    one = tablet(make_study(**EVERYTHING))
    one.open("?id=P1")
    go_on = one.page.locator("button[type=submit]")
    go_on.click()
    go_on.click()
    assert "Please tick the box" in one.page.get_by_role("alert").inner_text()
    one.page.get_by_role("checkbox").check()
    go_on.click()
    go_on.click()
    assert one.page.get_by_role("alert").inner_text() == "Please answer this question."
    one.page.evaluate("document.querySelector('h1').focus()")
    walk(one.page, by_keys, until="Card 1 of 5")
    go_on.click()
    group = one.page.get_by_role("radiogroup", name="Which would you choose?")
    playwright.expect(group.get_by_role("radio").first).to_be_focused()
    playwright.expect(group).to_have_accessible_description("Please choose one answer.")
    assert one.page.locator(".error").count() == 2
    group.get_by_role("radio").first.check()
    assert one.page.locator(".error").count() == 1
    one.page.evaluate("document.querySelector('h1').focus()")
    walk(one.page, by_keys, until="A few questions")
    for text, says in (
        ("12", "not below 18"),
        ("100", "not above 99"),
        ("1,000", "a number"),
        ("x", "a number"),
    ):
        one.page.locator("input[inputmode]").fill(text)
        go_on.click()
        assert says in one.page.get_by_role("alert").inner_text()
    one.page.locator("input[inputmode]").fill("٤٢,5")
    go_on.click()
    assert one.page.locator("h1").inner_text() == "Thank you"
    assert set(one.read().frame["age"]) == {42.5}


def test_going_back_only_where_the_study_says_so(tablet):
    one, other = tablet(make_study(**EVERYTHING)), tablet(make_study())
    one.open("?id=P1")
    seen = walk(one.page, by_keys, until="Card 2 of 5")
    one.page.get_by_role("button", name="Back").click()
    again = card_on(one.page)
    assert again["tag"] == seen[-1]["tag"]
    assert one.page.locator(f"input[name={again['tag']}]").nth(seen[-1]["chosen"]).is_checked()
    other.open("?id=P1")
    walk(other.page, by_keys, until="Card 2 of 3")
    assert other.page.get_by_role("button", name="Back").count() == 0


def test_a_block_that_does_not_exist_is_refused(tablet):
    one = tablet(make_study())
    one.open("?block=constructor")
    assert "no block constructor" in one.page.get_by_role("alert").inner_text()
    assert one.page.get_by_role("button").count() == 0


def test_a_device_that_cannot_save_says_so(tablet):
    one = tablet(make_study())
    one.open("?id=P1")
    walk(one.page, by_keys, until="Card 2 of 3")
    one.page.evaluate("void (Storage.prototype.setItem = () => { throw new Error('full'); })")
    walk(one.page, by_keys)
    assert "cannot save" in one.page.get_by_role("alert").inner_text()
    one.page.evaluate("location.hash = 'data'")
    with one.page.expect_download() as download:
        one.page.get_by_role("button", name="Download as CSV").click()
    path = one.folder / "kept.csv"
    download.value.save_as(path)
    assert dce.read_responses(path, one.design).report.finished == 1


def test_a_hostile_study_executes_nothing(tablet):
    settings = dict(
        EVERYTHING,
        consent=HOSTILE,
        ending=HOSTILE,
        certainty=False,
        texts={
            "offline.next": 'Go on <b>"now"</b> {{x}}',
            "card.differs": HOSTILE.replace("{", "{{").replace("}", "}}"),
        },
    )
    settings["questions"] = [dce.Question("mood", f"How? {HOSTILE}", [f"Good {HOSTILE}", f"Bad {HOSTILE}"])]
    one = tablet(make_study(labelled=True, words=HOSTILE, **settings))
    one.open("?id=%3Cscript%3Ehacked%3D1%3C/script%3E")
    assert one.page.locator("h1").inner_text() == f"Clinics {HOSTILE}"
    assert one.page.get_by_role("button", name='Go on <b>"now"</b> {x}').is_visible()
    seen = walk(one.page, by_keys)
    assert one.page.get_by_text(HOSTILE).first.is_visible()
    assert one.page.locator("img, main script, main b").count() == 0
    assert one.page.evaluate("typeof hacked") == "undefined"
    choices = one.read()
    check_what_was_seen(choices, one.design, seen, "<script>hacked=1</script>", takes=False)
    assert set(choices.frame["mood"]) == {f"Good {HOSTILE}"}
    assert one.page.evaluate("typeof hacked") == "undefined"


class Collector(BaseHTTPRequestHandler):
    """Keeps what is sent to it, unless it is told to fail."""

    def do_OPTIONS(self):
        self.answer(204)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.mode == "busy":
            self.answer(503)
            return
        self.server.received.append(json.loads(body))
        if self.server.mode == "cut":  # it has the answers, but the page does not hear of it
            self.close_connection = True
            self.connection.close()
            return
        self.answer(200)

    def answer(self, status):
        self.send_response(status)
        for name, value in (("Origin", "*"), ("Headers", "Content-Type"), ("Methods", "POST")):
            self.send_header(f"Access-Control-Allow-{name}", value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as running:
        running.received, running.mode = [], "up"
        running.url = f"http://127.0.0.1:{running.server_port}/answers?study=1"
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def waiting(page):
    return page.locator("dl.counts dd").nth(3)


def test_no_answer_is_lost_where_the_network_is(tablet, server, tmp_path):
    one = tablet(make_study(post=server.url), server.url)
    one.context.set_offline(True)
    one.open("?id=P1")
    walk(one.page, by_keys)
    one.page.get_by_role("button", name="Next participant").click()
    one.page.get_by_label("Participant number").fill("P2")
    one.page.get_by_role("button", name="Begin").click()
    walk(one.page, by_keys)
    one.page.get_by_role("button", name="For the researcher").click()
    playwright.expect(waiting(one.page)).to_have_text("2")
    assert server.received == []
    one.again()
    one.context.set_offline(False)
    one.page.get_by_role("button", name="For the researcher").click()
    playwright.expect(waiting(one.page)).to_have_text("0")
    # One may come twice, if the page was closed before it heard of it; its session tells.
    assert {body["records"][0]["respondent"] for body in server.received} == {"P1", "P2"}
    assert len({body["records"][0]["dce_session"] for body in server.received}) == 2
    files = []
    for k, body in enumerate(server.received):
        files.append(tmp_path / f"{k}.json")
        files[-1].write_text(json.dumps(body), encoding="utf-8")
    sent = dce.read_responses(files, one.design)
    assert sent.frame.equals(one.read().frame)
    received = len(server.received)
    one.page.reload()
    playwright.expect(waiting(one.page)).to_have_text("0")
    assert len(server.received) == received


@pytest.mark.parametrize("mode", ["busy", "cut"])
def test_answers_are_sent_again_until_they_are_received(tablet, server, mode, tmp_path):
    one = tablet(make_study(post=server.url), server.url)
    one.page.clock.install()
    server.mode = mode
    one.open("?id=P1")
    walk(one.page, by_keys)
    one.page.get_by_role("button", name="For the researcher").click()
    playwright.expect(one.page.get_by_role("status")).to_contain_text("could not be sent")
    assert waiting(one.page).inner_text() == "1"
    server.mode = "up"
    one.page.clock.fast_forward(20_000)
    playwright.expect(waiting(one.page)).to_have_text("0")
    sessions = {body["records"][0]["dce_session"] for body in server.received}
    assert len(sessions) == 1
    assert len(server.received) == (2 if mode == "cut" else 1)
    assert all("Failed to load resource" in said for said in one.said)  # Chromium's own words
    one.said.clear()


def test_a_page_may_send_to_its_address_only(tablet, server):
    one = tablet(make_study(post="https://example.org/answers"))
    one.open()
    refused = one.page.evaluate(f"fetch('{server.url}').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    assert server.received == []
    assert any("Content Security Policy" in said for said in one.said)
    one.said.clear()


def widest(page):
    return page.evaluate(
        "Math.max(document.documentElement.scrollWidth,"
        " ...[...document.querySelectorAll('main *')].map(e => e.getBoundingClientRect().right))"
    )


def look(page, width):
    """Check one page at one width."""
    page.set_viewport_size({"width": width, "height": 800})
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert widest(page) <= width
    targets = page.locator("label.choice, summary, button, .field > input, textarea").all()
    boxes = [target.bounding_box() for target in targets if target.is_visible()]
    assert min(box["height"] for box in boxes) >= 44
    assert min(box["width"] for box in boxes) >= 44


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_axe_finds_nothing_on_any_page(tablet, width, direction):
    study = make_study(**EVERYTHING, texts={"direction": direction})
    one = tablet(study, bypass_csp=True)  # axe is a script, which the page's policy forbids
    one.open("?block=1")
    looked = set()

    def act(page, seen):
        heading = page.locator("h1").inner_text()
        if not re.match(r"Card [3-9]", heading):
            look(page, width)
            looked.add(heading)
            page.locator("button[type=submit]").click()
            if page.locator(".error").count():
                look(page, width)
            page.evaluate("document.querySelector('h1').focus()")
        if page.locator("h1").inner_text() == heading:
            by_keys(page, seen)

    walk(one.page, act)
    look(one.page, width)
    one.page.get_by_role("button", name="For the researcher").click()
    one.files()
    one.page.get_by_role("button", name="Delete the answers").click()
    look(one.page, width)
    assert len(looked) == 8
    assert one.page.locator("html").get_attribute("dir") == direction
    one.asked.clear()
