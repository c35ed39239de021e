; What Bash declares and refers to.
