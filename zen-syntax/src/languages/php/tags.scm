; What PHP declares and refers to.
