"""scripts/report, as its readers meet it: in a browser without a network, on a phone, in the dark and on paper."""

import base64
import copy
import time

import cbench_plots as cb
import pytest
from browser import open_page
from cbench_plots import report, sections
from selenium.webdriver.common.keys import Keys


@pytest.fixture(scope="module")
def page(files, law, rates, later_runs, folder):
    output = folder / "report.html"
    assert report.main([str(files[0]), str(law), str(rates), str(later_runs), "-o", str(output)]) == 0
    return output


DRAWN = """return [...document.querySelectorAll('.chart')].map((chart) => [
  chart.dataset.kind, chart.offsetWidth, chart.querySelectorAll('svg.main-svg').length,
  [...new Set((chart.data ?? []).map((trace) => trace.meta?.label).filter(Boolean))]])"""


def _labels(driver):
    return [labels for _, width, _, labels in driver.execute_script(DRAWN) if width]


def _click(driver, selector):
    driver.execute_script("document.querySelector(arguments[0]).click()", selector)


def test_every_picture_is_drawn_without_an_error_or_a_network(chromium, page):
    open_page(chromium, page)
    drawn = chromium.execute_script(DRAWN)
    assert {kind for kind, *_ in drawn} == set(cb.PICTURES)
    assert all(svgs for _, width, svgs, _ in drawn if width)
    assert chromium.get_log("browser") == []
    loaded = chromium.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in loaded if not name.startswith(("data:", "blob:"))] == []


def test_pictures_of_other_loads_are_drawn_when_they_are_unfolded(chromium, page):
    open_page(chromium, page)
    chromium.execute_script("for (const one of document.querySelectorAll('#pictures details')) one.open = true")
    time.sleep(0.5)
    drawn = chromium.execute_script(DRAWN)
    assert all(width and svgs for _, width, svgs, _ in drawn), drawn


def test_the_verdict_comes_first_with_tiers_and_reasons(chromium, page):
    open_page(chromium, page)
    sections = chromium.execute_script("return [...document.querySelectorAll('main > section')].map((one) => one.id)")
    assert sections == ["verdict", "pictures", "table", "hosts", "failures"]
    verdict = chromium.execute_script("return document.getElementById('verdict').innerText")
    assert "tier 1" in verdict and "Why" in verdict


def test_every_failed_trial_is_listed_with_its_reason(chromium, page, files, law, rates, later_runs):
    open_page(chromium, page)
    failed = cb.load(files[0], law, rates, later_runs).query("status != 'ok'")
    rows = chromium.execute_script("return [...document.querySelectorAll('#failures tbody tr')].map((row) => row.innerText)")
    assert len(rows) == len(failed) > 0
    for trial in failed.itertuples():
        assert any(trial.model in row and trial.reason in row for row in rows)


def test_a_host_is_told_with_the_build_that_measured_on_it(chromium, page, summary):
    open_page(chromium, page)
    hosts = chromium.execute_script("return document.getElementById('hosts').innerText")
    built = summary["hosts"][0]["build"]
    assert f"{built['build_type']}, cbench {built['version']}" in hosts
    assert built["compiler"] in hosts and "None" not in hosts


def test_the_filter_hides_a_model_everywhere_and_shows_it_again(chromium, page):
    open_page(chromium, page)
    before = _labels(chromium)
    assert any("fibers" in labels for labels in before)
    heights = "return document.querySelector('.chart[data-kind=throughput]').offsetHeight"
    height = chromium.execute_script(heights)
    _click(chromium, "#filter input[data-model=fibers]")
    after = _labels(chromium)
    assert not any("fibers" in labels for labels in after)
    assert any("pool" in labels for labels in after)
    assert chromium.execute_script(heights) < height, "no gap is left"
    rows = "return [...document.querySelectorAll('tr[data-model=fibers]')].every((row) => row.hidden === %s)"
    assert chromium.execute_script(rows % "true")
    _click(chromium, "#filter input[data-model=fibers]")
    assert _labels(chromium) == before
    assert chromium.execute_script(rows % "false")


def test_none_and_all_do_what_they_say(chromium, page):
    open_page(chromium, page)
    before = _labels(chromium)
    _click(chromium, "#filter button[data-all='']")
    assert not any(_labels(chromium))
    _click(chromium, "#filter button[data-all='1']")
    assert _labels(chromium) == before
    assert chromium.get_log("browser") == []


def test_hovering_tells_the_interval(chromium, page):
    open_page(chromium, page)
    # Some model whose interval is known: where a machine was busy, that of some is not.
    hovered = """
      for (const chart of document.querySelectorAll('.chart[data-kind=throughput]')) {
        const at = chart.data?.findIndex((trace) => trace.meta?.label && trace.error_x) ?? -1;
        if (at < 0) continue;
        Plotly.Fx.hover(chart, [{curveNumber: at, pointNumber: 0}]);
        return [chart.data[at].meta.label, chart.querySelector('.hoverlayer').textContent];
      }"""
    until = time.monotonic() + 30
    while not (told := chromium.execute_script(hovered)) or not told[1]:
        assert time.monotonic() < until, told
        time.sleep(0.1)
    label, text = told
    assert label in text and "95 % interval" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_system_and_its_button(chromium, page, scheme):
    open_page(chromium, page, scheme=scheme)
    paper = "return getComputedStyle(document.body).backgroundColor"
    ink = "return document.querySelector('.chart .xtick text').style.fill"
    first, first_ink = chromium.execute_script(paper), chromium.execute_script(ink)
    assert first == ("rgb(20, 24, 29)" if scheme == "dark" else "rgb(255, 255, 255)")
    _click(chromium, "#theme")
    assert chromium.execute_script(paper) != first
    assert chromium.execute_script(ink) != first_ink, "pictures follow"


def test_nothing_is_wider_than_the_screen(chromium, page):
    open_page(chromium, page, width=800)
    assert chromium.execute_script("return document.documentElement.scrollWidth") <= 800


SORTED = """const table = document.querySelector('#table table');
  const at = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === arguments[0]);
  return [table.tHead.rows[0].cells[at].getAttribute('aria-sort'),
          [...table.tBodies[0].rows].map((row) => row.cells[at].dataset.value).filter(Boolean)
            .map((value) => Number.isNaN(Number(value)) ? value : Number(value))]"""


@pytest.mark.parametrize(
    ("heading", "first"), [("tasks/s", "descending"), ("p50", "ascending"), ("memory", "ascending"), ("ok", "descending"), ("model", "ascending")]
)
def test_the_keyboard_sorts_a_table_the_sensible_way_first(chromium, page, heading, first):
    open_page(chromium, page)
    buttons = chromium.find_elements("css selector", "#table table:first-of-type thead button")
    button = next(one for one in buttons if one.text == heading)
    for way, key in ((first, Keys.ENTER), ({"ascending": "descending", "descending": "ascending"}[first], Keys.SPACE)):
        button.send_keys(key)
        said, values = chromium.execute_script(SORTED, heading)
        assert said == way
        assert len(values) > 1 and values == sorted(values, reverse=way == "descending")
    assert chromium.execute_script("return document.querySelectorAll('#table table [aria-sort]').length") == 1


def test_titles_speak_of_the_models_that_are_shown(chromium, page):
    open_page(chromium, page)
    heard = "return [...document.querySelectorAll('figcaption')].map((one) => [one.firstChild, one.children[1]].map((part) => part.textContent).join('; '))"
    before = chromium.execute_script(heard)
    assert any("fibers" in title for title in before)
    _click(chromium, "#filter input[data-model=fibers]")
    after = chromium.execute_script(heard)
    assert not any("fibers" in title for title in after), after
    assert any(title.startswith("Of those shown: pool") for title in after)
    spoken = "return [...document.querySelectorAll('.chart')].map((chart) => chart.getAttribute('aria-label')).join()"
    assert "fibers" not in chromium.execute_script(spoken)
    _click(chromium, "#filter input[data-model=fibers]")
    assert chromium.execute_script(heard) == before


def test_a_heading_names_no_more_models_than_fit_a_line(summary):
    def heading(title):
        return sections.title_of(summary, {"title": title})

    assert heading("fibers, pool, crash and fibers are tied at 5/s") == "fibers, pool and 2 others are tied at 5/s"
    for short in ("fibers, pool and crash are tied at 5/s", "fibers leads with 5/s; pool, crash, pool and fibers follow"):
        assert heading(short) == short


def test_it_prints_in_light_and_is_dark_again_afterwards(chromium, page):
    open_page(chromium, page, scheme="dark")
    chromium.execute_script("addEventListener('beforeprint', () => { window.printed = document.documentElement.dataset.theme; })")
    pdf = base64.b64decode(chromium.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.startswith(b"%PDF")
    assert chromium.execute_script("return window.printed") == "light"
    assert chromium.execute_script("return document.documentElement.dataset.theme") == "dark"
    assert chromium.get_log("browser") == []


def test_what_a_program_said_cannot_become_part_of_the_page(summary, files):
    bad = "</script><script>document.title = 'gone'</script>{{plotly}}"
    document = copy.deepcopy(summary.document)
    document["failures"][0]["reason"] = bad
    document["pictures"][0]["title"] = bad
    text = report.page(cb.Summary(document), cb.load(files[0]))
    assert bad not in text
    assert "<script>document.title" not in text
    assert "&lt;/script&gt;" in text


@pytest.mark.parametrize(
    ("content", "complaint"), [(None, "No such file"), ("", "the file is empty"), ("a,b\n1,2\n", "the header lacks")]
)
def test_bad_input_is_named_and_ends_with_2(tmp_path, capsys, content, complaint):
    file = tmp_path / "results.csv"
    if content is not None:
        file.write_text(content)
    assert report.main([str(file), "-o", str(tmp_path / "out.html")]) == 2
    said = capsys.readouterr().err
    assert complaint in said and str(file) in said
    assert not (tmp_path / "out.html").exists()


def test_results_without_a_trial_that_is_ok_end_with_2_and_the_reason(files, tmp_path, capsys):
    header, *rows = files[1].read_text().splitlines()
    file = tmp_path / "crashed.csv"
    file.write_text("\n".join([header, *(row for row in rows if ",crash," in row)]) + "\n")
    assert report.main([str(file), "-o", str(tmp_path / "out.html")]) == 2
    said = capsys.readouterr().err
    assert "is ok, there is nothing to draw" in said and cb.load(file)["reason"][0] in said


def test_nothing_but_a_report_is_replaced(files, page, tmp_path, capsys):
    for name, content in (("results.json", files[0].read_text()), ("mine.html", "<!doctype html><p>mine"), ("x", "x")):
        output = tmp_path / name
        output.write_text(content)
        assert report.main([str(files[1]), "-o", str(output)]) == 2
        assert "this is no report, which one would replace" in capsys.readouterr().err
        assert output.read_text() == content
    results = files[0].read_text()
    assert report.main([str(files[0]), "-o", str(files[0])]) == 2
    assert files[0].read_text() == results
    replaced = tmp_path / "report.html"
    replaced.write_text(page.read_text())
    assert report.main([str(files[0]), "-o", str(replaced)]) == 0


def test_a_page_that_cannot_be_written_ends_with_1(files, tmp_path, capsys):
    assert report.main([str(files[0]), "-o", str(tmp_path / "nowhere" / "out.html")]) == 1
    assert "nowhere" in capsys.readouterr().err
