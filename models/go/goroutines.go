package main

import (
	"runtime"
	"sync"
	"sync/atomic"

	"cbench/models/go/kit"
)

// A goroutine for each task, which starts the one of the task that follows it, and one for each branch of a fan-out.
// Calls block the goroutine, and Go's scheduler runs another on the thread meanwhile.
type goroutines struct {
	load     *kit.Load
	inFlight sync.WaitGroup
	locks    []sync.Mutex
	_        [kit.LinesApart]byte // all tasks read what stands above
	branches atomic.Uint64
}

func newGoroutines(environment kit.Environment) kit.Model {
	return &goroutines{load: environment.Load, locks: make([]sync.Mutex, environment.Locks)}
}

func (g *goroutines) Submit(task *kit.Task) {
	g.inFlight.Add(1)
	go g.run(task)
}

func (g *goroutines) Drain() { g.inFlight.Wait() }

func (g *goroutines) Units(tasks uint64) uint64 { return tasks + g.branches.Load() }

func (g *goroutines) run(task *kit.Task) {
	if !g.load.Run(task, g) {
		g.inFlight.Done()
		return
	}
	// Go runs the goroutine that was started last next, within the same slice of 10 ms: without a word the tasks of one
	// slot would follow one another that long, while those of thousands of slots wait, and what brings tasks with them.
	if task.IsToYield() {
		runtime.Gosched()
	}
	go g.run(task)
}

func (g *goroutines) Lock(lock int)   { g.locks[lock].Lock() }
func (g *goroutines) Unlock(lock int) { g.locks[lock].Unlock() }

func (g *goroutines) FanOut(width int, branch kit.Branch) (uint64, error) {
	g.branches.Add(uint64(width))
	digests, errs := make([]uint64, width), make([]error, width)
	var running sync.WaitGroup
	running.Add(width)
	for index := 0; index < width; index++ {
		go func(index int) {
			defer running.Done()
			digests[index], errs[index] = branch(index)
		}(index)
	}
	running.Wait()
	sum := uint64(0)
	for index, err := range errs {
		if err != nil {
			return 0, err
		}
		sum += digests[index]
	}
	return sum, nil
}
