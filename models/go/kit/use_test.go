package kit

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

type node struct {
	up   *node
	rest [3]*node
}

func TestMuchCollectingOfGarbageIsTold(t *testing.T) {
	const work = 200 * time.Millisecond
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC() // the runtime adds up when garbage has been collected
	quiet := useNow()
	for begin := time.Now(); time.Since(begin) < work; {
	}
	var outcome windowOutcome
	if outcome.take(quiet); outcome.collects {
		t.Errorf("nothing was collected: %v, %v", quiet, useNow())
	}
	alive := make([]*node, 1<<20) // each to be looked at, for where it points
	for i := range alive {
		alive[i] = &node{up: alive[i/2]}
	}
	busy := useNow()
	for begin := time.Now(); time.Since(begin) < work; {
		runtime.GC()
	}
	if outcome.take(busy); outcome.collects != tellsOfCollecting() {
		t.Errorf("nothing but collecting: %v, %v", busy, useNow())
	}
	runtime.KeepAlive(alive)
}

// Go 1.20 and newer do.
func tellsOfCollecting() bool { return useNow().busy > 0 }
