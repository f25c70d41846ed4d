package kit

import (
	"runtime/metrics"
	"syscall"
	"time"
)

// Between the announcement of the window and its begin.
const notice = 2 * time.Millisecond

type windowOutcome struct {
	finishNs *int64
	settled  bool
	switches switches
	// Whether more than 5 % of the CPU time went into collecting garbage. The threads that do it in Go have no name of
	// their own, by which the parent knows those of other runtimes.
	collects bool
}

// Brings the first tasks, opens and closes the window, and returns when the last task has ended, or the first has failed.
func (t *trial) bring(spec LoadSpec, load *Load, model Model) (windowOutcome, error) {
	switch spec.Kind {
	case fixedLoad:
		return t.bringFixed(load, model)
	case openLoad:
		return t.bringArrivals(spec, load, model)
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
	before := useNow()
	sleepUntil(end, load.failed)
	outcome.take(before, useNow())
	return outcome, drain(load, model)
}

func (t *trial) bringFixed(load *Load, model Model) (windowOutcome, error) {
	alarm, err := newAlarm()
	if err != nil {
		return windowOutcome{}, err
	}
	defer alarm.close()
	load.setWindow(0, never)
	before := useNow()
	begin := now() + int64(notice)
	t.say(windowEvent{"window", begin, nil})
	if err := alarm.wait(begin); err != nil {
		return windowOutcome{}, err
	}
	submitFirst(load, model)
	err = drain(load, model)
	finish := load.lastFinish.Load()
	outcome := windowOutcome{finishNs: &finish, settled: true}
	outcome.take(before, useNow())
	return outcome, err
}

func (t *trial) bringArrivals(spec LoadSpec, load *Load, model Model) (windowOutcome, error) {
	arrivals := newArrivals(load, model, spec)
	arrivals.epoch = now() + int64(openNotice)
	begin := arrivals.epoch + spec.WarmupNs
	end := begin + spec.DurationNs
	arrivals.drain = end + spec.DrainNs
	load.setWindow(begin, end)
	load.last.Store(arrivals.drain)
	t.say(windowEvent{"window", begin, &end})
	generated := make(chan struct{})
	go func() {
		arrivals.generate()
		close(generated)
	}()
	sleepUntil(begin, load.failed)
	outcome := windowOutcome{settled: true}
	before := useNow()
	sleepUntil(end, load.failed)
	outcome.take(before, useNow())
	select {
	case <-generated:
		arrivals.wait()
	case <-load.failed:
	}
	return outcome, drain(load, model)
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

// What the process has used so far.
type use struct {
	switches
	collecting, busy float64 // seconds of its CPUs; 0 before Go 1.20, which does not tell
	at               int64
}

func useNow() use {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	samples := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"},
		{Name: "/cpu/classes/idle:cpu-seconds"}, {Name: "/cpu/classes/gc/mark/idle:cpu-seconds"}}
	metrics.Read(samples)
	used := use{switches: switches{usage.Nvcsw, usage.Nivcsw}, at: now()}
	if samples[0].Value.Kind() == metrics.KindFloat64 {
		// What is collected on CPUs that have nothing else to do is taken from no task.
		unclaimed := samples[3].Value.Float64()
		used.collecting = samples[0].Value.Float64() - unclaimed
		used.busy = samples[1].Value.Float64() - samples[2].Value.Float64() - unclaimed
	}
	return used
}

func (o *windowOutcome) take(before, after use) {
	const much = 0.05  // of what the process used
	const worth = 0.01 // of a CPU: of a process that hardly computes nobody needs to know
	o.switches = switches{after.Voluntary - before.Voluntary, after.Involuntary - before.Involuntary}
	collecting := after.collecting - before.collecting
	o.collects = collecting > much*(after.busy-before.busy) && collecting > worth*float64(after.at-before.at)/1e9
}
