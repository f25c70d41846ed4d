"""Response time against load: one line a percentile and model, a logarithmic axis, gaps, and the knee as a band."""

import cbench_plots as cb
import pytest
from cbench_plots.load_curve import response_against_load


@pytest.fixture(scope="module")
def picture(summary):
    return summary.picture("curve", "sleep")


def _lines(drawn, label, percentile):
    return [
        trace for trace in drawn.data if trace.meta.get("label") == label and trace.meta.get("percentile") == percentile
    ]


def test_it_takes_three_rates(summary, files):
    assert summary["load_curves"]
    assert all(len(curve["points"]) == 4 for curve in summary["load_curves"])
    with pytest.raises(cb.NoPicture, match="cbench curve"):
        cb.response_against_load(cb.summary(files[0]))


def test_every_percentile_that_is_known_is_drawn_where_the_program_has_it(summary, picture):
    drawn = response_against_load(summary, picture=picture)
    assert drawn.layout.yaxis.type == "log"
    assert drawn.layout.xaxis.title.text == "offered, tasks/s"
    assert drawn.layout.yaxis.title.text == "response time"
    for curve in summary["load_curves"]:
        for field in ("p50", "p99"):
            (line,) = _lines(drawn, curve["label"], field)
            known = [point[f"{field}_us"] for point in curve["points"]]
            assert list(line.x) == [point["rate_per_s"] for point in curve["points"]]
            assert list(line.y) == [one and one["value"] for one in known], "unknown is a gap"
            assert line.connectgaps is False


def test_rates_that_overload_a_model_have_hollow_marks(summary, picture):
    drawn = response_against_load(summary, picture=picture)
    for curve in summary["load_curves"]:
        (line,) = _lines(drawn, curve["label"], "p99")
        assert [symbol.endswith("-open") for symbol in line.marker.symbol] == [
            point["verdict"] == "overloaded" for point in curve["points"]
        ]


def test_the_knee_is_a_band_between_its_rates_and_there_is_none_without_a_knee(summary, picture):
    curve = summary["load_curves"][0]
    before = curve["knee"]
    try:
        curve["knee"] = {"at_per_s": 1600, "low_per_s": 800, "high_per_s": 3000}
        drawn = response_against_load(summary, picture=picture)
        assert tuple(drawn.layout.yaxis2.range) == (0, 1), "a band reaches from the bottom to the top"
        assert drawn.layout.yaxis2.type is None, "linear, whatever the axis of times is"
        bands = [trace for trace in drawn.data if "knee" in trace.meta]
        (band,) = [trace for trace in bands if trace.meta["label"] == curve["label"]]
        assert sorted(set(band.x)) == [800, 3000]
        curve["knee"] = None
        bands = [trace for trace in response_against_load(summary, picture=picture).data if "knee" in trace.meta]
        assert curve["label"] not in [trace.meta["label"] for trace in bands]
    finally:
        curve["knee"] = before
