"""How the report looks: every width and both themes are photographed, measured and looked over by axe-core."""

import base64
import itertools
import json
import re
import shutil
import subprocess

import cbench_plots as cb
import numpy as np
import pytest
from browser import open_page
from cbench_plots import report, theme
from conftest import CHECKOUT, seen

BUILD = CHECKOUT / "build"
SCREENSHOTS = BUILD / "report_screenshots"
WIDTHS = [400, 1280, 1920]
TABLES_FIT = 1280  # px: from here on no table must be scrolled
CSS = (CHECKOUT / "scripts/cbench_plots/page/page.css").read_text()


@pytest.fixture(scope="module")
def axe():
    """The text of axe-core, of the version that the lock file names."""
    locked = CHECKOUT / "tests" / "plots" / "axe"
    folder = BUILD / "axe"
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    same = (folder / "package-lock.json").is_file() and (folder / "package-lock.json").read_text() == (
        locked / "package-lock.json"
    ).read_text()
    if not script.is_file() or not same:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(locked / name, folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
    return script.read_text()


@pytest.fixture(scope="module")
def whole(files, law, later_runs, folder):
    output = folder / "whole.html"
    assert report.main([str(files[0]), str(law), str(later_runs), "-o", str(output)]) == 0
    return output


@pytest.fixture(scope="module")
def all_looks(files, law, every_model, later_runs, foreign):
    return cb.summary(files[0], law, every_model, later_runs, foreign)


# ---- In the browser

# Labels of ticks that meet each other; titles of axes that meet a label of a tick or of a point, or stick out of their
# picture.
CROWDED = """const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const found = [];
  for (const chart of document.querySelectorAll('.chart')) {
    if (!chart.offsetWidth) continue;
    const box = chart.getBoundingClientRect();
    const labels = [...chart.querySelectorAll('[class$=tick] text, .textpoint text')].filter((one) => one.textContent);
    const across = [...chart.querySelectorAll('[class^=x][class$=tick] text')].filter((one) => one.textContent);
    across.forEach((one, at) => {
      const other = across.slice(at + 1).find((next) => meets(one.getBoundingClientRect(), next.getBoundingClientRect()));
      if (other) found.push([chart.dataset.kind, one.textContent, 'meets', other.textContent]);
    });
    for (const title of chart.querySelectorAll('.infolayer [class*=title]')) {
      const at = title.getBoundingClientRect();
      if (!title.textContent || !at.width) continue;
      const met = labels.find((label) => meets(at, label.getBoundingClientRect()));
      if (met) found.push([chart.dataset.kind, title.textContent, 'meets', met.textContent]);
      if (at.left < box.left - 1 || at.right > box.right + 1 || at.bottom > box.bottom + 1) {
        found.push([chart.dataset.kind, title.textContent, 'sticks out', [at.left, at.right, box.left, box.right]]);
      }
    }
  }
  return found;"""
CUT_OFF = """return [...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => one.getAttribute('aria-label'))"""
# What is within a picture has a label as a whole; the contrast of its text is computed below.
AXE = "const done = arguments[0]; axe.run({exclude: ['.main-svg']}, {resultTypes: ['violations']}).then(done, (error) => done({error: String(error)}));"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_report_stands_at_this_width_in_both_themes(chromium, whole, axe, width):
    open_page(chromium, whole, width=width)
    chromium.execute_script("for (const one of document.querySelectorAll('#pictures details')) one.open = true")
    chromium.execute_script(axe)
    for scheme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        chromium.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 200))")
        assert chromium.execute_script("return document.documentElement.dataset.theme") == scheme
        _photograph(chromium, f"{width}-{scheme}", width)
        assert chromium.execute_script("return document.documentElement.scrollWidth") <= width
        if width >= TABLES_FIT:
            assert chromium.execute_script(CUT_OFF) == []
        assert chromium.execute_script(CROWDED) == []
        found = chromium.execute_async_script(AXE)
        assert "error" not in found, found
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found["violations"]] == []
    assert chromium.get_log("browser") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_model_that_is_hidden_can_still_be_read_in_the_filter(chromium, whole, axe, scheme):
    open_page(chromium, whole, width=1280, scheme=scheme)
    chromium.execute_script("document.querySelector('#filter input[data-model=fibers]').click()")
    chromium.execute_script(axe)
    found = chromium.execute_async_script(AXE.replace("{exclude: ['.main-svg']}", "'#filter'"))
    assert "error" not in found, found
    assert [one["id"] for one in found["violations"]] == []


def _photograph(driver, name, width):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    height = driver.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1}
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    (SCREENSHOTS / f"report-{name}.png").write_bytes(base64.b64decode(taken["data"]))


def test_the_history_shows_each_run_with_its_repetitions(summary):
    drawn = cb.history(summary, "io")
    runs = next(one["runs"] for one in summary["histories"] if one["cell"] == summary.picture("history", "io")["cells"][0])
    days = [run["started_at"][:10] for run in runs]
    assert days == sorted(set(days))
    assert [run["mean"] / runs[0]["mean"] for run in runs] == pytest.approx([1, 0.9, 0.81])
    line, points = drawn.data[0], drawn.data[1]
    assert len(line.x) == len(runs) == 3
    assert list(line.y) == [run["mean"] for run in runs]
    assert len(points.x) == sum(len(run["values"]) for run in runs)


# ---- Contrast, by WCAG 2.2: of text 4.5, of what must be seen 3


def _papers(dark):
    """What marks and text stand on: the page, and the cards."""
    block = re.search(r':root\[data-theme="dark"\] \{([^}]*)\}' if dark else r":root \{([^}]*)\}", CSS).group(1)
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def _hex(value):
    values = value if isinstance(value, (list, tuple, np.ndarray)) else [value]
    return [one for one in values if isinstance(one, str)]


def _edges(trace):
    """The colours by which a trace is seen: of a filled area and of a bar, their outlines."""
    if trace.type == "bar":
        return [trace.marker.line.color]
    found = []
    if "markers" in (trace.mode or ""):
        outlined = trace.marker.symbol == "line-ns"
        found += _hex(trace.marker.line.color if outlined else trace.marker.color)
    if "lines" in (trace.mode or ""):
        assert trace.line.width is None or trace.line.width >= 1
        found += _hex(trace.line.color)
    for bars in (trace.error_x, trace.error_y):
        if bars and bars.array:
            found += _hex(bars.color)
    return found


@pytest.mark.parametrize("dark", [False, True])
def test_every_mark_is_seen_at_3_to_1(all_looks, dark):
    papers = _papers(dark)
    papers = [papers["paper"], papers["sheet"]]
    assert theme.template(dark).layout.paper_bgcolor == papers[0]
    lines = []
    for label, look in all_looks.looks.items():
        least = min(theme.contrast(look.on(dark), paper) for paper in papers)
        lines.append(f"{label:24} {look.on(dark)} {least:5.2f}")
        assert least >= 3, lines[-1]
    marks = 0
    for picture in all_looks.pictures:
        for trace in cb.PICTURES[picture["kind"]](all_looks, picture=picture, dark=dark).data:
            if trace.type == "heatmap":
                edges = [theme.shade(share / 100, dark) for share in range(101)]
                assert [colour for _, colour in trace.colorscale] == [edges[0], edges[-1]]
            else:
                edges = _edges(trace)
            marks += len(edges)
            for colour in edges:
                assert theme.contrast(colour, papers[0]) >= 3, (picture["kind"], trace.name, colour)
    assert marks > 100
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / f"contrast-{'dark' if dark else 'light'}.txt").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_read_at_4_5_to_1(dark):
    colours = _papers(dark)
    layout = theme.template(dark).layout
    inks = {name: colours[name] for name in ("ink", "quiet", "accent", "warn")}
    inks |= {"labels": layout.xaxis.tickfont.color, "titles": layout.yaxis.title.font.color, "notes": layout.annotationdefaults.font.color}
    for (name, ink), paper in itertools.product(inks.items(), ("paper", "sheet")):
        assert theme.contrast(ink, colours[paper]) >= 4.5, (name, paper)
    for share in range(101):
        cell = theme.shade(share / 100, dark)
        assert theme.contrast(theme.ink_on(cell), cell) >= 4.5, share


def test_contrast_is_that_of_wcag():
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


# ---- Looks


def test_dark_pages_have_colours_of_their_own(all_looks):
    models = {model["label"]: all_looks.looks[model["label"]] for model in all_looks["models"] if model["label"] != "crash"}
    assert len(models) >= 30
    assert [label for label, look in models.items() if look.colour == look.colour_on_dark] == []


@pytest.mark.parametrize("eye", ["all cones", "no red", "no green", "no blue"])
@pytest.mark.parametrize("dark", [False, True])
def test_models_of_other_languages_stay_apart(all_looks, foreign_models, dark, eye):
    looks = {name: all_looks.looks[name] for name in all_looks.looks if name != "crash"}
    assert set(looks) >= {name for names in foreign_models.values() for name in names}
    for (one, first), (other, second) in itertools.combinations(looks.items(), 2):
        assert (first.on(dark), first.marker) != (second.on(dark), second.marker), (one, other)
        if first.on(dark) == second.on(dark):
            assert any({one, other} <= set(names) for names in foreign_models.values()), "one ink is one language's"
        else:
            assert np.linalg.norm(seen(first.on(dark), eye) - seen(second.on(dark), eye)) > 4, (one, other)


def test_the_page_holds_a_title_for_each_model_left(all_looks):
    for picture in all_looks.pictures:
        labels = [part["label"] for part in picture["parts"]]
        assert labels and len(labels) == len(set(labels)), picture["kind"]
        assert all(json.dumps(part["first"]) for part in picture["parts"])
        if picture["parts"][0]["tier"] is None and picture["kind"] != "history":
            last = picture["parts"][-1]["last"] if len(labels) > 1 else ""
            assert picture["title"] == picture["parts"][0]["first"] + last
