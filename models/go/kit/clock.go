package kit

import (
	"syscall"
	"time"
	"unsafe"
)

// Instants are nanoseconds of CLOCK_MONOTONIC, the clock of parent and peer. Go's own clock is the same, but counts from
// another instant, which it does not tell: epochNs is where on the kernel's clock it begins.
var (
	epoch   = time.Now()
	epochNs = readEpoch()
)

func now() int64 { return epochNs + int64(time.Since(epoch)) }

// The kernel's clock is read between two readings of Go's. Of several attempts the shortest tells it best.
func readEpoch() int64 {
	best, shortest := int64(0), time.Hour
	for i := 0; i < 20; i++ {
		before := time.Since(epoch)
		kernel := kernelClock()
		took := time.Since(epoch) - before
		if took < shortest {
			best, shortest = kernel-int64(before+took/2), took
		}
	}
	return best
}

func kernelClock() int64 {
	const clockMonotonic = 1
	var instant syscall.Timespec
	_, _, failed := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&instant)), 0)
	if failed != 0 {
		panic("clock_gettime: " + failed.Error())
	}
	return instant.Nano()
}
