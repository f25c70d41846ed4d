"""Results as a DataFrame, and what is said about files that hold none."""

import csv
import io
import json

import cbench_plots as cb
import pandas as pd
import pytest
from cbench_plots import program


def test_a_row_is_a_trial_whether_from_json_or_csv(files):
    from_json, from_csv = (cb.load(file) for file in files)
    assert len(from_json) == len(from_csv) > 20
    assert set(from_csv.columns) == set(from_json.columns)
    order = [column for column in from_csv.columns if column != "file"]
    pd.testing.assert_frame_equal(from_json[order], from_csv[order])


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
        (None, "No such file"),
        ("", "the file is empty"),
        ("a,b\n1,2\n", "the header lacks schema_version"),
        ("schema_version,status,model,workload\n", "the header lacks reason"),
        ("schema_version,status,model,workload\n99,ok,a,b\n", "schema version 99"),
        ('{"schema_version": 1, "trials": []}', "no trials in it"),
        ('{"schema_version": ', ":1: the JSON is cut off"),
        ("[]", "not a document of cbench"),
    ],
)
def test_a_file_without_results_is_named_with_what_is_wrong(tmp_path, content, complaint):
    file = tmp_path / ("results.json" if content and content[0] in "{[" else "results.csv")
    if content is not None:
        file.write_text(content)
    with pytest.raises(cb.BadResults, match=complaint) as error:
        cb.load(file)
    assert str(file) in str(error.value)


def test_columns_have_the_type_that_the_program_says(files):
    trials = cb.load(files[1])
    kinds = pd.read_csv(io.StringIO(program.run("convert", "--columns"))).set_index("column")["kind"]
    maps = ("file", "host", "parameter_", "setting_")
    assert list(kinds.index) == [column for column in trials.columns if column in kinds.index or not column.startswith(maps)]
    types = {"number": "float64", "count": "Int64", "flag": "boolean"}
    for column, kind in kinds.items():
        assert trials[column].dtype == ("UInt64" if column == "seed" else types.get(kind, "string")), column


def test_text_that_looks_like_a_number_stays_text_and_large_numbers_stay_exact(files, tmp_path):
    header, row = files[1].read_text().splitlines()[:2]
    fields = dict(zip(header.split(","), next(csv.reader([row]))))
    fields |= {"digest": "0000000000000017", "trial_id": "1234567890123e12", "seed": str(2**64 - 1), "warnings": "NA"}
    file = tmp_path / "odd.csv"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerow(fields)
    trial = cb.load(file).iloc[0]
    assert trial["digest"] == "0000000000000017"
    assert trial["trial_id"] == "1234567890123e12"
    assert trial["seed"] == 2**64 - 1
    assert trial["warnings"] == "NA"


def test_a_count_that_no_count_can_be_is_named(files, tmp_path):
    document = json.loads(files[0].read_text())
    document["trials"][0]["context_switches_voluntary"] = 2**64 - 2
    file = tmp_path / "wrapped.json"
    file.write_text(json.dumps(document))
    with pytest.raises(cb.BadResults, match=r"wrapped\.json: context_switches_voluntary holds 18446744073709551614"):
        cb.load(file)


def test_what_was_passed_over_is_said(files, tmp_path, capsys):
    file = tmp_path / "cut.csv"
    file.write_text(files[1].read_text() + "1,ok,,fib")
    assert len(cb.load(file)) == len(cb.load(files[1]))
    assert "cut off" in capsys.readouterr().err


def test_a_program_that_is_not_there_is_an_error_that_says_what_to_do(files, monkeypatch):
    monkeypatch.setenv("CBENCH", "/nowhere/cbench")
    with pytest.raises(cb.CbenchError, match="CBENCH=/nowhere/cbench"):
        cb.summary(files[0])


def test_what_cbench_refuses_is_passed_on_in_its_words(tmp_path):
    with pytest.raises(cb.CbenchError, match=r"missing\.json") as error:
        cb.summary(tmp_path / "missing.json")
    assert error.value.exit_code == 2
