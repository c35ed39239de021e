// Copyright: nobody.

package server_test

import "testing"

// TestServer tests.
func TestServer(t *testing.T) { t.Run("x", helper) }

type Fake struct{}
