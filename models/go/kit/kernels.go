package kit

import (
	"errors"
	"sync"
)

// Kernel computes over an amount. Its result, or its error, is that of the step.
type Kernel func(amount uint64) (uint64, error)

// What runs a kernel of this name; false where there is none. A kernel that needs something makes it here, during the
// set-up.
func kernelNamed(name string) (Kernel, bool) {
	switch name {
	case "primes":
		return primes, true
	case "mix":
		return mix, true
	case "memory":
		makeChase.Do(fillChase)
		return memory, true
	case "fault":
		return fault, true
	}
	return nil, false
}

func primes(below uint64) (uint64, error) {
	found := uint64(0)
	for candidate := uint32(2); uint64(candidate) < below; candidate++ {
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
	return found, nil
}

func mix(rounds uint64) (uint64, error) {
	state := uint64(1)
	for i := uint64(0); i < rounds; i++ {
		state = mix64(state)
	}
	return state, nil
}

// One cycle through a table that is larger than a cache, an entry in each line of it.
const chaseLines = 1 << 20

type line struct {
	next uint32
	_    [60]byte
}

var (
	chase     []line
	makeChase sync.Once
)

func fillChase() {
	chase = make([]line, chaseLines)
	for i := range chase {
		chase[i].next = uint32(i)
	}
	random := uint64(42)
	for i := uint64(chaseLines - 1); i > 0; i-- {
		random = mix64(random)
		chase[i].next, chase[random%i].next = chase[random%i].next, chase[i].next
	}
}

func memory(loads uint64) (uint64, error) {
	at := uint32(0)
	for i := uint64(0); i < loads; i++ {
		at = chase[at].next
	}
	return uint64(at), nil
}

func fault(uint64) (uint64, error) {
	return 0, errors.New("the fault kernel ran: this task is meant to fail")
}
