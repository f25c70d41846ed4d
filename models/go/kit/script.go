package kit

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"
)

type stepKind uint8

const (
	compute stepKind = iota
	wait
	request
	critical
	fanOut
)

// Step is one step of a script, ready to be run.
type Step struct {
	kind   stepKind
	kernel Kernel
	amount uint64        // of a kernel's work; of a request the bytes
	time   time.Duration // of a wait; of a request the delay
	lock   int           // counted from 0, in the order in which scripts name them
	name   uint64        // of the lock, which is what it folds
	width  int           // of a fan-out
	lanes  int           // connections that the body of a fan-out needs
	body   []Step
}

// Script is what one task does.
type Script struct {
	Steps  []Step
	class  int
	digest uint64 // that it must return
}

// Work is all scripts of a trial.
type Work struct {
	scripts []Script
	order   []int
	classes []string // empty where scripts have none
	lanes   int      // connections that a task needs at once
	locks   map[uint64]int
	bytes   uint64 // of the largest request
}

// What a step is written as. Other fields than those of its kind make it one that is not known.
type stepSpec struct {
	Do      string            `json:"do"`
	Kernel  string            `json:"kernel"`
	Amount  uint64            `json:"amount"`
	TimeNs  int64             `json:"time_ns"`
	Bytes   uint64            `json:"bytes"`
	DelayNs int64             `json:"delay_ns"`
	Lock    uint64            `json:"lock"`
	Width   int               `json:"width"`
	Body    []json.RawMessage `json:"body"`
}

var fieldsOf = map[string]string{
	"compute":  "amount do kernel",
	"wait":     "do time_ns",
	"request":  "bytes delay_ns do",
	"critical": "body do lock",
	"fan_out":  "body do width",
}

func parseWork(spec Spec) (*Work, error) {
	work := &Work{order: spec.Order, locks: map[uint64]int{}}
	known := map[string]int{}
	for _, written := range spec.Scripts {
		digest, err := parseHexadecimal(written.Digest)
		if err != nil {
			return nil, err
		}
		var texts []json.RawMessage
		if err := json.Unmarshal(written.Steps, &texts); err != nil {
			return nil, fmt.Errorf("the steps of a script cannot be read: %w", err)
		}
		steps, err := work.parseSteps(texts)
		if err != nil {
			return nil, err
		}
		script := Script{Steps: steps, digest: digest}
		if written.Class != "" {
			class, is := known[written.Class]
			if !is {
				class = len(work.classes)
				known[written.Class] = class
				work.classes = append(work.classes, written.Class)
			}
			script.class = class
		}
		work.scripts = append(work.scripts, script)
		if lanes := lanesOf(steps); lanes > work.lanes {
			work.lanes = lanes
		}
	}
	return work, nil
}

func (w *Work) parseSteps(texts []json.RawMessage) ([]Step, error) {
	steps := make([]Step, 0, len(texts))
	for _, text := range texts {
		step, err := w.parseStep(text)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func (w *Work) parseStep(text json.RawMessage) (Step, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return Step{}, fmt.Errorf("a step is not an object: %s", text)
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	unknown := unsupported{fmt.Sprintf("this model does not know the step %s", text)}
	var written stepSpec
	if err := json.Unmarshal(fields["do"], &written.Do); err != nil || fieldsOf[written.Do] != strings.Join(names, " ") {
		return Step{}, unknown
	}
	if err := json.Unmarshal(text, &written); err != nil {
		return Step{}, fmt.Errorf("the step %s: %w", text, err)
	}
	body, err := w.parseSteps(written.Body)
	if err != nil {
		return Step{}, err
	}
	switch written.Do {
	case "compute":
		kernel, known := kernelNamed(written.Kernel)
		if !known {
			return Step{}, unknown
		}
		return Step{kind: compute, kernel: kernel, amount: written.Amount}, nil
	case "wait":
		return Step{kind: wait, time: time.Duration(written.TimeNs)}, nil
	case "request":
		if written.Bytes > mostBytes {
			return Step{}, fmt.Errorf("a request of %d bytes is larger than a frame may be: %d", written.Bytes, mostBytes)
		}
		if written.Bytes > w.bytes {
			w.bytes = written.Bytes
		}
		return Step{kind: request, amount: written.Bytes, time: time.Duration(written.DelayNs)}, nil
	case "critical":
		lock, known := w.locks[written.Lock]
		if !known {
			lock = len(w.locks)
			w.locks[written.Lock] = lock
		}
		return Step{kind: critical, lock: lock, name: written.Lock, body: body}, nil
	default:
		return Step{kind: fanOut, width: written.Width, lanes: lanesOf(body), body: body}, nil
	}
}

// How many connections the steps need at once.
func lanesOf(steps []Step) int {
	most := 0
	for i := range steps {
		needed := 0
		switch step := &steps[i]; step.kind {
		case request:
			needed = 1
		case critical:
			needed = lanesOf(step.body)
		case fanOut:
			needed = step.width * step.lanes
		}
		if needed > most {
			most = needed
		}
	}
	return most
}
