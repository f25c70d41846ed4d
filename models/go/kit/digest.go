// Package kit is what the Go models share: the protocol of a trial (docs/protocol.md), the scripts and what they mean,
// the connections to the peer, and the load that brings tasks to a model and records them. A model is what is left: how
// its idiom runs a task, waits for a lock and shares out the branches of a fan-out (Model).
package kit

// The digest of a task proves that it did its work. All arithmetic wraps around.

func mix64(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func fold(digest, value uint64) uint64 { return mix64(digest*31 + value) }

// What the digest of a branch starts from.
func branchDigest(index int) uint64 { return mix64(uint64(index) + 1) }
