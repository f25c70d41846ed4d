package kit

import "fmt"

// What a trial says to its parent, as docs/protocol.md has it.

type readyEvent struct {
	Event     string            `json:"event"`
	Protocol  int               `json:"protocol"`
	Runtime   map[string]string `json:"runtime"`
	Processes bool              `json:"processes"`
}

type windowEvent struct {
	Event   string `json:"event"`
	BeginNs int64  `json:"begin_ns"`
	EndNs   *int64 `json:"end_ns"`
}

type endedEvent struct {
	Event string `json:"event"`
}

type recordEvent struct {
	Event      string                 `json:"event"`
	Trial      string                 `json:"trial"`
	Status     string                 `json:"status"`
	Reason     string                 `json:"reason"`
	Warnings   []string               `json:"warnings"`
	Tasks      uint64                 `json:"tasks"`
	TasksTotal uint64                 `json:"tasks_total"`
	FinishNs   *int64                 `json:"finish_ns"`
	Settled    bool                   `json:"settled"`
	Units      uint64                 `json:"units"`
	Digest     string                 `json:"digest"`
	Slices     []uint64               `json:"slices"`
	Slots      slotsSpread            `json:"slots"`
	Switches   *switches              `json:"switches"`
	Queueing   [][2]uint64            `json:"queueing"`
	Service    [][2]uint64            `json:"service"`
	Response   [][2]uint64            `json:"response"`
	Classes    map[string][][2]uint64 `json:"classes"`
	Open       *openRecord            `json:"open,omitempty"`

	FirstFinishNs *int64      `json:"first_finish_ns,omitempty"`
	FirstService  [][2]uint64 `json:"first_service,omitempty"`
}

type slotsSpread struct {
	Fewest uint32 `json:"fewest"`
	Most   uint32 `json:"most"`
}

// Context switches of the process.
type switches struct {
	Voluntary   int64 `json:"voluntary"`
	Involuntary int64 `json:"involuntary"`
}

// What the load has counted.
func (l *Load) write(record *recordEvent) {
	counts := l.recorder.slices()
	for _, count := range counts {
		record.Tasks += count
	}
	record.TasksTotal = record.Tasks + l.recorder.before() + l.recorder.after()
	record.Digest = fmt.Sprintf("%016x", l.recorder.difference())
	record.Slices = counts
	if l.tasks != 0 {
		record.Slices = []uint64{}
	}
	record.Slots.Fewest, record.Slots.Most = l.fewestAndMost()
	record.Queueing = l.recorder.merged(func(s *shard) *Histogram { return &s.queueing })
	record.Service = l.recorder.merged(func(s *shard) *Histogram { return &s.service })
	record.Response = l.recorder.merged(func(s *shard) *Histogram { return &s.response })
	for class, name := range l.work.classes {
		class := class
		record.Classes[name] = l.recorder.merged(func(s *shard) *Histogram { return &s.ofClasses[class] })
	}
	l.coldStart.write(record)
}
