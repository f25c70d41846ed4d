"""scripts/report: results as one self-contained page, with the verdict first."""

import argparse
import base64
import gzip
import json
import sys
from importlib.resources import files
from pathlib import Path

from plotly.offline import get_plotlyjs

from . import PICTURES, sections, tables, theme
from .program import CbenchError
from .results import BadResults, load
from .summary import summary

# In the first lines of every page: of this version, and of those before it had a name for itself.
MARKS = ['<meta name="generator" content="cbench">', "<title>Which concurrency model for which work</title>"]
NARROW = {"cost", "efficiency"}  # pictures that have a second form, for phones


def page(summarised, trials):
    """The page as text. `trials` are the rows of the results, for what the summary does not tell."""
    marks, pictures = sections.pictures(summarised)
    started = trials["started_at"].dropna()
    about = f"{len(trials):,} trials of {len(summarised.looks)} models"
    if len(started):
        about += f", measured on {started.min()[:10]}" if started.min()[:10] == started.max()[:10] else (
            f", measured from {started.min()[:10]} to {started.max()[:10]}"
        )
    about += ". " + sections.text("; ".join(sections.host_name(host) for host in summarised["hosts"]))
    parts = {
        "title": "Which concurrency model for which work",
        "about": about,
        "nav": sections.navigation(summarised),
        "verdict": sections.verdict(summarised),
        "filter": sections.model_filter(summarised),
        "pictures": marks,
        "table": tables.tables(summarised),
        "hosts": sections.hosts(summarised),
        "failures": tables.failures(summarised),
        "footer": sections.footer(summarised),
        "style": _asset("page.css"),
        "figures": _script_safe(_figures(summarised, pictures)),
        "plotly": base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode(),
        "script": _asset("page.js"),
    }
    text = _asset("page.html")
    # Split at the marks: what is filled in is never looked through for marks again.
    pieces = text.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, rest = piece.split("}}", 1)
        filled += [parts[name], rest]
    return "".join(filled)


def _asset(name):
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


def _script_safe(text):
    return text.replace("<", "\\u003c")


def _figures(summarised, pictures):
    drawn = {}
    for name, picture in pictures.items():
        draw = PICTURES[picture["kind"]]
        forms = {"wide": _bare(draw(summarised, picture=picture))}
        if picture["kind"] in NARROW:
            forms["narrow"] = _bare(draw(summarised, picture=picture, stacked=True))
        drawn[name] = forms | {"parts": picture["parts"], "title": sections.title_of(summarised, picture)}
    looks = {label: vars(look) for label, look in summarised.looks.items()}
    templates = {name: _on_the_page(theme.template(name == "dark")) for name in ("light", "dark")}
    return json.dumps({"pictures": drawn, "templates": templates, "looks": looks}, separators=(",", ":"))


def _on_the_page(template):
    template.layout.update(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
    return template.to_plotly_json()


def _bare(figure):
    """Without what the page has outside of it: title, legend, colours of the paper."""
    height = figure.layout.meta["height"]
    margin = figure.layout.margin.to_plotly_json() | {"t": 8}
    figure.update_layout(title=None, template=None, showlegend=False, height=height + 8, margin=margin)
    return json.loads(figure.to_json())


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/report",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Draws results of cbench as one page that needs no network: the verdict, pictures, numbers, hosts "
        "and failures.",
        epilog="examples:\n"
        "  cbench -m all -w io,cpu,mixed -o all.json && scripts/report all.json -o report.html\n"
        "  scripts/report laptop.json server.json -o both.html      results of two hosts, side by side\n\n"
        "CSV works too; only JSON (-o results.json) has the histograms behind the latency spectrum.",
    )
    parser.add_argument("results", nargs="+", metavar="RESULTS", help="files that cbench wrote with -o (.json, .csv)")
    parser.add_argument("-o", "--output", default="report.html", metavar="FILE", help="default: report.html; a report that is there is replaced")
    return parser


def main(argv=None):
    asked = arguments().parse_args(argv)
    output = Path(asked.output)
    try:
        _check(output)
        trials = load(*asked.results)
        if not (trials["status"] == "ok").any():
            reasons = trials["reason"].dropna()
            why = f"; the first reason: {reasons.iloc[0]}" if len(reasons) else ""
            raise BadResults(f"{', '.join(asked.results)}: none of {len(trials)} trials is ok, there is nothing to draw{why}")
        text = page(summary(*asked.results), trials)
    except BadResults as error:
        return _fail(error, 2)
    except CbenchError as error:
        return _fail(error, error.exit_code)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        return _fail(f"{output}: {error.strerror}", 1)
    return 0


def _check(output):
    """Only another report is replaced: what else is there may be all that is left of a measurement."""
    if not output.is_file() or output.stat().st_size == 0:
        return
    with output.open(encoding="utf-8", errors="replace") as file:
        beginning = file.read(4096)
    if not any(mark in beginning for mark in MARKS):
        raise BadResults(f"{output}: this is no report, which one would replace; name another file, or remove this one")


def _fail(message, exit_code):
    print(f"scripts/report: {message}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
