//go:build linux

// Package server serves things.
package server

import (
	"fmt"
	io2 "io"
)

// MaxSize is how much.
const MaxSize = 1 << 20

const (
	// First of them.
	First Kind = iota
	second
)

// ErrClosed is returned after Close.
var ErrClosed = fmt.Errorf("closed")

var (
	hidden, Shown int
)

// Kind says which.
type Kind int

// Reader is an alias.
type Reader = io2.Reader

// Server holds
//
// everything.
type Server[T any] struct {
	Base
	*io2.PipeReader
	Name, Title string `json:"name"`
	count       int
}

// Handler handles.
type Handler interface {
	fmt.Stringer
	// Handle does it.
	Handle(name string) (int, error)
}

// New makes a Server.
func New[T any](
	name string,
	options ...func(*Server[T]),
) (*Server[T], error) {
	inner := func() { fmt.Println(name) }
	inner()
	type local struct{ a int }
	return nil, ErrClosed
}

/*
Close ends it.
*/
func (s *Server[T]) Close() error {
	s.flush()
	return nil
}

func (s Server[T]) flush() {}

//go:noinline
func init() { New[int]("x") }
