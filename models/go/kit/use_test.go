package kit

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
)

func TestMuchCollectingOfGarbageIsTold(t *testing.T) {
	before := use{collecting: 1, busy: 10, at: 5e9}
	for _, c := range []struct {
		what             string
		collecting, busy float64 // seconds of CPUs, in a window of a second
		told             bool
	}{
		{"a tenth of what computes", 0.1, 1, true},
		{"a hundredth of what computes", 0.01, 1, false},
		{"half of what hardly computes", 0.005, 0.01, false},
		{"nothing", 0, 1, false},
	} {
		after := use{collecting: before.collecting + c.collecting, busy: before.busy + c.busy, at: before.at + 1e9}
		var outcome windowOutcome
		if outcome.take(before, after); outcome.collects != c.told {
			t.Errorf("%s: told %v", c.what, outcome.collects)
		}
	}
}

type node struct {
	up   *node
	rest [3]*node
}

// Ends only where the runtime tells it.
func TestCollectingForWhichOthersWaitIsRead(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC() // the runtime adds up when garbage has been collected
	quiet := useNow()
	if quiet.busy == 0 {
		t.Skip("Go tells it from 1.20 on")
	}
	alive := make([]*node, 1<<18) // each to be looked at, for where it points
	for i := range alive {
		alive[i] = &node{up: alive[i/2]}
	}
	if now := useNow(); now.collecting != quiet.collecting {
		t.Errorf("nothing was collected: %v, %v", quiet, now)
	}
	var over atomic.Bool
	defer over.Store(true)
	for i := 0; i < runtime.GOMAXPROCS(0); i++ { // what is collected on CPUs that nobody else wants does not count
		go func() {
			for !over.Load() {
			}
		}()
	}
	for now := quiet; now.collecting == quiet.collecting || now.busy <= quiet.busy; now = useNow() {
		runtime.GC()
	}
	runtime.KeepAlive(alive)
}
