"""Reads an HdrHistogram log with HdrHistogram's own library and holds every count of it against the JSON results of the
same run: histogram_log.py RESULTS.json RESULTS.hlog"""

import json
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

HIGHEST_NS = 3_600_000_000_000
KINDS = ("queueing", "service", "response")


def expected_histograms(path):
    with open(path, encoding="utf-8") as file:
        trials = [trial for trial in json.load(file)["trials"] if trial["status"] == "ok"]
    for trial in trials:
        for kind in KINDS:
            yield trial, kind, dict(trial[f"{kind}_histogram"])


def main(json_path, log_path):
    reader = HistogramLogReader(log_path, HdrHistogram(1, HIGHEST_NS, 3))
    histograms = 0
    for trial, kind, expected in expected_histograms(json_path):
        found = reader.get_next_interval_histogram()
        spec = trial["spec"]
        name = f"{spec['model']}, {spec['workload']}, repetition {spec['repetition']}, {kind}"
        if found is None:
            sys.exit(f"{log_path}: ends before {name}")
        tag = found.get_tag() or ""
        for part in (f"model={spec['model']}/", f"repetition={spec['repetition']}/{kind}"):
            if part not in tag:
                sys.exit(f"{log_path}: tag {tag} where {name} should be")
        counts = {index: count for index, count in enumerate(found.counts) if count != 0}
        if counts != expected:
            sys.exit(f"{log_path}: {name}: other counts than in {json_path}")
        histograms += 1
    if histograms == 0 or reader.get_next_interval_histogram() is not None:
        sys.exit(f"{log_path}: not the histograms of {json_path}")
    print(f"HdrHistogram: {histograms} histograms, every count as in the JSON results")


main(*sys.argv[1:])
