; What Python declares and refers to.
