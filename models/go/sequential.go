package main

import (
	"sync"

	"cbench/models/go/kit"
)

// One goroutine that runs one task after the other: the baseline of the others.
type sequential struct {
	load     *kit.Load
	queue    chan *kit.Task // one place for each slot: nobody waits to put a task into it
	inFlight sync.WaitGroup
	locks    []sync.Mutex
}

func newSequential(environment kit.Environment) kit.Model {
	s := &sequential{
		load:  environment.Load,
		queue: make(chan *kit.Task, environment.Slots),
		locks: make([]sync.Mutex, environment.Locks),
	}
	go s.work()
	return s
}

func (s *sequential) Submit(task *kit.Task) {
	s.inFlight.Add(1)
	s.queue <- task
}

func (s *sequential) Drain() { s.inFlight.Wait() }

func (s *sequential) Units(tasks uint64) uint64 { return tasks }

func (s *sequential) work() {
	for task := range s.queue {
		for s.load.Run(task, s) {
			select {
			case other := <-s.queue: // it is another slot's turn
				s.queue <- task
				task = other
			default:
			}
		}
		s.inFlight.Done()
	}
}

func (s *sequential) Lock(lock int)   { s.locks[lock].Lock() }
func (s *sequential) Unlock(lock int) { s.locks[lock].Unlock() }

func (s *sequential) FanOut(width int, branch kit.Branch) (uint64, error) {
	sum := uint64(0)
	for index := 0; index < width; index++ {
		digest, err := branch(index)
		if err != nil {
			return 0, err
		}
		sum += digest
	}
	return sum, nil
}
