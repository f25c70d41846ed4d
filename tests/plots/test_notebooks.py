"""The notebooks as they are committed: every sentence accounted for, and outputs that a page can show."""

import base64
import copy
import io
import json
import shutil
from pathlib import Path

import claims
import nbformat
import pytest
import run_notebook
import stored
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
NOTEBOOKS = ["models", "explore"]


def _document(name):
    return json.loads((SCRIPTS / f"{name}.ipynb").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_sentence_is_a_claim_with_a_check_or_claims_nothing(name):
    written, known = claims.sentences(_document(name)["cells"]), claims.of(name).sentences
    assert [sentence for sentence in written if sentence not in known] == [], "no claim, and not said to be none"
    assert [sentence for sentence in known if sentence not in written] == [], "is not in the notebook any more"
    assert len(known) == len(set(known)), "a sentence is either a claim or none"


def test_sentences_are_those_of_paragraphs_lists_and_tables():
    text = "# Title\n\nOne **bold**\nclaim. Another: [link](a.md)?\n\n- An *n* item.\n- `code` first.\n\n    not(this)\n\n| a | b |\n|---|---|\n| c | d |"
    cells = [{"cell_type": "markdown", "source": text}, {"cell_type": "code", "source": "# No sentence."}]
    assert claims.sentences(cells) == ["One bold claim.", "Another: link?", "An n item.", "`code` first.", "a | b", "c | d"]


@pytest.fixture
def one_claim(monkeypatch):
    made = claims.Claims()
    monkeypatch.setattr(claims, "of", lambda notebook: made)

    @made("Two is more than one.", undisturbed=("summary",))
    def check(run):
        assert run.number > 1, run.number

    return made


def _summary(others):
    return {"cells": [{"other_cpu_share": others, "steal_share": None}]}


def test_a_claim_that_the_run_contradicts_fails_where_the_machine_was_quiet(one_claim):
    outcome = [
        {kind: len(texts) for kind, texts in claims.evaluated("", {"number": number, "summary": _summary(others)}).items()}
        for number, others in ((2, 0.0), (1, 0.0), (1, 1.5), (2, 1.5))
    ]
    held, fail, untold = ({"held": 0, "fail": 0, "untold": 0} | {kind: 1} for kind in ("held", "fail", "untold"))
    assert outcome == [held, fail, untold, held]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_outputs_are_stored_whole_small_and_about_no_machine(name):
    document = _document(name)
    assert stored.complaints(document) == []
    assert (SCRIPTS / f"{name}.ipynb").stat().st_size < stored.LARGEST


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_cell_that_draws_has_its_picture_and_every_verdict_its_text(name):
    for cell in _document(name)["cells"]:
        if cell["cell_type"] != "code":
            continue
        last = "".join(cell["source"]).splitlines()[-1].strip()
        if last.startswith("cb.") or last.startswith("repetitions.") or ".show()" in last:
            assert stored.pictures(cell) > 0, cell["id"]
        if last.startswith(("verdict(", "Markdown(")):
            assert "text/markdown" in cell["outputs"][0]["data"], cell["id"]


def test_no_figure_is_drawn_before_the_last_cell_has_run(tmp_path, monkeypatch):
    (tmp_path / "claims_drawing.py").write_text("from claims import Claims\nclaims = Claims()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("BROWSER_PATH", shutil.which("chromium") or "")
    figure = "import plotly.graph_objects as go\ngo.Figure(layout={'height': 300, 'paper_bgcolor': '#00ff00'})"
    notebook = new_notebook(cells=[new_markdown_cell("# Green"), new_code_cell(figure), new_code_cell("6 * 7")])
    found = run_notebook.execute(notebook, tmp_path / "drawing.ipynb")
    assert found == {"held": [], "fail": [], "untold": []}
    shown, number = (cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    assert [set(output.data) for output in shown] == [{stored.FIGURE}]
    stored.draw(notebook)
    stored.tidy(notebook)
    nbformat.validate(notebook)
    assert stored.complaints(json.loads(nbformat.writes(notebook))) == []
    assert number[0].data["text/plain"] == "42"
    picture = Image.open(io.BytesIO(base64.b64decode(shown[0].data["image/png"]))).convert("RGB")
    assert picture.size == (stored.WIDTH * stored.SCALE, 300 * stored.SCALE)
    assert picture.getpixel((5, 5)) == (0, 255, 0)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_outputs_say_that_no_cpu_was_allowed_to_halt(name):
    outputs = [output for cell in _document(name)["cells"] for output in cell.get("outputs", [])]
    assert any("kept awake" in "".join(output.get("data", {}).get("text/plain", "")) for output in outputs)


def test_outputs_of_another_text_and_names_of_the_machine_are_found():
    document = _document("explore")
    changed = copy.deepcopy(document)
    changed["cells"][0]["source"][0] = "# Something else"
    assert any("of another text" in text for text in stored.complaints(changed))
    private = copy.deepcopy(document)
    cell = next(cell for cell in private["cells"] if cell["cell_type"] == "code" and cell["outputs"])
    cell["outputs"][0]["data"] = {"text/plain": ["in /home/somebody/results.json"]}
    assert any("/home/somebody" in text for text in stored.complaints(private))
    skipped = copy.deepcopy(document)
    skipped["cells"][1]["execution_count"] = 7
    assert any("not all cells" in text for text in stored.complaints(skipped))
