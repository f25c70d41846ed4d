package kit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
)

// Model is one idiom of running tasks.
type Model interface {
	// Submit takes a task and returns without waiting for it. From one goroutine, whichever it is.
	Submit(task *Task)
	// Drain blocks until no task that was submitted, or that followed one, is in flight.
	Drain()
	// Units is how many of the model's units there were, once it is drained. `tasks` is how many tasks finished.
	Units(tasks uint64) uint64
}

// Environment is what a model is made from.
type Environment struct {
	Load  *Load
	Slots int // tasks in flight at most
	Locks int
}

// Models are the models of this program, by their names.
type Models map[string]func(Environment) Model

const events = 3 // the descriptor that the parent reads

// Main runs the one trial that the parent asks for on standard input. It does not return.
func (models Models) Main() {
	trial := trial{events: os.NewFile(events, "events")}
	trial.exitStatus.Store(1)
	input := bufio.NewReaderSize(os.Stdin, 1<<16)
	line, err := input.ReadBytes('\n')
	if err != nil && len(line) == 0 {
		os.Exit(1)
	}
	// The end of the input is the end of the process, whatever it does.
	go func() {
		_, _ = io.Copy(io.Discard, input)
		os.Exit(int(trial.exitStatus.Load()))
	}()
	trial.say(trial.run(models, line))
	select {}
}

type trial struct {
	events     *os.File
	exitStatus atomic.Int32
}

func (t *trial) say(event any) {
	line, err := json.Marshal(event)
	if err == nil {
		if record, is := event.(recordEvent); is && record.Status == "ok" {
			t.exitStatus.Store(0)
		}
		_, err = t.events.Write(append(line, '\n'))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "descriptor 3 takes no events:", err)
		os.Exit(1)
	}
}

func (t *trial) run(models Models, line []byte) recordEvent {
	spec, err := parseSpec(line)
	none := [][2]uint64{}
	record := recordEvent{Event: "record", Trial: spec.Trial, Status: "ok", Warnings: []string{}, Slices: []uint64{},
		Digest: "0000000000000000", Queueing: none, Service: none, Response: none, Classes: map[string][][2]uint64{}}
	if err == nil {
		err = t.measure(models, spec, &record)
	}
	if err != nil {
		record.Status, record.Reason = "failed", strings.ReplaceAll(err.Error(), "\n", " ")
		if _, is := err.(unsupported); is {
			record.Status = "unsupported"
		}
	}
	return record
}

func (t *trial) measure(models Models, spec Spec, record *recordEvent) error {
	load, model, err := setUp(models, spec)
	if err != nil {
		return err
	}
	runtime.GC() // what the set-up has left behind is not for the tasks to pay
	t.say(readyEvent{"ready", protocolVersion,
		map[string]string{"name": "go", "version": strings.TrimPrefix(runtime.Version(), "go")}, false})
	outcome, err := t.bring(spec.Load, load, model)
	if err != nil {
		return err
	}
	t.say(endedEvent{"ended"})
	record.FinishNs, record.Settled, record.Switches = outcome.finishNs, outcome.settled, &outcome.switches
	if outcome.collects {
		record.Warnings = append(record.Warnings, "collecting garbage took more than 5 % of the CPU time")
	}
	load.write(record)
	if load.arrivals != nil {
		load.arrivals.write(record)
	}
	record.Units = model.Units(record.TasksTotal)
	return nil
}

func setUp(models Models, spec Spec) (*Load, Model, error) {
	newModel, known := models[spec.Model]
	if !known {
		return nil, nil, fmt.Errorf("this program has no model %q", spec.Model)
	}
	work, err := parseWork(spec)
	if err != nil {
		return nil, nil, err
	}
	if err := set(spec.Settings); err != nil {
		return nil, nil, err
	}
	runtime.GOMAXPROCS(spec.Workers)
	var connections []Connection
	if work.lanes > 0 {
		if spec.Peer == nil {
			return nil, nil, errors.New("the scripts make requests, but the spec names no peer")
		}
		connections, err = connect(*spec.Peer, spec.Load.Concurrency*work.lanes, work.bytes)
		if err != nil {
			return nil, nil, err
		}
	}
	load := newLoad(spec.Load, work, connections, spec.Workers)
	return load, newModel(Environment{Load: load, Slots: spec.Load.Concurrency, Locks: len(work.locks)}), nil
}

// The settings of every model here: gc, as GOGC has it.
func set(settings map[string]string) error {
	for name, value := range settings {
		if name != "gc" {
			return fmt.Errorf("there is no setting %q; known: gc", name)
		}
		percent, err := strconv.Atoi(value)
		if value == "off" {
			percent, err = -1, nil
		}
		if err != nil || value != "off" && percent < 1 {
			return fmt.Errorf("gc=%s: it takes a percentage from 1 on, or off", value)
		}
		debug.SetGCPercent(percent)
	}
	return nil
}
