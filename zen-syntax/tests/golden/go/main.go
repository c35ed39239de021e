/*
Main runs.

It has more to say.
*/
package main

// Version of it.
const Version = "1"

func main() { Run() }

// Run runs.
func Run() {}

// Level says how much.
type Level uint8

const (
	_ Level = iota
	L1
	L2
	_
	L4
	L5
	L6
	L7
)
