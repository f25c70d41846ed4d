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
	"syscall"
	"time"
)

// Model is one idiom of running tasks.
type Model interface {
	// Submit takes a task and returns without waiting for it. From the main goroutine.
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

const (
	// Between the announcement of the window and its begin.
	notice = 2 * time.Millisecond
	events = 3 // the descriptor that the parent reads
)

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

type readyEvent struct {
	Event     string            `json:"event"`
	Protocol  int               `json:"protocol"`
	Runtime   map[string]string `json:"runtime"`
	Processes bool              `json:"processes"`
}

type windowEvent struct {
	Event   string `json:"event"`
	BeginNs int64  `json:"begin_ns"`
	EndNs   *int64 `json:"end_ns"`
}

type endedEvent struct {
	Event string `json:"event"`
}

type recordEvent struct {
	Event      string                 `json:"event"`
	Trial      string                 `json:"trial"`
	Status     string                 `json:"status"`
	Reason     string                 `json:"reason"`
	Warnings   []string               `json:"warnings"`
	Tasks      uint64                 `json:"tasks"`
	TasksTotal uint64                 `json:"tasks_total"`
	FinishNs   *int64                 `json:"finish_ns"`
	Settled    bool                   `json:"settled"`
	Units      uint64                 `json:"units"`
	Digest     string                 `json:"digest"`
	Slices     []uint64               `json:"slices"`
	Slots      slotsSpread            `json:"slots"`
	Switches   *switches              `json:"switches"`
	Queueing   [][2]uint64            `json:"queueing"`
	Service    [][2]uint64            `json:"service"`
	Response   [][2]uint64            `json:"response"`
	Classes    map[string][][2]uint64 `json:"classes"`
}

type slotsSpread struct {
	Fewest uint32 `json:"fewest"`
	Most   uint32 `json:"most"`
}

// Context switches of the process.
type switches struct {
	Voluntary   int64 `json:"voluntary"`
	Involuntary int64 `json:"involuntary"`
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
	t.say(readyEvent{"ready", protocolVersion,
		map[string]string{"name": "go", "version": strings.TrimPrefix(runtime.Version(), "go")}, false})
	outcome, err := t.bring(spec.Load, load, model)
	if err != nil {
		return err
	}
	t.say(endedEvent{"ended"})
	record.FinishNs, record.Settled, record.Switches = outcome.finishNs, outcome.settled, &outcome.switches
	load.write(record)
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

type windowOutcome struct {
	finishNs *int64
	settled  bool
	switches switches
}

// Brings the first tasks, opens and closes the window, and returns when the last task has ended, or the first has failed.
func (t *trial) bring(spec LoadSpec, load *Load, model Model) (windowOutcome, error) {
	if spec.Kind == fixedLoad {
		return t.bringFixed(load, model)
	}
	submitted := now()
	submitFirst(load, model)
	sleepUntil(submitted+spec.WarmupNs, load.failed)
	most := time.NewTimer(time.Duration(submitted + spec.MostWarmupNs - now()))
	select {
	case <-load.settled:
	case <-load.failed:
	case <-most.C:
	}
	begin := now() + int64(notice)
	end := begin + spec.DurationNs
	load.setWindow(begin, end)
	outcome := windowOutcome{settled: load.settling.Load() == 0}
	t.say(windowEvent{"window", begin, &end})
	sleepUntil(begin, load.failed)
	before := switchesNow()
	sleepUntil(end, load.failed)
	outcome.switches = switchesSince(before)
	return outcome, drain(load, model)
}

func (t *trial) bringFixed(load *Load, model Model) (windowOutcome, error) {
	begin := now() + int64(notice)
	t.say(windowEvent{"window", begin, nil})
	sleepUntil(begin, load.failed)
	load.setWindow(0, never)
	before := switchesNow()
	submitFirst(load, model)
	err := drain(load, model)
	finish := now()
	return windowOutcome{&finish, true, switchesSince(before)}, err
}

func submitFirst(load *Load, model Model) {
	for slot := range load.slots {
		task := load.first(slot)
		if task == nil || load.hasFailed() {
			return
		}
		model.Submit(task)
	}
}

// Blocks until the model is drained, or a task has failed: what is in flight then ends with the process.
func drain(load *Load, model Model) error {
	drained := make(chan struct{})
	go func() {
		model.Drain()
		close(drained)
	}()
	select {
	case <-drained:
	case <-load.failed:
	}
	select {
	case <-load.failed:
		return load.failure
	default:
		return nil
	}
}

// Or until something has failed.
func sleepUntil(instant int64, failed <-chan struct{}) {
	timer := time.NewTimer(time.Duration(instant - now()))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-failed:
	}
}

func switchesNow() switches {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return switches{usage.Nvcsw, usage.Nivcsw}
}

func switchesSince(before switches) switches {
	after := switchesNow()
	return switches{after.Voluntary - before.Voluntary, after.Involuntary - before.Involuntary}
}

// What the load has counted.
func (l *Load) write(record *recordEvent) {
	counts := l.recorder.slices()
	for _, count := range counts {
		record.Tasks += count
	}
	record.TasksTotal = record.Tasks + l.recorder.outside()
	record.Digest = fmt.Sprintf("%016x", l.difference.Load())
	record.Slices = counts
	if l.tasks != 0 {
		record.Slices = []uint64{}
	}
	record.Slots.Fewest, record.Slots.Most = l.fewestAndMost()
	record.Queueing = l.recorder.merged(func(s *shard) *Histogram { return &s.queueing })
	record.Service = l.recorder.merged(func(s *shard) *Histogram { return &s.service })
	record.Response = l.recorder.merged(func(s *shard) *Histogram { return &s.response })
	for class, name := range l.work.classes {
		class := class
		record.Classes[name] = l.recorder.merged(func(s *shard) *Histogram { return &s.ofClasses[class] })
	}
}
