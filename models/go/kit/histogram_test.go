package kit

import (
	"reflect"
	"testing"
)

func TestTimesAreCountedWhereThePageSays(t *testing.T) {
	for ns, index := range map[int64]int{-5: 0, 0: 0, 1000: 1000, 2047: 2047, 2048: 2048, 5000: 3298, 20_000_000: 15_556,
		longestNs: histogramSize - 1, 2 * longestNs: histogramSize - 1} {
		if got := indexOf(ns); got != index {
			t.Errorf("%d ns are counted at %d instead of %d", ns, got, index)
		}
	}
}

func TestLongerTimesAreNotCountedBelowShorterOnes(t *testing.T) {
	for ns, before := int64(0), 0; ns < longestNs; ns += 1 + ns/700 {
		index := indexOf(ns)
		if index < before {
			t.Fatalf("%d ns are counted at %d, less than %d", ns, index, before)
		}
		before = index
	}
}

func TestHistogramsAreWrittenTogetherAndWithoutWhatIsNotThere(t *testing.T) {
	one, other := new(Histogram), new(Histogram)
	one.add(7)
	one.add(5000)
	other.add(5000)
	if got := sparse(one, other); !reflect.DeepEqual(got, [][2]uint64{{7, 1}, {3298, 2}}) {
		t.Error(got)
	}
	if got := sparse(new(Histogram)); got == nil || len(got) != 0 {
		t.Errorf("%#v instead of an empty list", got)
	}
}
