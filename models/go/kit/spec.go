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
	// The id first, so that what is wrong with the rest can be said in a record of that trial.
	var spec Spec
	if err := json.Unmarshal(line, &spec); err != nil {
		return spec, fmt.Errorf("the spec cannot be read: %w", err)
	}
	if spec.Protocol != protocolVersion {
		return spec, unsupported{fmt.Sprintf("the spec is of version %d of the protocol, this program knows version %d",
			spec.Protocol, protocolVersion)}
	}
	load := spec.Load
	if load.Kind != closedLoad && load.Kind != fixedLoad {
		return spec, unsupported{fmt.Sprintf("a load of the kind %q is not known here", load.Kind)}
	}
	if load.Concurrency < 1 || spec.Workers < 1 || load.Kind == fixedLoad && load.Tasks < 1 ||
		load.Kind == closedLoad && load.DurationNs < 1 {
		return spec, fmt.Errorf("the spec asks for no load: %+v on %d workers", load, spec.Workers)
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

func parseDigest(text string) (uint64, error) {
	digest, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("the digest %q is not of hexadecimal digits", text)
	}
	return digest, nil
}
