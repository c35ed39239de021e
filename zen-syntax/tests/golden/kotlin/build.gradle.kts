#!/usr/bin/env kotlin
plugins {
    kotlin("jvm")
}

val target = "17"

/** Greets. */
fun greet(name: String) = println("hi $name")
