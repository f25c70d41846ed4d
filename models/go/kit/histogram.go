package kit

import (
	"math/bits"
	"sync/atomic"
)

const (
	longestNs      = 3_600_000_000_000 // what takes longer counts as this
	histogramSize  = 33_420 + 1        // the index of longestNs, and one
	linearBits     = 11                // times below 2^11 ns have an index each
	stepsOfABucket = 1024
)

// Where a time is counted.
func indexOf(ns int64) int {
	if ns < 0 {
		ns = 0
	} else if ns > longestNs {
		ns = longestNs
	}
	bucket := bits.Len64(uint64(ns)) - linearBits
	if bucket < 0 {
		bucket = 0
	}
	return bucket*stepsOfABucket + int(ns>>bucket)
}

// Histogram counts times. Any goroutine may add.
type Histogram [histogramSize]atomic.Uint64

func (h *Histogram) add(ns int64) { h[indexOf(ns)].Add(1) }

// The counts of several histograms together, as pairs of index and count: never nil.
func sparse(histograms ...*Histogram) [][2]uint64 {
	pairs := [][2]uint64{}
	for index := 0; index < histogramSize; index++ {
		count := uint64(0)
		for _, histogram := range histograms {
			count += histogram[index].Load()
		}
		if count > 0 {
			pairs = append(pairs, [2]uint64{uint64(index), count})
		}
	}
	return pairs
}
