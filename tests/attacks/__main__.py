"""python3 -m tests.attacks [NUMBER...]: see scripts/attacks."""
import sys
import time
import traceback

from tests.attacks import lies, losses, numbers, sentences, statistics  # noqa: F401: they register their attacks
from tests.attacks.registry import ATTACKS


def main(arguments):
    known = {attack.number: attack for attack in sorted(ATTACKS, key=lambda attack: attack.number)}
    if arguments == ["--list"]:
        for attack in known.values():
            print(f"{attack.number:2} {attack.title}\n   before: {attack.before}")
        return 0
    if any(not text.isdigit() or int(text) not in known for text in arguments):
        print(f"scripts/attacks: give numbers from {min(known)} to {max(known)}, or nothing for all", file=sys.stderr)
        return 2
    missed = []
    for number in [int(text) for text in arguments] or known:
        attack = known[number]
        begin = time.monotonic()
        results = []
        try:
            results.extend(attack.run())
        except Exception:  # what breaks an attack is no defence
            results.append((False, "the attack broke: " + traceback.format_exc(limit=-1)))
        good = all(ok for ok, _ in results)
        if not good:
            missed.append(number)
        print(f"{number:2} {'ok    ' if good else 'MISSED'} {attack.title} ({time.monotonic() - begin:.0f} s)")
        print(f"   before: {attack.before}")
        for ok, text in results:
            print(f"   {'after: ' if ok else 'MISSED:'} {text}", flush=True)
    print(f"\n{len(missed)} missed" + (f": {', '.join(map(str, missed))}" if missed else ""))
    return 1 if missed else 0


sys.exit(main(sys.argv[1:]))
