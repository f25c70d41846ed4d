package kit

import (
	"encoding/json"
	"fmt"
	"strconv"
)

const protocolVersion = 2

// Spec is what a trial is to do: the line that the parent sends.
type Spec struct {
	Protocol int               `json:"protocol"`
	Trial    string            `json:"trial"`
	Model    string            `json:"model"`
	Settings map[string]string `json:"settings"`
	Workers  int               `json:"workers"`
	Load     LoadSpec          `json:"load"`
	Scripts  []ScriptSpec      `json:"scripts"`
	Order    []int             `json:"order"`
	Peer     *PeerSpec         `json:"peer"`
}

// LoadSpec says how tasks are brought.
type LoadSpec struct {
	Kind         string `json:"kind"`
	Concurrency  int    `json:"concurrency"`
	Tasks        int64  `json:"tasks"`
	WarmupNs     int64  `json:"warmup_ns"`
	MostWarmupNs int64  `json:"most_warmup_ns"`
	DurationNs   int64  `json:"duration_ns"`

	// Of an open load.
	RatePerS       float64 `json:"rate_per_s"`
	Arrivals       string  `json:"arrivals"`
	Late           string  `json:"late"`
	SeedOfArrivals string  `json:"seed_of_arrivals"`
	DrainNs        int64   `json:"drain_ns"`
	seed           uint64
}

// ScriptSpec is one of the distinct scripts, as it is sent.
type ScriptSpec struct {
	Class  string          `json:"class"`
	Digest string          `json:"digest"`
	Steps  json.RawMessage `json:"steps"`
}

// PeerSpec says where requests go.
type PeerSpec struct {
	Address string `json:"address"`
	Port    int    `json:"port"`
}

// What this runtime, or one of its models, cannot do: the trial is refused before it is set up.
type unsupported struct{ reason string }

func (u unsupported) Error() string { return u.reason }

func parseSpec(line []byte) (Spec, error) {
	var spec Spec
	if err := json.Unmarshal(line, &spec); err != nil {
		return spec, fmt.Errorf("the spec cannot be read: %w", err)
	}
	if spec.Protocol != protocolVersion {
		return spec, unsupported{fmt.Sprintf("the spec is of version %d of the protocol, this program knows version %d",
			spec.Protocol, protocolVersion)}
	}
	if err := spec.Load.check(); err != nil {
		return spec, err
	}
	if spec.Load.Kind == openLoad {
		seed, err := parseHexadecimal(spec.Load.SeedOfArrivals)
		if err != nil {
			return spec, err
		}
		spec.Load.seed = seed
	}
	if spec.Workers < 1 {
		return spec, fmt.Errorf("the spec asks for %d workers", spec.Workers)
	}
	for _, script := range spec.Order {
		if script < 0 || script >= len(spec.Scripts) {
			return spec, fmt.Errorf("the order names the script %d of %d", script, len(spec.Scripts))
		}
	}
	if len(spec.Order) == 0 {
		return spec, fmt.Errorf("the spec has no order of scripts")
	}
	return spec, nil
}

func (l LoadSpec) check() error {
	known := true
	switch l.Kind {
	case closedLoad, fixedLoad:
	case openLoad:
		known = (l.Arrivals == "poisson" || l.Arrivals == "constant") && (l.Late == "wait" || l.Late == "shed")
	default:
		known = false
	}
	if !known {
		return unsupported{fmt.Sprintf("a load of this kind is not known here: %+v", l)}
	}
	if l.Concurrency < 1 || l.Kind == fixedLoad && l.Tasks < 1 || l.Kind != fixedLoad && l.DurationNs < 1 ||
		l.Kind == openLoad && !(l.RatePerS > 0) {
		return fmt.Errorf("the spec asks for no load: %+v", l)
	}
	return nil
}

func parseHexadecimal(text string) (uint64, error) {
	value, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%q in the spec is not of hexadecimal digits", text)
	}
	return value, nil
}
