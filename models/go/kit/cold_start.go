package kit

import "sync/atomic"

const coldTasks = 1000

// A coldStart keeps what the first tasks of the process tell. Once they have finished nobody writes to it.
type coldStart struct {
	finished    atomic.Int32 // or a few more, who came too late
	firstFinish int64
	service     [coldTasks]int64
}

func (c *coldStart) add(finish, service int64) {
	if c.finished.Load() >= coldTasks {
		return
	}
	before := c.finished.Add(1) - 1
	if before == 0 {
		c.firstFinish = finish
	}
	if before < coldTasks {
		c.service[before] = service
	}
}

// Once all tasks have ended.
func (c *coldStart) write(record *recordEvent) {
	finished := c.finished.Load()
	if finished == 0 {
		return
	}
	if finished > coldTasks {
		finished = coldTasks
	}
	service := new(Histogram)
	for _, ns := range c.service[:finished] {
		service.add(ns)
	}
	record.FirstFinishNs, record.FirstService = &c.firstFinish, sparse(service)
}
