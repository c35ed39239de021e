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
