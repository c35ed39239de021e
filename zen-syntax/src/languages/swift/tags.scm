; What Swift declares and refers to.
