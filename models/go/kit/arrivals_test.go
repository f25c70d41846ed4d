package kit

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

func TestArrivalsAreDueWhenThePageSays(t *testing.T) {
	poisson := schedule{rate: 1000, poisson: true, seed: 1}
	constant := schedule{rate: 1000}
	due := map[int64]int64{0: 836_005, 1: 1_730_509, 2: 1_850_927, 3: 2_415_604, 999: 979_497_861}
	p, c := poisson.first(), constant.first()
	for i := int64(0); i < 1000; i++ {
		if want, known := due[i]; known && (poisson.due(p) < want-2 || poisson.due(p) > want+2) {
			t.Errorf("Poisson arrival %d is due at %d instead of %d", i, poisson.due(p), want)
		}
		if constant.due(c) != i*1_000_000 {
			t.Errorf("constant arrival %d is due at %d", i, constant.due(c))
		}
		p, c = poisson.after(p), constant.after(c)
	}
}

// Runs a task on a goroutine, which takes the time that its script says.
type spawning struct {
	plain
	load     *Load
	inFlight sync.WaitGroup
}

func (s *spawning) Submit(task *Task) {
	s.inFlight.Add(1)
	go func() {
		for s.load.Run(task, s) {
		}
		s.inFlight.Done()
	}()
}
func (s *spawning) Drain()              { s.inFlight.Wait() }
func (s *spawning) Units(uint64) uint64 { return 0 }

// Until all that wait have had their turn, on a machine that is busy too.
const longEnough = time.Minute

// Brings constant arrivals, 1,000 a second for 300 ms, to so many slots whose tasks wait for so long.
func bringTo(slots int, takes time.Duration, late string, drain time.Duration) recordEvent {
	steps := []Step{{kind: wait, time: takes}}
	digest, _ := walk{}.run(steps, 0, 0)
	work := &Work{order: []int{0}, scripts: []Script{{Steps: steps, digest: digest}}}
	spec := LoadSpec{Kind: openLoad, Concurrency: slots, RatePerS: 1000, Arrivals: "constant", Late: late,
		WarmupNs: int64(100 * time.Millisecond), DurationNs: int64(200 * time.Millisecond), DrainNs: int64(drain)}
	load := newLoad(spec, work, nil, 1)
	model := &spawning{load: load}
	arrivals := newArrivals(load, model, spec)
	arrivals.epoch = now() + int64(time.Millisecond)
	begin := arrivals.epoch + spec.WarmupNs
	arrivals.drain = begin + spec.DurationNs + spec.DrainNs
	return bringAll(load, model, arrivals, begin, begin+spec.DurationNs)
}

// Brings what arrives, until the drain is over, and counts it.
func bringAll(load *Load, model Model, arrivals *arrivals, begin, end int64) recordEvent {
	load.setWindow(begin, end)
	load.last.Store(arrivals.drain)
	arrivals.generate()
	arrivals.wait()
	model.Drain()
	record := counted(load)
	arrivals.write(&record)
	return record
}

func checkConservation(t *testing.T, record recordEvent) {
	t.Helper()
	open := record.Open
	within := open.End.Due - open.Begin.Due
	shed := open.End.Shed - open.Begin.Shed
	if open.Begin.Due != 100 || open.End.Due != 300 {
		t.Errorf("due: %+v", open)
	}
	if int64(total(record.Response))+shed+open.Unfinished != within {
		t.Errorf("arrivals due within the window are not all accounted for: %+v", open)
	}
	if int64(total(open.Generator.Lag))+open.Late+shed != within {
		t.Errorf("of arrivals due within the window some neither found a slot, nor waited, nor were shed: %+v", open)
	}
	if int64(record.TasksTotal)+open.End.Shed+open.Dropped != open.End.Due {
		t.Errorf("of all arrivals some neither finished, nor were shed, nor dropped: %+v", open)
	}
	if int64(record.Tasks) != open.End.Done-open.Begin.Done {
		t.Errorf("%d tasks: %+v", record.Tasks, open)
	}
	for _, counts := range []openCounts{open.Begin, open.End} {
		if counts.Due < counts.Shed+counts.Taken || counts.Taken < counts.Done {
			t.Errorf("%+v", counts)
		}
	}
}

func TestArrivalsThatFindASlotAreBroughtAtOnce(t *testing.T) {
	record := bringTo(500, 10*time.Millisecond, "wait", longEnough)
	checkConservation(t, record)
	open := record.Open
	if open.Late != 0 || open.Dropped != 0 || open.Unfinished != 0 || record.TasksTotal != 300 {
		t.Errorf("%+v", open)
	}
	// Little's law: 1,000/s that stay for 10 ms and more, as long as the machine lets them wait.
	longest := float64(timeOf(record.Response[len(record.Response)-1][0])) / 1e9
	if open.MeanBacklog < 9 || open.MeanBacklog > 1000*longest*1.2 {
		t.Errorf("a backlog of %v, of tasks of at most %v s", open.MeanBacklog, longest)
	}
}

func TestTasksRunOnTheOnlyProcessorWhileTheNextArrivalIsWaitedFor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	work := &Work{order: []int{0}, scripts: make([]Script, 1)}
	spec := LoadSpec{Kind: openLoad, Concurrency: 10_000, RatePerS: 20_000, Arrivals: "constant", Late: "wait"}
	load := newLoad(spec, work, nil, 1)
	model := &spawning{load: load}
	arrivals := newArrivals(load, model, spec)
	arrivals.epoch = now() + int64(time.Millisecond)
	end := arrivals.epoch + int64(200*time.Millisecond)
	arrivals.drain = end + int64(longEnough)
	record := bringAll(load, model, arrivals, arrivals.epoch, end)
	if record.TasksTotal != 4000 || record.Open.Late != 0 {
		t.Fatalf("%d tasks: %+v", record.TasksTotal, record.Open)
	}
	// A generator that keeps the processor is never late, but its tasks are: by milliseconds, until Go's runtime takes it away.
	queueing, lag := timeOf(medianOf(record.Queueing)), timeOf(medianOf(record.Open.Generator.Lag))
	t.Log("half of the tasks started within", queueing, "and were brought within", lag)
	if queueing > 5*lag {
		t.Errorf("half of the tasks started within %d ns, though half of them were brought within %d ns", queueing, lag)
	}
}

// A model that takes its time to be told of a task.
type slowToBeTold struct {
	spawning
	telling time.Duration
}

func (s *slowToBeTold) Submit(task *Task) {
	time.Sleep(s.telling)
	s.spawning.Submit(task)
}

func TestTheLagIsTheGeneratorsAndNotWhatTheModelTakesToBeTold(t *testing.T) {
	work := &Work{order: []int{0}, scripts: make([]Script, 1)}
	spec := LoadSpec{Kind: openLoad, Concurrency: 10, RatePerS: 20, Arrivals: "constant", Late: "wait"}
	load := newLoad(spec, work, nil, 1)
	model := &slowToBeTold{spawning{load: load}, 20 * time.Millisecond}
	arrivals := newArrivals(load, model, spec)
	arrivals.epoch = now() + int64(time.Millisecond)
	end := arrivals.epoch + int64(200*time.Millisecond)
	arrivals.drain = end + int64(longEnough)
	record := bringAll(load, model, arrivals, arrivals.epoch, end)
	if least := record.Open.Generator.Lag[0][0]; least >= uint64(indexOf(int64(model.telling))) {
		t.Errorf("none of the tasks was brought within %v of when it was due", model.telling)
	}
}

func timeOf(index uint64) uint64 {
	if index < 2048 {
		return index
	}
	bucket := index/1024 - 1
	return (index - bucket*1024) << bucket
}

func medianOf(histogram [][2]uint64) uint64 {
	below := uint64(0)
	for _, pair := range histogram {
		if below += pair[1]; below*2 >= total(histogram) {
			return pair[0]
		}
	}
	return 0
}

func TestArrivalsThatFindNoSlotWaitAndAreChargedForIt(t *testing.T) {
	record := bringTo(1, 2*time.Millisecond, "wait", longEnough)
	checkConservation(t, record)
	if record.Open.Late < 190 || record.Open.Dropped != 0 || record.Open.MeanBacklog < 50 {
		t.Errorf("%+v", record.Open)
	}
	last := record.Response[len(record.Response)-1][0]
	if last < uint64(indexOf(int64(200*time.Millisecond))) {
		t.Error("nobody was charged for the time that it waited for a slot")
	}
}

func TestArrivalsAreShedWhereThatIsAsked(t *testing.T) {
	record := bringTo(1, 5*time.Millisecond, "shed", longEnough)
	checkConservation(t, record)
	// One in flight, which counts from when it was due; with those that are shed it would be 100 and more.
	if record.Open.End.Shed < 200 || record.Open.Late != 0 || record.Open.MeanBacklog > 5 {
		t.Errorf("%+v", record.Open)
	}
}

func TestWhatWaitsWhenDrainingIsOverIsDropped(t *testing.T) {
	record := bringTo(1, 20*time.Millisecond, "wait", 50*time.Millisecond)
	checkConservation(t, record)
	if record.Open.Dropped < 250 || record.Open.Unfinished < 150 {
		t.Errorf("%+v", record.Open)
	}
}
