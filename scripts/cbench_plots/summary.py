"""What `cbench summary --json` computed, and how to find what a picture needs in it. docs/summary.md has the fields."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import program
from .theme import Look

KNOWN_VERSION = 1

# Objects of the document, as JSON has them.
Cell = dict[str, Any]
Picture = dict[str, Any]


class NoPicture(ValueError):
    """The results do not hold what a picture needs; the message says what to measure."""


NEEDS = {
    "throughput": "a model that was measured",
    "speedup": "a model on two numbers of workers (--workers 1,2,4)",
    "latency": "histograms, which are in results written as JSON (-o results.json), and a p99 of each repetition: 1,000 tasks",
    "split": "a model that was measured",
    "load": "a model under two loads (--concurrency 10,100,1000)",
    "curve": "a model at three rates (cbench curve, or --rate 1k/s,2k/s,4k/s)",
    "cost": "a model that was measured",
    "history": "several runs in the files (cbench run -o results.csv, again and again)",
    "efficiency": "the baseline, which every sweep runs unless it is told --no-baseline",
}


@dataclass(repr=False)
class Summary:
    """The document, with look-ups by id and label."""

    document: dict[str, Any]

    def __post_init__(self) -> None:
        self.cells = {cell["id"]: cell for cell in self.document["cells"]}
        self.blocks = {block["id"]: block for block in self.document["blocks"]}
        self.hosts = {host["id"]: host for host in self.document["hosts"]}
        self.looks = {model["label"]: Look.of(model) for model in self.document["models"]}
        # Results without histograms have no spectrum, whatever else can be said about their latency.
        known = {spectrum["cell"] for spectrum in self.document["spectra"]}
        self.pictures = [
            picture for picture in self.document["pictures"] if picture["kind"] != "latency" or known & set(picture["cells"])
        ]

    def __repr__(self) -> str:
        counts = ((self.cells, "cell"), (self.looks, "model"), (self.hosts, "host"))
        held = ", ".join(f"{len(of)} {one}{'s' if len(of) != 1 else ''}" for of, one in counts)
        return f"<Summary of {', '.join(self.workloads) or 'nothing'}: {held}>"

    def __getitem__(self, field: str) -> Any:
        return self.document[field]

    @property
    def workloads(self) -> list[str]:
        return list(dict.fromkeys(block["workload"] for block in self.document["blocks"]))

    def colours(self, dark: bool = False) -> dict[str, str]:
        """Label to colour, for pictures of your own."""
        return {label: look.on(dark) for label, look in self.looks.items()}

    def verdict(self, workload: str | None = None) -> list[str]:
        """The sentences of the tiers, and why: a list of text."""
        sentences: list[str] = []
        for block in self.document["blocks"]:
            if workload in (None, block["workload"]):
                sentences += [ranking["sentence"] for ranking in self.rankings(block["id"]) if ranking["primary"]]
                sentences += block["limits"] + block["laws"]
        return sentences

    def rankings(self, block: int) -> list[dict[str, Any]]:
        """The tiers of a block under its main load, those that decide first; of one number of workers there are none."""
        wanted = [
            ranking
            for ranking in self.document["rankings"]
            if ranking["block"] == block and ranking["main"] and ranking["workers"] is None
        ]
        return sorted(wanted, key=lambda ranking: not ranking["primary"])

    def picture(self, kind: str, workload: str | None = None, host: str | int | None = None) -> Picture:
        """The entry of `pictures` of that kind: of the workload (any) and the host (any), the main load first."""
        wanted = []
        for picture in self.pictures:
            block = self.blocks.get(picture["block"])
            right_workload = workload is None or block is None or block["workload"] == workload
            right_host = host is None or host in (picture["host"], self.hosts[picture["host"]]["name"])
            if picture["kind"] == kind and right_workload and right_host:
                wanted.append(picture)
        if not wanted:
            of = f" of {workload}" if workload else ""
            known = ", ".join(self.workloads)
            hint = f"; there are results of {known}" if workload and workload not in self.workloads else ""
            raise NoPicture(f"no picture '{kind}'{of} in these results: it needs {NEEDS[kind]}{hint}")
        return min(wanted, key=lambda picture: not picture["main"])

    def cells_of(self, picture: Picture, models: Iterable[str] | None = None) -> list[Cell]:
        """Its cells in the order in which they are drawn, of the models (names or labels) asked for.

        TypeError where models is one text, ValueError where the picture has no such model.
        """
        cells = [self.cells[id] for id in picture["cells"]]
        if models is None:
            return cells
        if isinstance(models, str):
            raise TypeError(f"models={models!r}: it is a list, models=[{models!r}]")
        wanted = list(models)
        known = dict.fromkeys(name for cell in cells for name in (cell["label"], cell["model"]))
        for name in wanted:
            if name not in known:
                raise ValueError(f"models: there is no {name!r} in this picture; there are {', '.join(known)}")
        return [cell for cell in cells if cell["label"] in wanted or cell["model"] in wanted]


def summary(*files: str | os.PathLike[str]) -> Summary:
    """Runs `cbench summary --json FILES`.

    CbenchError, with what to do, where the program or the files are missing; TypeError where a file is named by something
    else than text or a path.
    """
    program.check_names("summary", files)
    return parse(program.run("summary", "--json", *files))


def parse(text: str) -> Summary:
    """The document that `cbench summary --json` printed. CbenchError where it is of another version."""
    document = json.loads(text)
    version = document.get("summary_version")
    if version != KNOWN_VERSION:
        raise program.CbenchError(f"summary version {version}: this package knows {KNOWN_VERSION}; update it or cbench")
    return Summary(document)
