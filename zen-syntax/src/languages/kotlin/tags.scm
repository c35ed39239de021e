; What Kotlin declares and refers to.
