; What Zig declares and refers to.
