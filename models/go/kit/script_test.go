package kit

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func workOf(t *testing.T, steps ...string) (*Work, error) {
	t.Helper()
	spec := Spec{Order: []int{0}}
	for _, text := range steps {
		spec.Scripts = append(spec.Scripts, ScriptSpec{Digest: "00000000000000ff", Steps: json.RawMessage(text)})
	}
	return parseWork(spec)
}

func TestATaskHasAsManyConnectionsAsItNeedsAtOnce(t *testing.T) {
	const ask = `{"do": "request", "bytes": 8, "delay_ns": 5}`
	for steps, lanes := range map[string]int{
		`[]`:                         0,
		`[` + ask + `, ` + ask + `]`: 1,
		`[{"do": "critical", "lock": 7, "body": [` + ask + `]}]`:                                                       1,
		`[` + ask + `, {"do": "fan_out", "width": 3, "body": [{"do": "fan_out", "width": 2, "body": [` + ask + `]}]}]`: 6,
		`[{"do": "fan_out", "width": 3, "body": [{"do": "wait", "time_ns": 1}]}]`:                                      0,
	} {
		work, err := workOf(t, steps)
		if err != nil || work.lanes != lanes {
			t.Errorf("%s: %v, %v instead of %d", steps, work, err, lanes)
		}
	}
}

func TestLocksAreCountedInTheOrderInWhichTheyAreNamed(t *testing.T) {
	work, err := workOf(t, `[{"do": "critical", "lock": 9, "body": []}]`, `[{"do": "critical", "lock": 4, "body": []},
		{"do": "critical", "lock": 9, "body": []}]`)
	if err != nil {
		t.Fatal(err)
	}
	steps := work.scripts[1].Steps
	if len(work.locks) != 2 || steps[0].lock != 1 || steps[1].lock != 0 || steps[0].name != 4 {
		t.Errorf("%+v", work)
	}
}

func TestWhatIsNotKnownIsUnsupportedAndNamed(t *testing.T) {
	for steps, named := range map[string]string{
		`[{"do": "hop", "stage": 1}]`:                                          "hop",
		`[{"do": "critical", "lock": 1, "permits": 2, "body": []}]`:            "permits",
		`[{"do": "fan_out", "width": 1, "body": [{"do": "hop", "stage": 1}]}]`: "hop",
		`[{"do": "compute", "kernel": "sorting", "amount": 1}]`:                "sorting",
		`[{"do": "wait"}]`: "wait",
		`[{"time_ns": 5}]`: "time_ns",
	} {
		_, err := workOf(t, steps)
		var refused unsupported
		if !errors.As(err, &refused) || !strings.Contains(refused.reason, named) {
			t.Errorf("%s: %v", steps, err)
		}
	}
}

func TestWhatIsNoStepIsAnError(t *testing.T) {
	for _, steps := range []string{`[5]`, `{}`, `[{"do": "wait", "time_ns": "long"}]`,
		`[{"do": "request", "bytes": 65537, "delay_ns": 1}]`} {
		_, err := workOf(t, steps)
		var refused unsupported
		if err == nil || errors.As(err, &refused) {
			t.Errorf("%s: %v", steps, err)
		}
	}
}
