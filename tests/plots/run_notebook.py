"""Executes a notebook from top to bottom, on data that it measures itself, and fails on any error in a cell.

    scripts/python tests/plots/run_notebook.py scripts/models.ipynb
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def main(path):
    path = Path(path)
    # Enough tasks for the percentiles that every cell draws; not to believe a number.
    os.environ.setdefault("CBENCH_WINDOW", "900ms")
    os.environ.setdefault("CBENCH_WARMUP", "50ms")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    kept = [cell["id"] for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]
    if kept:
        return f"{path}: committed with output, in {', '.join(kept)}; clear all outputs"
    try:
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": path.parent}}).execute()
    except CellExecutionError as error:
        return f"{path}: {error}"
    complaints = [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]
    return f"{path}: said on standard error: {complaints[0]}" if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
