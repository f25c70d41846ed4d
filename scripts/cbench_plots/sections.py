"""The parts of a report that are text: the verdict, the filter, the headings of pictures, and hosts, as HTML."""

import html
import re

from . import PICTURES, theme
from .efficiency import tiers_by_cell

SHAPES = {
    "circle": '<circle cx="16" cy="7" r="4"/>',
    "square": '<rect x="12.2" y="3.2" width="7.6" height="7.6"/>',
    "triangle-up": '<path d="M16 2.2l4.6 8.4h-9.2z"/>',
    "diamond": '<path d="M16 2l5 5-5 5-5-5z"/>',
    "x": '<path d="M12.5 3.5l7 7m0-7l-7 7" stroke-width="2.6" stroke="currentColor"/>',
    "cross": '<path d="M16 2v10m-5-5h10" stroke-width="2.6" stroke="currentColor"/>',
    "star": '<path d="M16 1.4l1.6 3.7 4 .4-3 2.7.9 3.9-3.5-2-3.5 2 .9-3.9-3-2.7 4-.4z"/>',
    "pentagon": '<path d="M16 2.4l4.6 3.4-1.8 5.4h-5.6l-1.8-5.4z"/>',
}
STROKES = {"solid": "", "dash": "6 3", "dot": "2 2", "dashdot": "6 2 2 2"}


def text(value):
    return html.escape(str(value))


def name_of(label):
    """A model's label, which breaks, where it must, behind a sign and not within a word."""
    return re.sub(r"([:,=-])", r"\1<wbr>", text(label))


def swatch(look):
    """The line and the marker of a model, as the pictures draw them."""
    return (
        f'<svg class="swatch" style="--light:{look.colour};--dark:{look.colour_on_dark}" viewBox="0 0 32 14" aria-hidden="true">'
        f'<path d="M0 7h32" stroke="currentColor" stroke-width="2" stroke-dasharray="{STROKES[look.dash]}"/>'
        f'<g fill="currentColor">{SHAPES.get(look.marker, SHAPES["circle"])}</g></svg>'
    )


def block_name(summary, block):
    several = len(summary["hosts"]) > 1
    return text(block["heading"]) + (f" · {text(summary.hosts[block['host']]['name'])}" if several else "")


def navigation(summary):
    links = [("verdict", "verdict")]
    links += [(f"block-{block['id']}", block["workload"]) for block in summary["blocks"]]
    failed = len(summary["failures"])
    links += [("table", "numbers"), ("hosts", "hosts"), ("failures", f"failures ({failed})")]
    return " ".join(f'<a href="#{target}">{text(name)}</a>' for target, name in links)


# ---- Verdict


def verdict(summary):
    cards = "".join(_card(summary, block) for block in summary["blocks"])
    return (
        '<p class="quiet">Models that the results do not tell from the best of a tier share it. '
        f'Each model stands with its best number of workers.</p><div class="cards">{cards}</div>'
    )


def _card(summary, block):
    rankings = summary.rankings(block["id"])
    if not rankings:
        return (
            f'<article class="card"><h3>{text(block["workload"])}</h3><p class="quiet">{block_name(summary, block)}</p>'
            '<p class="doubt">No trial is ok: there is no verdict.</p></article>'
        )
    first, *others = rankings
    parts = [
        f"<h3>{text(block['workload'])}</h3>",
        f'<p class="quiet">{block_name(summary, block)}</p>',
        f'<p class="finding">{_sentence(first["sentence"])}</p>',
        _tiers(summary, first),
        _list("Why", block["limits"], "why"),
        _list("Response time", [other["sentence"] for other in others], "why"),
        _folded("How it scales", block["laws"], "why"),
        _list("Reasons to doubt it", block["doubts"], "why doubt"),
    ]
    return f'<article class="card">{"".join(parts)}</article>'


def _sentence(words):
    """Options of the command line stay in one piece."""
    ended = text(words if words.endswith((".", "!")) else words + ".")
    return re.sub(r"--[a-z][a-z-]*", r'<span class="option">\g<0></span>', ended)


def _tiers(summary, ranking):
    write = theme.number if ranking["metric"] == "throughput_per_s" else theme.time
    unit = "/s" if ranking["metric"] == "throughput_per_s" else ""
    lines = []
    for tier in ranking["tiers"]:
        members = "".join(
            f'<span class="member" title="95 % interval: {text(theme.interval(model["low"], model["high"], write))}">'
            f"{swatch(summary.looks[model['label']])}<span>{name_of(model['label'])}</span>"
            f'<span class="value">{write(model["value"])}{unit}</span>'
            f'<span class="share">{theme.percent(model["of_best"])}</span></span>'
            for model in tier["models"]
        )
        lines.append(f'<li><span class="rank">tier {tier["tier"]}</span><span class="members">{members}</span></li>')
    return f'<ol class="tiers">{"".join(lines)}</ol>'


def _list(title, sentences, kind):
    if not sentences:
        return ""
    items = "".join(f"<li>{_sentence(sentence)}</li>" for sentence in sentences)
    return f'<strong class="quiet">{title}</strong><ul class="{kind}">{items}</ul>'


def _folded(title, sentences, kind):
    if len(sentences) <= 2:
        return _list(title, sentences, kind)
    items = "".join(f"<li>{_sentence(sentence)}</li>" for sentence in sentences)
    return f'<details><summary class="quiet">{title}: {len(sentences)} models</summary><ul class="{kind}">{items}</ul></details>'


# ---- Pictures


def model_filter(summary):
    return "".join(
        f'<label class="chip"><input type="checkbox" checked data-model="{text(label)}">{swatch(look)}{text(label)}</label>'
        for label, look in summary.looks.items()
    )


def pictures(summary):
    """The HTML, and the pictures that go into it by the name that it knows them by."""
    named = {f"picture-{at}": picture for at, picture in enumerate(summary.pictures) if picture["kind"] in PICTURES}
    order = list(PICTURES)
    ranked = sorted(named.items(), key=lambda item: order.index(item[1]["kind"]))
    over_all = _grid(summary, [item for item in ranked if item[1]["block"] is None])
    parts = ["<h3>All workloads</h3>", over_all] if over_all else []
    for block in summary["blocks"]:
        own = [item for item in ranked if item[1]["block"] == block["id"]]
        main = [item for item in own if item[1]["main"]]
        other = [item for item in own if not item[1]["main"]]
        parts.append(
            f'<h3 id="block-{block["id"]}">{text(block["workload"])}</h3><p class="quiet">{block_name(summary, block)}</p>'
        )
        parts.append(_grid(summary, main) if main else '<p class="doubt">No trial is ok: there is nothing to draw.</p>')
        if other:
            parts.append(f"<details><summary>{len(other)} pictures of other loads</summary>{_grid(summary, other)}</details>")
    return "".join(parts), named


def _grid(summary, items):
    return f'<div class="pictures">{"".join(_figure(summary, *item) for item in items)}</div>' if items else ""


MOST_NAMES = 3  # in a heading: the picture below it names them all


def title_of(summary, picture):
    """The finding; where it begins with many names, with the first of them and how many others."""
    label = "|".join(sorted(map(re.escape, summary.looks), key=len, reverse=True))
    many = re.match(rf"((?:{label}), )+(?:{label}) and (?:{label})(?= )", picture["title"])
    names = re.split(r", | and ", many[0]) if many else []
    if not many or len(names) <= MOST_NAMES:
        return picture["title"]
    return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} others{picture['title'][many.end() :]}"


def split_title(title):
    """What fits a line as the heading, up to the first semicolon, and the rest of the sentence."""
    heading, _, rest = title.partition("; ")
    return heading, rest


def _speedups(summary, picture):
    """Who gains most first, on the number of workers that the title speaks of: the same as a list, with intervals."""
    tiers = tiers_by_cell(summary)
    tier_of = {summary.cells[id]["label"]: tier for id, tier in tiers.items() if summary.cells[id]["block"] == picture["block"]}
    workers = {part["label"]: part["workers"] for part in picture["parts"]}
    cells = {
        cell["label"]: cell for cell in summary.cells_of(picture) if workers.get(cell["label"]) == cell["workers"]
    }
    rows = []
    for label in workers:
        share = cells[label]["speedup_over_one_worker"]
        tier = f"tier {tier_of[label]}" if label in tier_of else ""
        rows.append(
            f'<li data-model="{text(label)}">{swatch(summary.looks[label])}<span>{text(label)}</span><span class="value">'
            f'{theme.times(share["value"])}</span><span class="share">{_ends(share, theme.number)}</span>'
            f'<span class="share">{tier}</span></li>'
        )
    return f'<details><summary class="quiet">As a list, with intervals and tiers</summary><ol class="gains">{"".join(rows)}</ol></details>'


def _ends(share, write):
    return f"[{write(share['low'])}, {write(share['high'])}]" if share["low"] is not None else ""


def _figure(summary, name, picture):
    wide = " wide" if picture["kind"] in ("cost", "efficiency", "history") else ""
    said = ""
    if picture["kind"] == "speedup":
        said = _speedups(summary, picture) + _folded("What the laws say", picture["text"], "why")
    heading, rest = split_title(title_of(summary, picture))
    return (
        f'<div class="picture{wide}"><figure><figcaption><h4 data-title="{name}">{text(heading)}</h4><p data-rest="{name}">{text(rest)}</p><p class="quiet" data-caption="{name}"></p></figcaption>'
        f'<div class="chart" data-picture="{name}" data-kind="{picture["kind"]}" role="img" aria-label="{text(picture["title"])}">'
        f"</div></figure>{said}</div>"
    )


# ---- Hosts


def host_name(host):
    usable = host["cpus_usable"]
    return host["name"] if usable is None else f"{host['name']}, {usable:g} CPUs"


def hosts(summary):
    return "".join(_host(host) for host in summary["hosts"])


def _host(host):
    facts = host["facts"] | host["build"]
    rows = {
        "CPU": facts.get("cpu_model"),
        "CPUs": f"{facts.get('cpus_online')} online, {facts.get('cpus_allowed')} allowed"
        + (f" (quota {facts['cpu_quota']:g})" if facts.get("cpu_quota") else ""),
        "memory": theme.size(facts.get("memory_bytes")),
        "kernel": facts.get("kernel"),
        "governor": facts.get("governor"),
        "idle CPUs": facts.get("idle"),
        "clock": facts.get("clock"),
        "compiler": facts.get("compiler"),
        "build": f"{facts.get('build_type')}, cbench {facts.get('version')}",
        "allocator": facts.get("allocator"),
        "libraries": ", ".join(f"{name} {version}" for name, version in (facts.get("libraries") or {}).items()),
        "trials": f"{host['trials']:,}",
    }
    items = "".join(f"<dt>{name}</dt><dd>{text(value)}</dd>" for name, value in rows.items() if value)
    differences = _list("Not comparable with the first host", host["differences"], "why doubt")
    return f"<h3>{text(host['name'])}</h3><dl>{items}</dl>{differences}"


def footer(summary):
    files = ", ".join(f"{file['name']} ({file['trials']:,} trials)" for file in summary["files"])
    return f"From {text(files)}. Every number was computed by {text(summary['made_by'])}."
