package kit

import "time"

// Idiom is what models do each in its own way while a task runs. All functions are called from the goroutine of the task
// or of the branch.
type Idiom interface {
	// Lock blocks the goroutine until nobody else is inside the lock, which is counted from 0.
	Lock(lock int)
	Unlock(lock int)
	// FanOut calls the branch for each index below the width and returns once all have ended: the sum of what they
	// returned, or the first error.
	FanOut(width int, branch Branch) (uint64, error)
}

// Branch runs one branch of a fan-out, on any goroutine, and returns its digest.
type Branch func(index int) (uint64, error)

// A walk through the steps of a task or of a branch, which uses the connections from the first of its own on.
type walk struct {
	idiom       Idiom
	connections []Connection
}

func (w walk) run(steps []Step, digest uint64, first int) (uint64, error) {
	for i := range steps {
		step := &steps[i]
		var value uint64
		var err error
		switch step.kind {
		case compute:
			value, err = step.kernel(step.amount)
		case wait:
			time.Sleep(step.time)
			value = uint64(step.time)
		case request:
			value, err = w.connections[first].exchange(step.amount, step.time)
		case critical:
			w.idiom.Lock(step.lock)
			digest, err = w.run(step.body, fold(digest, step.name), first)
			w.idiom.Unlock(step.lock)
			if err != nil {
				return 0, err
			}
			continue
		case fanOut:
			value, err = w.idiom.FanOut(step.width, func(index int) (uint64, error) {
				return w.run(step.body, branchDigest(index), first+index*step.lanes)
			})
		}
		if err != nil {
			return 0, err
		}
		digest = fold(digest, value)
	}
	return digest, nil
}
