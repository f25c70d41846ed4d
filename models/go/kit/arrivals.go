package kit

import (
	"math"
	"sync"
	"time"
)

const (
	openLoad = "open"
	// From the announcement of the window to the epoch of its arrivals: the announcement takes a part of it.
	openNotice = 5 * notice
)

// When arrivals of an open load are due: instants that follow from the seed, the same in every language.
type schedule struct {
	epoch   int64
	rate    float64 // a second
	poisson bool
	seed    uint64
}

// An arrival, counted from 0. `sum` is that of the gaps before it, in mean gaps.
type arrival struct {
	index int64
	sum   float64
}

func (s *schedule) first() arrival { return s.after(arrival{index: -1}) }

func (s *schedule) after(before arrival) arrival {
	next := arrival{index: before.index + 1}
	if s.poisson {
		u := float64(mix64(s.seed+uint64(next.index))>>11) * 0x1p-53
		next.sum = before.sum - math.Log(1-u)
	} else {
		next.sum = float64(next.index)
	}
	return next
}

func (s *schedule) due(a arrival) int64 { return s.epoch + int64(math.Floor(a.sum/s.rate*1e9)) }

// Arrivals bring the tasks of an open load to a model and give its slots to those that wait.
type arrivals struct {
	schedule
	load  *Load
	shed  bool // whether those that find no free slot are dropped
	model Model
	drain int64 // an instant: until then those that wait are given slots

	lag      Histogram
	due      [2]int64 // up to the begin and up to the end of the window, as are the next
	dropped  [2]int64
	late     int64
	untilEnd int64 // the sum of end - due, over those due within the window and not dropped

	mutex     sync.Mutex // guards what follows
	free      []*Task
	head      arrival // that has waited longest
	waiting   int64
	taken     [2]int64 // slots given up to the begin, and up to the end
	all       bool     // whether the last arrival has come
	noneWaits chan struct{}
}

func newArrivals(load *Load, model Model, spec LoadSpec) *arrivals {
	a := &arrivals{
		schedule:  schedule{rate: spec.RatePerS, poisson: spec.Arrivals == "poisson", seed: spec.seed},
		load:      load,
		model:     model,
		shed:      spec.Late == "shed",
		noneWaits: make(chan struct{}),
	}
	for slot := len(load.slots) - 1; slot >= 0; slot-- {
		task := &load.slots[slot]
		task.slot = int32(slot)
		a.free = append(a.free, task)
	}
	load.arrivals = a
	return a
}

// Brings arrivals as they are due. It needs Go's scheduler to run, so that a model that keeps all of GOMAXPROCS busy holds
// it up.
func (a *arrivals) generate() {
	alarm, err := newAlarm()
	if err != nil {
		a.load.fail(err)
		return
	}
	defer alarm.close()
	begin, end := a.load.begin.Load(), a.load.end.Load()
	for next := a.first(); ; next = a.after(next) {
		due := a.schedule.due(next)
		if due >= end || a.load.hasFailed() {
			break
		}
		if err := alarm.wait(due); err != nil {
			a.load.fail(err)
			return
		}
		a.count(&a.due, due, begin)
		a.bring(next, due, begin)
	}
	a.mutex.Lock()
	a.all = true
	if a.waiting == 0 {
		close(a.noneWaits)
	}
	a.mutex.Unlock()
}

// Counts what happened at this instant, before the end of the window.
func (a *arrivals) count(counts *[2]int64, instant, begin int64) {
	counts[1]++
	if instant < begin {
		counts[0]++
	}
}

func (a *arrivals) bring(next arrival, due, begin int64) {
	a.mutex.Lock()
	if len(a.free) == 0 || a.waiting > 0 {
		if !a.shed {
			if a.waiting == 0 {
				a.head = next
			}
			a.waiting++
		}
		a.mutex.Unlock()
		if a.shed {
			a.count(&a.dropped, due, begin)
			return
		}
		if due >= begin {
			a.late++
			a.untilEnd += a.load.end.Load() - due
		}
		return
	}
	task := a.free[len(a.free)-1]
	a.free = a.free[:len(a.free)-1]
	at := now()
	a.give(task, next, at)
	a.mutex.Unlock()
	if due >= begin {
		a.lag.add(at - due)
		a.untilEnd += a.load.end.Load() - due
	}
	a.model.Submit(task)
}

// With the mutex held.
func (a *arrivals) give(task *Task, to arrival, at int64) {
	if at < a.load.end.Load() {
		a.count(&a.taken, at, a.load.begin.Load())
	}
	task.turn = to.index
	task.scheduled = a.schedule.due(to)
	task.script = a.load.scriptOf(to.index)
}

// The task has finished: its slot goes to the arrival that has waited longest, or is free. True where the former.
func (a *arrivals) follow(task *Task, finish int64) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.waiting == 0 || finish >= a.drain {
		a.free = append(a.free, task)
		return false
	}
	a.give(task, a.head, finish)
	a.head = a.after(a.head)
	a.waiting--
	if a.waiting == 0 && a.all {
		close(a.noneWaits)
	}
	return true
}

// Blocks until nobody waits for a slot any more, or no more slots are given.
func (a *arrivals) wait() {
	most := time.NewTimer(time.Duration(a.drain - now()))
	defer most.Stop()
	select {
	case <-a.noneWaits:
	case <-most.C:
	case <-a.load.failed:
	}
}

type openCounts struct {
	Due   int64 `json:"due"`
	Shed  int64 `json:"shed"`
	Taken int64 `json:"taken"`
	Done  int64 `json:"done"`
}

type openGenerator struct {
	OwnThread bool        `json:"own_thread"`
	CPUNs     *int64      `json:"cpu_ns"`
	Lag       [][2]uint64 `json:"lag"`
}

type openRecord struct {
	Begin       openCounts    `json:"begin"`
	End         openCounts    `json:"end"`
	MeanBacklog float64       `json:"mean_backlog"`
	Late        int64         `json:"late"`
	Unfinished  int64         `json:"unfinished"`
	Dropped     int64         `json:"dropped"`
	Generator   openGenerator `json:"generator"`
}

// What became of the arrivals, once the model is drained.
func (a *arrivals) write(record *recordEvent) {
	before, untilEnd := a.load.recorder.before(), a.load.recorder.untilEnd()
	counts := func(i int, done uint64) openCounts {
		return openCounts{a.due[i], a.dropped[i], a.taken[i], int64(done)}
	}
	open := &openRecord{
		Begin: counts(0, before),
		End:   counts(1, before+record.Tasks),
		Late:  a.late,
		// The generator is a goroutine, which runs when Go's scheduler lets it.
		Generator: openGenerator{false, nil, sparse(&a.lag)},
	}
	counted := uint64(0)
	for _, pair := range record.Response {
		counted += pair[1]
	}
	length := a.load.end.Load() - a.load.begin.Load()
	atBegin := open.Begin.Due - open.Begin.Shed - open.Begin.Done
	open.MeanBacklog = float64(a.untilEnd-untilEnd)/float64(length) + float64(atBegin)
	open.Unfinished = open.End.Due - open.Begin.Due - (open.End.Shed - open.Begin.Shed) - int64(counted)
	open.Dropped = open.End.Due - open.End.Shed - int64(record.TasksTotal)
	record.Open = open
}
