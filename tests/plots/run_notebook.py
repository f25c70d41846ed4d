"""Executes a notebook from top to bottom, on data that it measures itself, and holds its text against what came of it.
Fails on any error in a cell and on any claim that the run contradicts.

    scripts/python tests/plots/run_notebook.py scripts/models.ipynb
    scripts/notebooks --store      executes all and keeps the outputs, with pictures that any page can show
"""

import argparse
import json
import os
import sys
from pathlib import Path

import nbformat
import stored
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell

HERE = Path(__file__).resolve().parent

# Run before the notebook's own cells and after them, and left out of what is stored. Figures stay as they are until all
# cells have run: a browser that draws one would take CPUs from what the next cell measures.
BEFORE = """
import plotly.io
plotly.io.renderers.default = "plotly_mimetype"
"""
AFTER = """
import json, sys
sys.path.insert(0, {here!r})
import claims
print(json.dumps(claims.evaluated({name!r}, globals())))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--store", action="store_true", help="keep the outputs; only where every claim shows")
    parser.add_argument(
        "--although-disturbed", action="store_true", help="keep them, too, where a claim cannot be told for what others ran"
    )
    asked = parser.parse_args()
    if asked.store:
        os.environ.setdefault("CBENCH_KEEP_AWAKE", "1")  # a hypervisor gives away CPUs that halt
    else:
        # Enough tasks for the percentiles that every cell draws; not to believe a number.
        os.environ.setdefault("CBENCH_WINDOW", "250ms")
        os.environ.setdefault("CBENCH_WARMUP", "50ms")
    notebook = nbformat.read(asked.notebook, as_version=4)
    nbformat.validate(notebook)
    try:
        found = execute(notebook, asked.notebook)
    except CellExecutionError as error:
        return f"{asked.notebook}: {error}"
    print(f"{asked.notebook}: {len(found['held'])} claims show in this run")
    for text in found["untold"]:
        print(f"cannot be told: {text}")
    complaints = [f"does not hold: {text}" for text in found["fail"]] + said_on_standard_error(notebook)
    if asked.store and not asked.although_disturbed:
        complaints += [f"cannot be told, wait for a quiet machine: {text}" for text in found["untold"]]
    if complaints:
        return "\n".join([*complaints, f"{asked.notebook}: not all is as its text says"])
    if asked.store:
        stored.draw(notebook)
        stored.tidy(notebook)
        nbformat.write(notebook, asked.notebook)
        print(f"{asked.notebook}: stored, {asked.notebook.stat().st_size / 1000:.0f} kB")
    return 0


def execute(notebook, path):
    """Runs the cells, whose outputs hold figures as JSON afterwards, and gives what became of the claims."""
    before = new_code_cell(BEFORE)
    after = new_code_cell(AFTER.format(here=str(HERE), name=path.stem))
    written = notebook.cells
    notebook.cells = [before, *written, after]
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": path.parent}}).execute()
    notebook.cells = written
    return json.loads("".join(output.text for output in after.outputs if output.output_type == "stream"))


def said_on_standard_error(notebook):
    return [
        f"said on standard error: {output.text}"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]


if __name__ == "__main__":
    sys.exit(main())
