; What C declares and refers to.
