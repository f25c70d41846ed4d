// The Go models: the program that models/go/model.json names, which runs one trial (docs/protocol.md).
package main

import "cbench/models/go/kit"

func main() {
	kit.Models{
		"go-sequential": newSequential,
		"go":            newGoroutines,
		"go-csp":        newCSP,
	}.Main()
}
