"""The package as others see it: types, version, what an object says of itself, and what is said about a wrong argument."""

import json
import os
import re
import subprocess
import sys
from importlib.resources import files as resources
from pathlib import Path

import cbench_plots as cb
import pandas as pd
import pytest
from cbench_plots import program

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def test_types_hold_and_are_there_for_others(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", SCRIPTS / "pyproject.toml", "--cache-dir", tmp_path,
         SCRIPTS / "cbench_plots"],
        capture_output=True, text=True, check=False, env=os.environ | {"MYPYPATH": str(SCRIPTS)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (resources("cbench_plots") / "py.typed").is_file()


def test_the_version_is_that_of_the_program():
    assert program.run("--version").splitlines()[0] == f"cbench {cb.__version__}"


def test_a_summary_says_in_a_line_what_is_in_it(summary):
    assert re.fullmatch(r"<Summary of amdahl, io, noop, sleep: \d+ cells, \d+ models, 1 host>", repr(summary))


def test_a_summary_is_a_table_with_a_row_for_each_cell(summary):
    cells = cb.cells(summary)
    assert list(cells["id"]) == [cell["id"] for cell in summary["cells"]]
    for row, cell in zip(cells.to_dict("records"), summary["cells"], strict=True):
        assert row["label"] == cell["label"]
        assert row["workers"] == cell["workers"]
        assert row["ok"] == cell["status"]["ok"]
        assert row["host"] == summary.hosts[cell["host"]]["name"]
        if cell["throughput_per_s"] is None:
            assert pd.isna(row["throughput_per_s"]), "what failed has a row without numbers"
            assert pd.isna(row["peak_memory_bytes"])
        else:
            assert row["throughput_per_s"] == cell["throughput_per_s"]["mean"]
            assert row["cpu_per_task_us"] == cell["cpu_per_task_us"]
        for name, value in cell["parameters"].items():
            assert row[f"parameter_{name}"] == value
    assert (cells["label"] == "crash").any()


def test_columns_of_cells_have_the_same_type_whatever_the_results(files, law):
    frames = [cb.cells(cb.summary(file)) for file in (*files, law)]
    shared = [column for column in frames[0] if all(column in frame for frame in frames)]
    assert len(shared) > 60
    for frame in frames[1:]:
        assert frame[shared].dtypes.equals(frames[0][shared].dtypes)
    assert frames[2]["rate_per_s"].dtype == "float64", "of a closed loop, where it is missing everywhere"
    assert frames[2]["fixed_tasks"].dtype == "Int64"


def test_columns_of_trials_have_the_same_type_whatever_the_file(files, law):
    first, other = cb.load(files[1]), cb.load(law)
    shared = [column for column in first if column in other]
    assert first[shared].dtypes.equals(other[shared].dtypes)
    assert first["seed"].dtype == "UInt64", "of small seeds too"
    both = cb.load(files[1], law)
    assert both[shared].dtypes.equals(first[shared].dtypes)


def test_parameters_and_settings_are_columns(files, law, tmp_path):
    trials = cb.load(files[0], law)
    waiting = trials["workload"] == "io"
    assert (trials.loc[waiting, "parameter_delay"] == "1ms").all()
    assert trials.loc[~waiting, "parameter_delay"].isna().all()
    assert (trials.loc[~waiting, "parameter_serial"] == "0.25").all()
    assert trials["parameter_delay"].dtype == "string"
    document = json.loads(files[0].read_text())
    document["trials"][0]["spec"]["settings"] = {"stack": "16k", "note": "a;b\\c=d"}
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(document))
    trial = cb.load(file).iloc[0]
    assert trial["setting_stack"] == "16k"
    assert trial["setting_note"] == "a;b\\c=d"


@pytest.mark.parametrize("draw", cb.PICTURES.values(), ids=cb.PICTURES)
def test_a_picture_of_something_else_than_a_summary_is_an_error_that_says_what_to_give(draw):
    with pytest.raises(TypeError, match=rf"{draw.__name__}\(\) draws a Summary, as cb.summary.*got a str"):
        draw("results.json")


def test_models_are_a_list_of_those_that_are_there(summary):
    with pytest.raises(TypeError, match=r"models=\['fibers'\]"):
        cb.throughput(summary, "io", models="fibers")
    with pytest.raises(ValueError, match="no 'fibres' in this picture; there are .*fibers"):
        cb.throughput(summary, "io", models=["fibres"])
    assert cb.throughput(summary, "io", models=(name for name in ["fibers"])).data


def test_a_time_that_is_none_is_named_with_those_that_are(summary):
    with pytest.raises(ValueError, match="time='p95': it is one of 'p50'"):
        cb.latency_against_throughput(summary, "io", time="p95")
    with pytest.raises(ValueError, match="time='waiting': it is one of 'response'"):
        cb.latency_spectrum(summary, "io", time="waiting")


@pytest.mark.parametrize("read", [cb.load, cb.summary])
def test_files_are_named_one_by_one(read, files, summary):
    with pytest.raises(TypeError, match=rf"got a list; of several: {read.__name__}\(\*files\)"):
        read(files)
    with pytest.raises(TypeError, match="takes names of files, and got a Summary"):
        read(summary)
    with pytest.raises((TypeError, cb.BadResults), match=rf"{read.__name__}\('results"):
        read()


def test_cells_of_a_file_are_those_of_its_summary(files):
    with pytest.raises(TypeError, match="cells\\(\\) takes a Summary.*got a str"):
        cb.cells(str(files[0]))


def test_what_is_to_be_measured_is_text():
    with pytest.raises(TypeError, match="models is text as after cbench -m"):
        cb.measure(["fibers"], "io")
    with pytest.raises(cb.CbenchError, match="nonsense"):
        cb.measure("nonsense", "io")


def test_a_window_that_is_asked_for_goes_before_that_of_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("CBENCH_WINDOW", "10s")
    asked = cb.measure("pool", "noop", "-n", 1, "-r", 1, "--no-baseline", "-d", "50ms", "--warmup", "0ms", file=tmp_path / "a.json")
    assert (cb.load(asked)["duration_s"] == 0.05).all()
