; What Rust declares and refers to.
