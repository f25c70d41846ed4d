"""The record of a trial, of what one load or several recorders have counted."""

from kit.digest import MASK
from kit.histogram import sparse


def counted(load, recorders):
    """Of a trial that was ok; several recorders where several processes recorded."""
    finished = [sum(counts) for counts in zip(*(recorder.finished for recorder in recorders))]
    of_slots = [sum(counts) for counts in zip(*(recorder.of_slots for recorder in recorders))]
    slices = finished[1:-1]
    return {
        "status": "ok",
        "tasks": sum(slices),
        "tasks_total": sum(finished),
        "digest": f"{sum(recorder.difference[0] for recorder in recorders) & MASK:016x}",
        "slices": slices if load.kind != "fixed" else [],
        "slots": {"fewest": min(of_slots), "most": max(of_slots)},
        "queueing": sparse([recorder.queueing for recorder in recorders]),
        "service": sparse([recorder.service for recorder in recorders]),
        "response": sparse([recorder.response for recorder in recorders]),
        "classes": {
            name: sparse([recorder.of_classes[number] for recorder in recorders])
            for number, name in enumerate(load.work.classes)
        },
    }
