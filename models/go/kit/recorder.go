package kit

import (
	"sync"
	"sync/atomic"
)

const slices = 20 // of the window

// A recorder counts the times of tasks in a few shards, of which each thread that runs goroutines has one to itself as a
// rule: adding to memory that another CPU has written takes ten times as long.
type recorder struct {
	shards []*shard
	own    sync.Pool // keeps what it is given for the thread that gave it
	next   atomic.Uint32
}

type shard struct {
	earlier    atomic.Uint64 // tasks that finished before the window
	later      atomic.Uint64
	untilEnd   atomic.Int64  // the sum of what lies between their finish and its end, of those within an open load's
	difference atomic.Uint64 // of all digests from those expected
	bySlice    [slices]atomic.Uint64
	queueing   Histogram
	service    Histogram
	response   Histogram
	ofClasses  []Histogram // response times
}

func newRecorder(workers, classes int) *recorder {
	r := &recorder{}
	for i := 0; i < workers; i++ {
		r.shards = append(r.shards, &shard{ofClasses: make([]Histogram, classes)})
	}
	// The pool forgets what it keeps when garbage is collected, and is given one of the shards anew. That two threads
	// then share one is no harm but to their speed.
	r.own.New = func() any { return r.shards[int(r.next.Add(1))%len(r.shards)] }
	return r
}

// A task that finished in a slice of the window, or before or after it (slice -1, 20), with a digest that differs so much
// from the one expected.
func (r *recorder) finished(slice int, difference uint64) {
	shard := r.own.Get().(*shard)
	shard.finished(slice, difference)
	r.own.Put(shard)
}

func (s *shard) finished(slice int, difference uint64) {
	s.difference.Add(difference)
	switch {
	case slice < 0:
		s.earlier.Add(1)
	case slice >= slices:
		s.later.Add(1)
	default:
		s.bySlice[slice].Add(1)
	}
}

// A task that finished so long before the end of the window, within it.
func (r *recorder) finishedBefore(ns int64) {
	shard := r.own.Get().(*shard)
	shard.untilEnd.Add(ns)
	r.own.Put(shard)
}

// Its times besides.
func (r *recorder) record(slice int, difference uint64, class int, queueing, service int64) {
	shard := r.own.Get().(*shard)
	shard.finished(slice, difference)
	shard.queueing.add(queueing)
	shard.service.add(service)
	shard.response.add(queueing + service)
	if len(shard.ofClasses) > 0 {
		shard.ofClasses[class].add(queueing + service)
	}
	r.own.Put(shard)
}

// Tasks that finished in each slice of the window.
func (r *recorder) slices() []uint64 {
	counts := make([]uint64, slices)
	for _, shard := range r.shards {
		for i := range counts {
			counts[i] += shard.bySlice[i].Load()
		}
	}
	return counts
}

// Tasks that finished before the window.
func (r *recorder) before() uint64 {
	count := uint64(0)
	for _, shard := range r.shards {
		count += shard.earlier.Load()
	}
	return count
}

func (r *recorder) after() uint64 {
	count := uint64(0)
	for _, shard := range r.shards {
		count += shard.later.Load()
	}
	return count
}

func (r *recorder) difference() uint64 {
	sum := uint64(0)
	for _, shard := range r.shards {
		sum += shard.difference.Load()
	}
	return sum
}

func (r *recorder) untilEnd() int64 {
	sum := int64(0)
	for _, shard := range r.shards {
		sum += shard.untilEnd.Load()
	}
	return sum
}

// The shards' histograms of one kind together.
func (r *recorder) merged(of func(*shard) *Histogram) [][2]uint64 {
	histograms := make([]*Histogram, 0, len(r.shards))
	for _, shard := range r.shards {
		histograms = append(histograms, of(shard))
	}
	return sparse(histograms...)
}
