; What Ruby declares and refers to.
