// Programs by hand in Go, which the models of models/go are held against (scripts/bars_runtimes): the same work and the
// same frames to the same peer, without anything of theirs. They record alike: of every task the instants at which it
// was scheduled (when the one before in its slot finished), started and finished, and the same three histograms, of
// queueing, service and response times. There is no digest of what tasks return. Each task brings the next one as it
// came itself.
//
//	by_hand_go MODE [workers=2] [concurrency=1000] [delay=10ms] [bytes=64] [amount=20000] [port=PORT]
//	           [duration=2s] [warmup=500ms] | [tasks=N]
//
// Modes: noop, a goroutine for each task; io, a goroutine for each request; cpu, workers that take tasks from a
// channel; sleep, a goroutine for each sleeper, once. `noop-csp` and `sleep-csp` hand the tasks to goroutines over a
// channel.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type arguments struct {
	workers, concurrency, bytes, amount, port, tasks int
	delay, duration, warmup                          time.Duration
}

// Instants are counted from the epoch.
type program struct {
	arguments
	epoch      time.Time
	begin, end atomic.Int64 // of the window
}

var modes = map[string]func(*program) error{
	"noop":      (*program).noop,
	"noop-csp":  (*program).noopOverChannel,
	"io":        (*program).io,
	"cpu":       (*program).cpu,
	"sleep":     (*program).sleep,
	"sleep-csp": (*program).sleepOverChannel,
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func run(words []string) error {
	if len(words) == 0 || modes[words[0]] == nil {
		return fmt.Errorf("usage: by_hand_go noop|noop-csp|io|cpu|sleep|sleep-csp [name=value...]")
	}
	p := &program{arguments: arguments{workers: 2, concurrency: 1000, bytes: 64, amount: 20_000,
		delay: 10 * time.Millisecond, duration: 2 * time.Second, warmup: 500 * time.Millisecond},
		epoch: time.Now()}
	for _, word := range words[1:] {
		if err := p.set(word); err != nil {
			return err
		}
	}
	runtime.GOMAXPROCS(p.workers)
	return modes[words[0]](p)
}

func (a *arguments) set(word string) error {
	name, value, _ := strings.Cut(word, "=")
	numbers := map[string]*int{"workers": &a.workers, "concurrency": &a.concurrency, "bytes": &a.bytes,
		"amount": &a.amount, "port": &a.port, "tasks": &a.tasks}
	times := map[string]*time.Duration{"delay": &a.delay, "duration": &a.duration, "warmup": &a.warmup}
	var err error
	switch {
	case numbers[name] != nil:
		*numbers[name], err = strconv.Atoi(value)
	case times[name] != nil:
		*times[name], err = time.ParseDuration(value)
	default:
		err = fmt.Errorf("there is no argument %q", name)
	}
	return err
}

// Runs `start`, which brings the first task of every slot and returns, and the window. Prints what came of it once all
// of them have said that they are done.
func (p *program) during(start func(running *sync.WaitGroup)) {
	p.begin.Store(math.MaxInt64)
	p.end.Store(math.MaxInt64)
	var running sync.WaitGroup
	running.Add(p.concurrency)
	start(&running)
	time.Sleep(p.warmup)
	cpu, begin := cpuTime(), p.now()
	p.end.Store(begin + int64(p.duration))
	p.begin.Store(begin)
	time.Sleep(p.duration)
	used := cpuTime() - cpu
	running.Wait()
	p.print(recorded().response.total(), p.duration, used)
}

func (p *program) now() int64 { return int64(time.Since(p.epoch)) }

// A task that was scheduled and started then finishes now. Returns when that is, which is when the next one is
// scheduled, and whether there is a next one.
func (p *program) finish(scheduled, started int64) (int64, bool) {
	finished := p.now()
	end := p.end.Load()
	if finished >= p.begin.Load() && finished < end {
		record(uint64(started-scheduled), uint64(finished-started))
	}
	return finished, finished < end
}

func (p *program) noop() error {
	var task func(scheduled int64, running *sync.WaitGroup)
	task = func(scheduled int64, running *sync.WaitGroup) {
		finished, goesOn := p.finish(scheduled, p.now())
		if !goesOn {
			running.Done()
			return
		}
		go task(finished, running)
	}
	p.during(func(running *sync.WaitGroup) {
		for i := 0; i < p.concurrency; i++ {
			go task(p.now(), running)
		}
	})
	return nil
}

// What goes over the channel is when a task was scheduled.
func (p *program) noopOverChannel() error {
	tasks := make(chan int64, p.concurrency)
	p.during(func(running *sync.WaitGroup) {
		for i := 0; i < p.concurrency; i++ {
			go func() {
				for scheduled := range tasks {
					finished, goesOn := p.finish(scheduled, p.now())
					if !goesOn {
						running.Done()
						continue
					}
					tasks <- finished
				}
			}()
			tasks <- p.now()
		}
	})
	return nil
}

func (p *program) cpu() error {
	tasks := make(chan int64, p.concurrency)
	p.during(func(running *sync.WaitGroup) {
		for i := 0; i < p.workers; i++ {
			go func() {
				for scheduled := range tasks {
					started := p.now()
					primes := countPrimes(uint32(p.amount))
					if p.amount == 20_000 && primes != 2262 {
						panic(primes)
					}
					finished, goesOn := p.finish(scheduled, started)
					if !goesOn {
						running.Done()
						continue
					}
					tasks <- finished
				}
			}()
		}
		for i := 0; i < p.concurrency; i++ {
			tasks <- p.now()
		}
	})
	return nil
}

func countPrimes(below uint32) int {
	found := 0
	for candidate := uint32(2); candidate < below; candidate++ {
		prime := true
		for divisor := uint32(2); divisor*divisor <= candidate; divisor++ {
			if candidate%divisor == 0 {
				prime = false
				break
			}
		}
		if prime {
			found++
		}
	}
	return found
}

// So many sleepers at once; the time from the first to the end of the last.
func (p *program) sleep() error {
	p.end.Store(math.MaxInt64)
	var running sync.WaitGroup
	sleeper := func(scheduled int64) {
		started := p.now()
		time.Sleep(p.delay)
		p.finish(scheduled, started)
		running.Done()
	}
	cpu, begin := cpuTime(), time.Now()
	running.Add(p.tasks)
	for i := 0; i < p.tasks; i++ {
		go sleeper(p.now())
	}
	running.Wait()
	wall, used := time.Since(begin), cpuTime()-cpu
	p.print(recorded().response.total(), wall, used)
	return nil
}

// The goroutines are there before the first of them is sent a task.
func (p *program) sleepOverChannel() error {
	p.end.Store(math.MaxInt64)
	tasks := make(chan int64, p.tasks)
	var running sync.WaitGroup
	for i := 0; i < p.tasks; i++ {
		go func() {
			for scheduled := range tasks {
				started := p.now()
				time.Sleep(p.delay)
				p.finish(scheduled, started)
				running.Done()
			}
		}()
	}
	runtime.GC() // what they were made of is not for the sleepers to pay
	cpu, begin := cpuTime(), time.Now()
	running.Add(p.tasks)
	for i := 0; i < p.tasks; i++ {
		tasks <- p.now()
	}
	running.Wait()
	wall, used := time.Since(begin), cpuTime()-cpu
	p.print(recorded().response.total(), wall, used)
	return nil
}

func (p *program) print(tasks uint64, wall, cpu time.Duration) {
	response := &shards[0].response // of all, as recorded() has left it
	fmt.Printf(`{"throughput_per_s": %.0f, "cpu_per_task_us": %.4f, "wall_s": %.4f, "peak_rss_bytes": %d, `+
		`"p50_us": %d, "p99_us": %d}`+"\n", float64(tasks)/wall.Seconds(),
		float64(cpu.Nanoseconds())/1000/float64(tasks), wall.Seconds(), usage().Maxrss*1024,
		response.quantile(0.5)/1000, response.quantile(0.99)/1000)
}

func usage() syscall.Rusage {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return used
}

func cpuTime() time.Duration {
	used := usage()
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
