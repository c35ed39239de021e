; What JavaScript declares and refers to.
