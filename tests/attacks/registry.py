"""What an attack is: a number, what it is about, the figure of before, and a function that gives lines of (ok, text)."""
from dataclasses import dataclass
from typing import Callable

ATTACKS = []


@dataclass
class Attack:
    number: int
    title: str
    before: str
    run: Callable


def attack(number, title, before):
    def register(run):
        ATTACKS.append(Attack(number, title, before, run))
        return run
    return register
