package main

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// The steps of HdrHistogram (docs/protocol.md): times below 2^11 ns have an index each, longer ones 2^10 steps for each
// power of two, up to an hour.
const (
	linearBits    = 11
	stepBits      = linearBits - 1
	longestNs     = 3_600_000_000_000
	histogramSize = 33_420 + 1 // the index of longestNs, and one
)

type histogram [histogramSize]atomic.Uint64

func (h *histogram) add(ns uint64) {
	if ns > longestNs {
		ns = longestNs
	}
	bucket := bits.Len64(ns|(1<<linearBits-1)) - linearBits
	h[uint64(bucket)<<stepBits+ns>>bucket].Add(1)
}

func (h *histogram) total() uint64 {
	total := uint64(0)
	for i := range h {
		total += h[i].Load()
	}
	return total
}

// The longest of the times that are counted at the index up to which that share of all lies.
func (h *histogram) quantile(share float64) uint64 {
	seen, total := uint64(0), h.total()
	for index := range h {
		if seen += h[index].Load(); total > 0 && float64(seen) >= share*float64(total) {
			bucket := index>>stepBits - 1
			if bucket < 0 {
				bucket = 0
			}
			return uint64(index-bucket<<stepBits+1)<<bucket - 1
		}
	}
	return 0
}

type times struct {
	queueing, service, response histogram
}

// Each thread that runs goroutines has a shard to itself as a rule: a sync.Pool keeps what it is given for the thread
// that gave it. It forgets some when garbage is collected, and is given one anew; of so many shards that is hardly ever
// one that another thread has. They lie outside of the heap, where they would make garbage collections rare, and memory
// that nobody writes costs nothing.
var (
	shards [64]times
	next   atomic.Uint32
	mine   = sync.Pool{New: func() any { return &shards[next.Add(1)%uint32(len(shards))] }}
)

func record(queueing, service uint64) {
	shard := mine.Get().(*times)
	shard.queueing.add(queueing)
	shard.service.add(service)
	shard.response.add(queueing + service)
	mine.Put(shard)
}

// Of all shards, in the first of them.
func recorded() *times {
	sum := &shards[0]
	for i := 1; i < len(shards); i++ {
		for index := range sum.response {
			sum.queueing[index].Add(shards[i].queueing[index].Load())
			sum.service[index].Add(shards[i].service[index].Load())
			sum.response[index].Add(shards[i].response[index].Load())
		}
	}
	return sum
}
