"""Whether Apache Otava found the change that was planted after twelve trials, by a fifth, and no other:
otava analyze cbench --output json | change_points.py"""

import json
import sys

PLANTED_AT = 12
EXPECTED = {"throughput": (-25, -15), "p50": (20, 30)}  # %

found = {}
for point in json.load(sys.stdin)["cbench"]:
    for change in point["changes"]:
        place = (change["metric"], change["index"])
        if place[0] in found or place[1] != PLANTED_AT:
            sys.exit(f"a change of {place[0]} at trial {place[1]}, where none was planted")
        found[place[0]] = float(change["forward_change_percent"])
for metric, (low, high) in EXPECTED.items():
    if not low <= found.get(metric, 0) <= high:
        sys.exit(f"{metric}: a change of {found.get(metric, 0)} %, not of {low} to {high}")
print("; ".join(f"{metric} changed by {percent:g} % at trial {PLANTED_AT}" for metric, percent in found.items()))
