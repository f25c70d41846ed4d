package kit

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Runs tasks without any scheduling.
type plain struct{ locks [4]sync.Mutex }

func (p *plain) Lock(lock int)   { p.locks[lock].Lock() }
func (p *plain) Unlock(lock int) { p.locks[lock].Unlock() }
func (p *plain) FanOut(width int, branch Branch) (sum uint64, err error) {
	for index := 0; index < width && err == nil; index++ {
		var digest uint64
		digest, err = branch(index)
		sum += digest
	}
	return sum, err
}

func scriptsOf(classes ...string) *Work {
	work := &Work{order: []int{0, 1, 1}[:len(classes)], classes: classes}
	for class := range classes {
		work.scripts = append(work.scripts, Script{class: class, digest: uint64(class)})
	}
	return work
}

func counted(load *Load) recordEvent {
	record := recordEvent{Classes: map[string][][2]uint64{}}
	load.write(&record)
	return record
}

func total(histogram [][2]uint64) uint64 {
	sum := uint64(0)
	for _, pair := range histogram {
		sum += pair[1]
	}
	return sum
}

func TestOnlyTasksThatFinishWithinTheWindowAreCounted(t *testing.T) {
	load := newLoad(LoadSpec{Kind: closedLoad, Concurrency: 1}, &Work{order: []int{0}, scripts: make([]Script, 1)}, nil, 2)
	task := load.first(0)
	for i := 0; i < 3; i++ {
		if !load.Run(task, new(plain)) {
			t.Fatal("no task follows before the window")
		}
	}
	load.setWindow(now(), now()+int64(time.Hour))
	for i := 0; i < 5; i++ {
		load.Run(task, new(plain))
	}
	load.setWindow(0, now())
	if load.Run(task, new(plain)) {
		t.Error("a task follows after the window")
	}
	record := counted(load)
	if record.Tasks != 5 || record.TasksTotal != 8 || record.Slots != (slotsSpread{5, 5}) || record.Slices[0] != 5 {
		t.Errorf("%+v", record)
	}
	for _, histogram := range [][][2]uint64{record.Queueing, record.Service, record.Response} {
		if total(histogram) != 5 {
			t.Error(histogram)
		}
	}
}

func TestFixedWorkIsDoneOnceWhicheverSlotDoesIt(t *testing.T) {
	load := newLoad(LoadSpec{Kind: fixedLoad, Concurrency: 4, Tasks: 10}, scriptsOf("a", "b"), nil, 1)
	load.setWindow(0, never)
	ran := 0
	for slot := 0; slot < 4; slot++ {
		more := true
		for task := load.first(slot); more; ran++ {
			more = load.Run(task, new(plain))
		}
	}
	record := counted(load)
	if ran != 10 || record.Tasks != 10 || len(record.Slices) != 0 {
		t.Errorf("%d ran: %+v", ran, record)
	}
	// Turns 0 to 9 alternate between the scripts, the second of which expects a digest of 1 of every empty task.
	if total(record.Classes["a"]) != 5 || total(record.Classes["b"]) != 5 || record.Digest != "fffffffffffffffb" {
		t.Errorf("%+v", record)
	}
	if newLoad(LoadSpec{Kind: fixedLoad, Concurrency: 4, Tasks: 3}, scriptsOf("a"), nil, 1).first(3) != nil {
		t.Error("three tasks fill four slots")
	}
}

func TestSlotsOfAClosedLoopBeginSpreadOverTheOrder(t *testing.T) {
	work := &Work{order: []int{0, 1, 2, 3, 4}, scripts: make([]Script, 5)}
	for kind, turns := range map[string][]int64{closedLoad: {0, 1, 3}, fixedLoad: {0, 1, 2}} {
		load := newLoad(LoadSpec{Kind: kind, Concurrency: 3, Tasks: 9}, work, nil, 1)
		for slot, turn := range turns {
			if task := load.first(slot); task.turn != turn || task.script != &work.scripts[turn] {
				t.Errorf("%s, slot %d: turn %d", kind, slot, task.turn)
			}
		}
		last := &load.slots[2]
		if load.Run(last, new(plain)); last.turn != map[string]int64{closedLoad: 4, fixedLoad: 3}[kind] {
			t.Errorf("%s: turn %d follows", kind, last.turn)
		}
	}
}

func TestTheFirstErrorEndsTheLoad(t *testing.T) {
	steps := []Step{{kind: fanOut, width: 3, body: []Step{{kind: compute, kernel: func(uint64) (uint64, error) {
		return 0, errors.New("broken")
	}}}}}
	load := newLoad(LoadSpec{Kind: closedLoad, Concurrency: 2}, &Work{order: []int{0}, scripts: []Script{{Steps: steps}}},
		nil, 1)
	if load.Run(load.first(0), new(plain)) {
		t.Error("a task follows one that failed")
	}
	load.fail(errors.New("later"))
	<-load.failed
	if load.failure.Error() != "broken" || load.Run(load.first(1), new(plain)) {
		t.Error(load.failure)
	}
}

func TestEverySlotSettlesOnce(t *testing.T) {
	load := newLoad(LoadSpec{Kind: closedLoad, Concurrency: 2}, &Work{order: []int{0}, scripts: make([]Script, 1)}, nil, 1)
	one, other := load.first(0), load.first(1)
	load.Run(one, new(plain))
	load.Run(one, new(plain))
	select {
	case <-load.settled:
		t.Fatal("settled though one slot has not finished a task")
	default:
	}
	load.Run(other, new(plain))
	<-load.settled
}

func TestAStepFoldsWhatThePageSays(t *testing.T) {
	body := []Step{{kind: wait, time: 5}}
	for _, one := range []struct {
		step   Step
		digest uint64
	}{
		{Step{kind: compute, kernel: mix, amount: 1}, fold(3, mix64(1))},
		{Step{kind: wait, time: 7}, fold(3, 7)},
		{Step{kind: critical, lock: 1, name: 9, body: body}, fold(fold(3, 9), 5)},
		{Step{kind: fanOut, width: 2, body: body}, fold(3, fold(mix64(1), 5)+fold(mix64(2), 5))},
	} {
		got, err := walk{idiom: new(plain)}.run([]Step{one.step}, 3, 0)
		if err != nil || got != one.digest {
			t.Errorf("%+v: %x, %v instead of %x", one.step, got, err, one.digest)
		}
	}
}

func TestTheClockIsTheKernels(t *testing.T) {
	before := kernelClock()
	between := now()
	after := kernelClock()
	if between < before-1000 || between > after+1000 {
		t.Errorf("%d is not between %d and %d", between, before, after)
	}
}

// What the kit adds to a task: start, finish, its digest held against the expected one, and its record.
func BenchmarkKitPerTask(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			load := newLoad(LoadSpec{Kind: closedLoad, Concurrency: workers},
				&Work{order: []int{0}, scripts: make([]Script, 1)}, nil, workers)
			load.setWindow(0, never-1)
			b.ReportAllocs()
			before := cpuTime()
			var running sync.WaitGroup
			running.Add(workers)
			for slot := 0; slot < workers; slot++ {
				go func(task *Task) {
					defer running.Done()
					for i := 0; i < b.N; i++ {
						load.Run(task, nil)
					}
				}(load.first(slot))
			}
			running.Wait()
			// Where others use the machine, too, this says more than the time on the wall.
			b.ReportMetric(float64(cpuTime()-before)/float64(b.N*workers), "cpu-ns/task")
		})
	}
}

func cpuTime() int64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return used.Utime.Nano() + used.Stime.Nano()
}
