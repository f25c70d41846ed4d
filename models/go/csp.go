package main

import (
	"runtime"
	"sync"
	"sync/atomic"

	"cbench/models/go/kit"
)

// Worker goroutines that share nothing but channels, as many as tasks can be in flight. A task is a message, and so are
// the result of a branch and the right to be inside a lock.
type csp struct {
	load     *kit.Load
	tasks    chan *kit.Task // one place for each slot: nobody waits to send a task
	inFlight sync.WaitGroup
	locks    []chan struct{}
	_        [kit.LinesApart]byte // all tasks read what stands above
	messages atomic.Uint64        // but for tasks
}

func newCSP(environment kit.Environment) kit.Model {
	c := &csp{
		load:  environment.Load,
		tasks: make(chan *kit.Task, environment.Slots),
		locks: make([]chan struct{}, environment.Locks),
	}
	for lock := range c.locks {
		c.locks[lock] = make(chan struct{}, 1)
	}
	for worker := 0; worker < environment.Slots; worker++ {
		go c.work()
	}
	return c
}

func (c *csp) Submit(task *kit.Task) {
	c.inFlight.Add(1)
	c.tasks <- task
}

func (c *csp) Drain() { c.inFlight.Wait() }

func (c *csp) Units(tasks uint64) uint64 { return tasks + c.messages.Load() }

func (c *csp) work() {
	for task := range c.tasks {
		if c.load.Run(task, c) {
			// Whoever is sent something runs next on this thread, within the same slice of 10 ms: see goroutines.run.
			if task.IsToYield() {
				runtime.Gosched()
			}
			c.tasks <- task
		} else {
			c.inFlight.Done()
		}
	}
}

func (c *csp) Lock(lock int) {
	c.locks[lock] <- struct{}{}
	c.messages.Add(1)
}
func (c *csp) Unlock(lock int) { <-c.locks[lock] }

func (c *csp) FanOut(width int, branch kit.Branch) (uint64, error) {
	type result struct {
		digest uint64
		err    error
	}
	results := make(chan result, width)
	for index := 0; index < width; index++ {
		go func(index int) {
			digest, err := branch(index)
			results <- result{digest, err}
		}(index)
	}
	c.messages.Add(uint64(width))
	sum := uint64(0)
	var failed error
	for index := 0; index < width; index++ {
		result := <-results
		sum += result.digest
		if failed == nil {
			failed = result.err
		}
	}
	return sum, failed
}
