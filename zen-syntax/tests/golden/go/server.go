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

type (
	// Number is a constraint.
	Number interface {
		~int | ~int64
		comparable
		fmt.Stringer
		Box[int]
	}
	// Pair holds two.
	Pair[K comparable, V interface{ ~string }] struct {
		// Key finds.
		Key K
		Val V // Val is found.
		*Box[K]
	}
	// Func is called.
	Func func(name string) (err error)
	Alias = Pair[int, string]
)

// Swap swaps.
//
// Deprecated: Use [Pair.Turn]
// instead.
//
// More text.
//
//go:noinline
//nolint:all
func (*Pair[K, V]) Swap(ctx io2.Reader, _ int /* none */, rest ...func(a, b K) V) {
	New[int]("x", 1)
	Make[int]()
	io2.Copy[int, string](1, 2)
	server.Table["a"](1)
	hs[1](3)
	x.First().
		Second(4).Third()
	(*p).Deref()
	x.(T).Assert()
	func() { s.inner() }()
}

// OfOther has its type in another file.
func (o (OfOther)) OfOther(int, string) (n int, err error)

var (
	a, B = 1, map[string]int{
		"x": 1,
	}
	// Long is too long.
	Long = []string{"aaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccc"}
	_    = New
)

// Detached is no documentation.

func Bare() {
	const Local = 1
	var Inner = 2
}

// #include <stdio.h>
import "C"

//export Exported
func Exported() {}
