package kit

import (
	"math"
	"sync"
	"sync/atomic"
)

const (
	closedLoad = "closed"
	fixedLoad  = "fixed"
)

const never = math.MaxInt64 // an instant

// Task is the task that a slot has in flight. The tasks of a slot follow one another in the same object, so that none is
// allocated.
type Task struct {
	script    *Script
	turn      int64
	scheduled int64
	slot      int32
	counted   uint32 // tasks of this slot that finished within the window
	settled   bool   // whether the slot has finished a task
	_         [LinesApart - 33]byte
}

// LinesApart are the bytes between what one CPU writes and what another one reads: two cache lines, since processors fetch
// them in pairs.
const LinesApart = 128

// IsToYield is true of one in 64 tasks of a slot that follow one another: where a scheduler prefers what was started last,
// those of other slots are to have a turn then.
func (t *Task) IsToYield() bool { return t.turn&63 == 0 }

// Load brings tasks to a model, runs them in its idiom and records them.
type Load struct {
	_         [LinesApart]byte // all tasks read what follows, and the heap lays it beside what others write
	work      *Work
	walk      walk // but for the idiom
	slots     []Task
	tasks     int64 // fixed work; else 0
	recorder  *recorder
	coldStart *coldStart
	arrivals  *arrivals // of an open load; else nil

	begin, end atomic.Int64 // of the window
	last       atomic.Int64 // the instant from which no task starts
	_          [LinesApart]byte
	nextTask   atomic.Int64 // fixed work: each task takes its number
	_          [LinesApart]byte
	lastFinish atomic.Int64 // an instant: of fixed work, the last of all finishes once no slot has a task
	settling   atomic.Int64 // slots that have not finished a task
	settled    chan struct{}

	stopped atomic.Bool
	failing sync.Once
	failed  chan struct{}
	failure error // once failed is closed
	_       [LinesApart]byte
}

func newLoad(spec LoadSpec, work *Work, connections []Connection, workers int) *Load {
	load := &Load{
		work:      work,
		walk:      walk{connections: connections},
		slots:     make([]Task, spec.Concurrency),
		recorder:  newRecorder(workers, len(work.classes)),
		coldStart: new(coldStart),
		settled:   make(chan struct{}),
		failed:    make(chan struct{}),
	}
	for slot := range load.slots { // memory that nobody has touched would cost the first tasks a page fault each
		load.slots[slot].slot = int32(slot)
	}
	if spec.Kind == fixedLoad {
		load.tasks = spec.Tasks
	}
	load.begin.Store(never)
	load.end.Store(never)
	load.last.Store(never)
	load.nextTask.Store(int64(spec.Concurrency))
	load.settling.Store(int64(spec.Concurrency))
	return load
}

// The first task of a slot, from now on in flight; nil where fixed work has fewer tasks than slots.
func (l *Load) first(slot int) *Task {
	if l.tasks != 0 && int64(slot) >= l.tasks {
		return nil
	}
	task := &l.slots[slot]
	*task = Task{slot: int32(slot), turn: l.firstTurn(slot), scheduled: now()}
	task.script = l.scriptOf(task.turn)
	return task
}

// Of the first task of a slot. Those of a closed loop are spread evenly over the order.
func (l *Load) firstTurn(slot int) int64 {
	if l.tasks != 0 {
		return int64(slot)
	}
	return int64(slot) * int64(len(l.work.order)) / int64(len(l.slots))
}

func (l *Load) scriptOf(turn int64) *Script {
	order := l.work.order
	if len(order) == 1 {
		return &l.work.scripts[order[0]]
	}
	return &l.work.scripts[order[turn%int64(len(order))]]
}

// Run runs the task from its first step to its last in the goroutine that calls it, and records it. True where another
// task follows in its slot: the same object, which the model is to bring to its turn as it did this one. False where the
// slot has no more.
func (l *Load) Run(task *Task, idiom Idiom) bool {
	start := now()
	if start >= l.last.Load() || l.hasFailed() {
		return false
	}
	walk := l.walk
	walk.idiom = idiom
	first := int(task.slot) * l.work.lanes
	digest, err := walk.run(task.script.Steps, 0, first)
	if err != nil {
		l.fail(err)
		return false
	}
	return l.finish(task, start, digest)
}

func (l *Load) finish(task *Task, start int64, digest uint64) bool {
	finish := now()
	difference := digest - task.script.digest
	l.coldStart.add(finish, finish-start)
	begin, end := l.begin.Load(), l.end.Load()
	slice := sliceOf(finish, begin, end)
	if slice >= 0 && slice < slices {
		task.counted++
	}
	if l.arrivals != nil {
		return l.finishArrival(task, start, finish, slice, difference)
	}
	if slice >= 0 && slice < slices {
		l.recorder.record(slice, difference, task.script.class, start-task.scheduled, finish-start)
	} else {
		l.recorder.finished(slice, difference)
	}
	if !task.settled {
		task.settled = true
		if l.settling.Add(-1) == 0 {
			close(l.settled)
		}
	}
	if finish >= end || l.hasFailed() {
		return false
	}
	task.turn++
	if l.tasks != 0 {
		task.turn = l.nextTask.Add(1) - 1
		if task.turn >= l.tasks {
			l.noteFinish(finish)
			return false
		}
	}
	task.script = l.scriptOf(task.turn)
	task.scheduled = finish
	return true
}

// The last task of a slot has finished.
func (l *Load) noteFinish(finish int64) {
	for latest := l.lastFinish.Load(); finish > latest; latest = l.lastFinish.Load() {
		if l.lastFinish.CompareAndSwap(latest, finish) {
			return
		}
	}
}

// Recorded are the times of arrivals that were due within the window.
func (l *Load) finishArrival(task *Task, start, finish int64, slice int, difference uint64) bool {
	begin, end := l.begin.Load(), l.end.Load()
	if finish >= begin && finish < end {
		l.recorder.finishedBefore(end - finish)
	}
	if task.scheduled >= begin && task.scheduled < end && finish < l.arrivals.drain {
		l.recorder.record(slice, difference, task.script.class, start-task.scheduled, finish-start)
	} else {
		l.recorder.finished(slice, difference)
	}
	return l.arrivals.follow(task, finish) && !l.hasFailed()
}

// The slice of the window that the instant lies in; -1 before it, 20 after it.
func sliceOf(instant, begin, end int64) int {
	switch {
	case instant < begin:
		return -1
	case instant >= end:
		return slices
	case end == never:
		return 0
	}
	return int((instant - begin) * slices / (end - begin))
}

// Tasks that finish from begin on and before end are recorded, and none follows another after it.
func (l *Load) setWindow(begin, end int64) {
	l.last.Store(end)
	l.end.Store(end)
	l.begin.Store(begin)
}

// The first error ends the trial: no task follows another.
func (l *Load) fail(err error) {
	l.failing.Do(func() {
		l.failure = err
		l.stopped.Store(true)
		close(l.failed)
	})
}

func (l *Load) hasFailed() bool { return l.stopped.Load() }

func (l *Load) fewestAndMost() (fewest, most uint32) {
	fewest = math.MaxUint32
	for i := range l.slots {
		counted := l.slots[i].counted
		if counted < fewest {
			fewest = counted
		}
		if counted > most {
			most = counted
		}
	}
	return fewest, most
}
