package kit

import (
	"os"
	"testing"
	"time"
)

// Runs each task where it is submitted, and is long in telling that it is drained.
type slowToDrain struct {
	plain
	load *Load
	last int64
}

func (s *slowToDrain) Submit(task *Task) {
	for s.load.Run(task, s) {
	}
	s.last = now()
}
func (s *slowToDrain) Drain()              { time.Sleep(50 * time.Millisecond) }
func (s *slowToDrain) Units(uint64) uint64 { return 0 }

func TestFixedWorkEndsWithItsLastFinishWheneverTheModelTells(t *testing.T) {
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer nowhere.Close()
	load := newLoad(LoadSpec{Kind: fixedLoad, Concurrency: 4, Tasks: 10}, scriptsOf("a"), nil, 1)
	model := &slowToDrain{load: load}
	before := now()
	outcome, err := (&trial{events: nowhere}).bringFixed(load, model)
	if err != nil || *outcome.finishNs < before || *outcome.finishNs > model.last {
		t.Errorf("%v: %d is not from %d to %d", err, *outcome.finishNs, before, model.last)
	}
}
