package kit

import "testing"

func TestTheDigestOfARequestIsThePagesOwn(t *testing.T) {
	if got := fold(0, fold(64, 20_000_000)); got != 0x8fd0705e935309c6 {
		t.Errorf("%016x", got)
	}
}

func TestKernelsReturnWhatThePageSays(t *testing.T) {
	for _, one := range []struct {
		kernel         string
		amount, result uint64
	}{{"primes", 20_000, 2262}, {"primes", 0, 0}, {"mix", 0, 1}, {"mix", 1, mix64(1)}, {"memory", 1, 528_306},
		{"memory", 100_000, 653_470}} {
		kernel, known := kernelNamed(one.kernel)
		if !known {
			t.Fatalf("%s is not known", one.kernel)
		}
		if got, err := kernel(one.amount); err != nil || got != one.result {
			t.Errorf("%s %d: %d, %v instead of %d", one.kernel, one.amount, got, err, one.result)
		}
	}
	if _, known := kernelNamed("sorting"); known {
		t.Error("a kernel of any name is known")
	}
	fault, _ := kernelNamed("fault")
	if _, err := fault(1); err == nil {
		t.Error("the fault kernel did not fail")
	}
}
