"""What the pictures show: the finding, units, intervals, laws with their bands, and one look for each model."""

import itertools
import json

import cbench_plots as cb
import numpy as np
import pytest
from cbench_plots import theme
from conftest import EYES, seen


def _of(drawn, label):
    return [trace for trace in drawn.data if trace.meta and trace.meta.get("label") == label and not trace.meta.get("raw")]


@pytest.mark.parametrize("dark", [False, True])
def test_every_picture_of_the_summary_is_drawn_with_its_finding_as_title(summary, dark):
    assert {picture["kind"] for picture in summary.pictures} == set(cb.PICTURES)
    for picture in summary.pictures:
        drawn = cb.PICTURES[picture["kind"]](summary, picture=picture, dark=dark)
        assert drawn.layout.title.text.replace("<br>", " ") == picture["title"]
        assert len(drawn.data) > 0, picture
        assert drawn.layout.template.layout.paper_bgcolor == ("#14181d" if dark else "#ffffff")
        drawn.to_json()


def test_axes_say_their_unit(summary):
    assert cb.throughput(summary, "io").layout.xaxis.title.text == "throughput, tasks/s"
    assert cb.latency_spectrum(summary, "io").layout.yaxis.title.text == "response time"
    assert all(text.endswith("s") for text in cb.latency_spectrum(summary, "io").layout.yaxis.ticktext[1:])
    assert cb.latency_against_throughput(summary, "io").layout.yaxis.title.text == "response time, p99"


def test_whiskers_stand_where_both_ends_are_known():
    drawn = theme.whiskers([(10, 8, 13), (5, None, None), (5, 6, 7)], "#000000")
    assert (drawn["array"], drawn["arrayminus"]) == ([3, 0, 2], [2, 0, 0])
    assert theme.whiskers([(5, None, None)], "#000000") is None
    assert theme.interval(None, None, theme.number) == "too few repetitions"


def test_throughput_stands_with_its_interval(summary):
    picture = summary.picture("throughput", "io")
    # Of two repetitions far apart none is shown.
    cell = next(cell for cell in summary.cells_of(picture) if cell["throughput_per_s"]["low"] is not None)
    points = [trace for trace in _of(cb.throughput(summary, "io"), cell["label"]) if trace.error_x.array]
    point = next(point for point in points if point.x[0] == cell["throughput_per_s"]["mean"])
    assert point.x[0] - point.error_x.arrayminus[0] == pytest.approx(cell["throughput_per_s"]["low"])
    assert point.x[0] + point.error_x.array[0] == pytest.approx(cell["throughput_per_s"]["high"])


def test_amdahl_and_usl_are_drawn_with_their_bands(summary):
    drawn = cb.speedup(summary, "amdahl")
    for law in ("amdahl", "usl"):
        traces = [trace for trace in _of(drawn, "fibers") if trace.meta.get("law") == law]
        assert [bool(trace.fill) for trace in traces] == [True, False], "a band and a line"
    fit = next(curve["fit"] for curve in summary["curves"] if curve["label"] == "fibers" and curve["workload"] == "amdahl")
    line = next(trace for trace in _of(drawn, "fibers") if trace.meta.get("law") == "amdahl" and not trace.fill)
    assert list(line.y) == [point["speedup"] for point in fit["amdahl"]["curve"]]


def test_points_are_hollow_where_no_law_was_fitted_to_them(summary):
    def beyond(ns, fitted):
        changed = json.loads(json.dumps(summary.document))
        curve = next(one for one in changed["curves"] if one["label"] == "fibers" and one["workload"] == "amdahl")
        for point in curve["points"]:
            point["beyond_cpus"] = point["n"] in ns
        for row in curve["fit"]["rows"]:
            row["beyond_cpus"] = row["n"] in ns and not fitted
        drawn = _of(cb.speedup(cb.Summary(changed), "amdahl", models=["fibers"]), "fibers")
        return [symbol.endswith("-open") for trace in drawn if "markers" in trace.mode for symbol in trace.marker.symbol]

    assert beyond({4, 8}, fitted=False) == [False, False, True, True]
    assert beyond({4, 8}, fitted=True) == [False] * 4, "work that waits needs no CPUs"


def test_a_speedup_is_drawn_for_one_load_at_a_time(summary):
    drawn = cb.speedup(summary, "io")
    assert len(_of(drawn, "fibers")) == 1, "10 and 100 in flight are two pictures"


def test_the_percentile_axis_gives_each_nine_the_same_room(summary):
    axis = cb.latency_spectrum(summary, "io").layout.xaxis
    assert axis.type == "log"
    assert dict(zip(axis.ticktext, axis.tickvals, strict=True)) | {"90 %": 10, "99 %": 100} == dict(
        zip(axis.ticktext, axis.tickvals, strict=True)
    )


def test_values_over_decades_get_a_logarithmic_axis_and_others_start_at_0():
    assert theme.spans_decades([3, 5000])
    assert not theme.spans_decades([30, 50])
    assert theme.linear_axis([30, 50], theme.number, "")["range"][0] == 0


def test_a_title_does_not_speak_of_another_time_than_the_axis(summary):
    assert cb.latency_against_throughput(summary, "io").layout.meta["title"] == summary.picture("load", "io")["title"]
    median = cb.latency_against_throughput(summary, "io", time="p50").layout
    assert (median.meta["title"], median.yaxis.title.text) == ("Response time, median, against throughput", "response time, median")
    assert cb.latency_spectrum(summary, "io", time="service").layout.meta["title"] == "Service time at each percentile"


def test_models_can_be_picked(summary):
    drawn = cb.latency_spectrum(summary, "io", models=["fibers"])
    assert {trace.name for trace in drawn.data} == {"fibers"}


def test_a_picture_that_cannot_be_drawn_says_what_to_measure(summary, files):
    with pytest.raises(cb.NoPicture, match="it needs a model under two loads"):
        cb.latency_against_throughput(summary, "noop")
    with pytest.raises(cb.NoPicture, match="there are results of"):
        cb.throughput(summary, "nonsense")
    with pytest.raises(cb.NoPicture, match="it needs histograms"):
        cb.latency_spectrum(cb.summary(files[1]), "io")


def test_a_model_has_one_look_in_every_picture(summary):
    for picture in summary.pictures:
        drawn = cb.PICTURES[picture["kind"]](summary, picture=picture)
        for trace in drawn.data:
            label = (trace.meta or {}).get("label")
            if label and trace.type == "scatter" and "markers" in trace.mode and trace.marker.symbol != "line-ns":
                assert trace.marker.color == summary.looks[label].colour, (picture["kind"], label)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("dark", [False, True])
def test_no_two_models_look_alike_whatever_colours_a_reader_sees(summary, eye, dark):
    colours = {label: colour for label, colour in summary.colours(dark).items() if label != "crash"}
    assert len(colours) >= 12
    for (one, first), (other, second) in itertools.combinations(colours.items(), 2):
        assert np.linalg.norm(seen(first, eye) - seen(second, eye)) > 7, (one, other)


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (theme.number, 49.72, "49.7"), (theme.number, 48912, "48.9k"), (theme.number, 999.9, "1.00k"), (theme.number, 0, "0"),
        (theme.time, 0.85, "850 ns"), (theme.time, 20123, "20.1 ms"), (theme.size, 8.6e6, "8.60 MB"),
        (theme.percent, 0.976, "98 %"), (theme.percent, 0.002, "0.2 %"), (theme.times, 1.951, "1.95×"),
    ],
)  # fmt: skip
def test_numbers_have_three_digits_and_the_unit_that_fits(write, value, text):
    assert write(value) == text
