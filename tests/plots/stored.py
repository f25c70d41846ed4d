"""Outputs that are kept in a notebook: small, the same however the notebook was executed, and about no machine in
particular."""

import base64
import hashlib
import io
import re
import socket
import tempfile
from pathlib import Path

import plotly.io
from PIL import Image

FIGURE = "application/vnd.plotly.v1+json"  # the kind of output that is a figure as JSON
WIDTH, SCALE = 860, 1.5  # of a picture: in pixels of a page, and for screens that have more of them
LARGEST = 1_000_000  # bytes of a notebook
COLOURS = 96  # of a picture: with fewer, lines of models that look alike would turn into one another


def draw(notebook):
    """Puts a static picture in the place of each figure that the cells of an executed notebook show. Starts a browser,
    once for all of them."""
    shown = [output for cell in notebook.cells for output in cell.get("outputs", []) if FIGURE in output.get("data", {})]
    if not shown:
        return
    figures = [{part: output.data[FIGURE][part] for part in ("data", "layout")} for output in shown]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{at}.png" for at in range(len(shown))]
        heights = [figure["layout"].get("height") for figure in figures]
        plotly.io.write_images(figures, files, width=WIDTH, height=heights, scale=SCALE)
        for output, file in zip(shown, files, strict=True):
            output.data = {"image/png": base64.b64encode(file.read_bytes()).decode()}


def tidy(notebook):
    """Makes what was executed ready to be stored: numbers its cells from 1, and says which text the outputs are of."""
    number = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        number += 1
        cell.execution_count = number
        for output in cell.outputs:
            output.pop("transient", None)
            if output.output_type == "execute_result":
                output.execution_count = number
            if "image/png" in output.get("data", {}):
                output.data = {"image/png": _small(output.data["image/png"]), "text/plain": "a picture"}
                output.metadata = {}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "stored": {"of": digest(notebook.cells)},
    }


def digest(cells):
    """Of what the cells say, without outputs."""
    text = "\0".join(f"{cell['cell_type']}\0{''.join(cell['source'])}" for cell in cells)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def complaints(document):
    """What is wrong with the outputs in a notebook, read as JSON: a list of text."""
    code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    again = "execute and store it again: scripts/notebooks --store"
    found = []
    if [cell["execution_count"] for cell in code] != list(range(1, len(code) + 1)):
        found.append(f"not all cells were executed, from the top; {again}")
    if document["metadata"].get("stored", {}).get("of") != digest(document["cells"]):
        found.append(f"its outputs are of another text; {again}")
    for cell in code:
        for output in cell["outputs"]:
            if output["output_type"] == "error" or output.get("name") == "stderr":
                found.append(f"{cell['id']}: stored with an error")
            if FIGURE in output.get("data", {}):
                found.append(f"{cell['id']}: a picture that a page cannot show without a script; {again}")
            for kind, content in output.get("data", {}).items():
                if not kind.startswith("image/") and (private := _private("".join(content))):
                    found.append(f"{cell['id']}: {private} is of the machine that it ran on")
    return found


def pictures(cell):
    """How many a cell holds."""
    return sum("image/png" in output.get("data", {}) for output in cell["outputs"])


def _private(text):
    """A path, or the name of this host, if the text holds one."""
    path = re.search(r"(?<![\w.<])/(?:home|root|tmp|usr|var|opt|work|Users|mnt)\b[^\s'\"<]*", text)
    host = socket.gethostname()
    return path[0] if path else host if len(host) > 3 and host in text else None


def _small(png):
    """The picture with so many colours as it needs."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    out = io.BytesIO()
    picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()
