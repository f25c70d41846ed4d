// Programs by hand in Go, which the models of models/go are held against (scripts/bars_runtimes): the same work and the
// same frames to the same peer, without anything of theirs. Each takes the time of every task, since it tells their
// percentiles, and brings the next one as it came itself.
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
	"math/bits"
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

// What the tasks of one slot have come to. Nobody else writes it.
type slot struct {
	tasks uint64
	times [64]uint64 // by the binary digits of their nanoseconds
	_     [56]byte
}

type program struct {
	arguments
	slots   []slot
	epoch   time.Time
	measure atomic.Bool // whether the window is open
	over    atomic.Bool
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
		delay: 10 * time.Millisecond, duration: 2 * time.Second, warmup: 500 * time.Millisecond}}
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
	p.slots = make([]slot, p.concurrency)
	p.epoch = time.Now()
	var running sync.WaitGroup
	running.Add(p.concurrency)
	start(&running)
	time.Sleep(p.warmup)
	cpu, begin := cpuTime(), time.Now()
	p.measure.Store(true)
	time.Sleep(p.duration)
	p.over.Store(true)
	wall, used := time.Since(begin), cpuTime()-cpu
	running.Wait()
	p.print(wall, used)
}

// A task of the slot has ended, which began then.
func (p *program) note(at *slot, began time.Duration) {
	took := time.Since(p.epoch) - began
	if p.measure.Load() && !p.over.Load() {
		at.tasks++
		at.times[bits.Len64(uint64(took))]++
	}
}

func (p *program) noop() error {
	var task func(at *slot, running *sync.WaitGroup)
	task = func(at *slot, running *sync.WaitGroup) {
		began := time.Since(p.epoch)
		p.note(at, began)
		if p.over.Load() {
			running.Done()
			return
		}
		go task(at, running)
	}
	p.during(func(running *sync.WaitGroup) {
		for i := range p.slots {
			go task(&p.slots[i], running)
		}
	})
	return nil
}

func (p *program) noopOverChannel() error {
	tasks := make(chan *slot, p.concurrency)
	p.during(func(running *sync.WaitGroup) {
		for i := range p.slots {
			go func() {
				for at := range tasks {
					began := time.Since(p.epoch)
					p.note(at, began)
					if p.over.Load() {
						running.Done()
						continue
					}
					tasks <- at
				}
			}()
			tasks <- &p.slots[i]
		}
	})
	return nil
}

func (p *program) cpu() error {
	tasks := make(chan *slot, p.concurrency)
	p.during(func(running *sync.WaitGroup) {
		for i := 0; i < p.workers; i++ {
			go func() {
				for at := range tasks {
					began := time.Since(p.epoch)
					primes := countPrimes(uint32(p.amount))
					if p.amount == 20_000 && primes != 2262 {
						panic(primes)
					}
					p.note(at, began)
					if p.over.Load() {
						running.Done()
						continue
					}
					tasks <- at
				}
			}()
		}
		for i := range p.slots {
			tasks <- &p.slots[i]
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
	p.slots = make([]slot, 1)
	cpu, begin := cpuTime(), time.Now()
	var running sync.WaitGroup
	running.Add(p.tasks)
	for i := 0; i < p.tasks; i++ {
		go func() {
			time.Sleep(p.delay)
			running.Done()
		}()
	}
	running.Wait()
	p.slots[0].tasks = uint64(p.tasks)
	p.print(time.Since(begin), cpuTime()-cpu)
	return nil
}

// The goroutines are there before the first of them is sent a task.
func (p *program) sleepOverChannel() error {
	p.slots = make([]slot, 1)
	tasks := make(chan int, p.tasks)
	var running sync.WaitGroup
	for i := 0; i < p.tasks; i++ {
		go func() {
			for range tasks {
				time.Sleep(p.delay)
				running.Done()
			}
		}()
	}
	cpu, begin := cpuTime(), time.Now()
	running.Add(p.tasks)
	for i := 0; i < p.tasks; i++ {
		tasks <- i
	}
	running.Wait()
	p.slots[0].tasks = uint64(p.tasks)
	p.print(time.Since(begin), cpuTime()-cpu)
	return nil
}

func (p *program) print(wall, cpu time.Duration) {
	tasks, times := uint64(0), [64]uint64{}
	for i := range p.slots {
		tasks += p.slots[i].tasks
		for digits, count := range p.slots[i].times {
			times[digits] += count
		}
	}
	at := func(share float64) uint64 {
		seen := uint64(0)
		for digits, count := range times {
			if seen += count; count > 0 && float64(seen) >= share*float64(tasks) {
				return 1 << digits / 1000
			}
		}
		return 0
	}
	fmt.Printf(`{"throughput_per_s": %.0f, "cpu_per_task_us": %.4f, "wall_s": %.4f, "peak_rss_bytes": %d, `+
		`"p50_us_below": %d, "p99_us_below": %d}`+"\n", float64(tasks)/wall.Seconds(),
		float64(cpu.Nanoseconds())/1000/float64(tasks), wall.Seconds(), usage().Maxrss*1024, at(0.5), at(0.99))
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
