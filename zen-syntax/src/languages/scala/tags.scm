; What Scala declares and refers to.
