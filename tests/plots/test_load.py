"""Results as a DataFrame, and what is said about files that hold none."""

import json

import cbench_plots as cb
import pandas as pd
import pytest


def test_a_row_is_a_trial_whether_from_json_or_csv(files):
    from_json, from_csv = (cb.load(file) for file in files)
    assert len(from_json) == len(from_csv) > 20
    assert set(from_csv.columns) == set(from_json.columns)
    order = [column for column in from_csv.columns if column != "file"]
    pd.testing.assert_frame_equal(from_json[order], from_csv[order], check_dtype=False)


def test_what_failed_stays_among_the_others_with_its_reason(files):
    trials = cb.load(files[0])
    crashed = trials[trials["model"] == "crash"]
    assert (crashed["status"] == "failed").all()
    assert crashed["reason"].notna().all()
    assert not (trials == "").any(axis=None), "what is not known is missing"
    assert trials.loc[trials["status"] == "ok", "reason"].isna().all()


def test_several_runs_are_concatenated_and_name_their_host(files, folder):
    document = json.loads(files[0].read_text())
    document["host"] |= {"cpu_model": "Another CPU", "cpus_allowed": 64}
    for trial in document["trials"]:
        trial["host"] = document["host"]
    elsewhere = folder / "elsewhere.json"
    elsewhere.write_text(json.dumps(document))
    both = cb.load(files[0], elsewhere)
    assert len(both) == 2 * len(cb.load(files[0]))
    assert both["host"].nunique() == 2
    assert "Another CPU, 64 CPUs" in set(both["host"])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no such file"),
        ("", "the file is empty"),
        ("a,b\n1,2\n", "no column schema_version"),
        ("schema_version,status,model,workload\n", "no trial in the file"),
        ('{"trials": []}', "no trial in the file"),
        ('{"trials": ', "line 1: this is not JSON"),
        ("[]", "not results of cbench"),
        ("schema_version,status,model,workload\n99,ok,a,b\n", "schema version 99"),
    ],
)
def test_a_file_without_results_is_named_with_what_is_wrong(tmp_path, content, complaint):
    file = tmp_path / "results.csv"
    if content is not None:
        file.write_text(content)
    with pytest.raises(cb.BadResults, match=complaint) as error:
        cb.load(file)
    assert str(file) in str(error.value)


def test_a_program_that_is_not_there_is_an_error_that_says_what_to_do(files, monkeypatch):
    monkeypatch.setenv("CBENCH", "/nowhere/cbench")
    with pytest.raises(cb.CbenchError, match="CBENCH=/nowhere/cbench"):
        cb.summary(files[0])


def test_what_cbench_refuses_is_passed_on_in_its_words(tmp_path):
    with pytest.raises(cb.CbenchError, match=r"missing\.json") as error:
        cb.summary(tmp_path / "missing.json")
    assert error.value.exit_code == 2
