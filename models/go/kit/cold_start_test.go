package kit

import (
	"testing"
	"time"
)

func TestTheFirstThousandTasksTellTheColdStartBeforeTheWindowOrWithinIt(t *testing.T) {
	load := newLoad(LoadSpec{Kind: closedLoad, Concurrency: 1}, &Work{order: []int{0}, scripts: make([]Script, 1)}, nil, 2)
	begun := now()
	task := load.first(0)
	load.Run(task, new(plain))
	first := now()
	for i := 1; i < 1500; i++ {
		if i == 500 {
			load.setWindow(now(), now()+int64(time.Hour))
		}
		load.Run(task, new(plain))
	}
	record := counted(load)
	if record.FirstFinishNs == nil || *record.FirstFinishNs < begun || *record.FirstFinishNs > first {
		t.Errorf("the first task finished at %v, not from %d to %d", record.FirstFinishNs, begun, first)
	}
	if total(record.FirstService) != 1000 {
		t.Error(record.FirstService)
	}
}

func TestWhereNoTaskHasFinishedThereIsNoFirstOne(t *testing.T) {
	load := newLoad(LoadSpec{Kind: closedLoad, Concurrency: 1}, &Work{order: []int{0}, scripts: make([]Script, 1)}, nil, 2)
	if record := counted(load); record.FirstFinishNs != nil || record.FirstService != nil {
		t.Errorf("%+v", record)
	}
}
