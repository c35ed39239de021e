/*
 * Copyright: nobody.
 */
@file:JvmName("Flows")
@file:Suppress("unused", "x")

package com.example.flow

import kotlin.math.*
import com.example.Other as Another
import com.example.util.check

/** How many at most. */
const val MAX = 1_000

/** Shared. */
@JvmField
internal val shared: List<Int> = listOf(1, 2)

private var counter = 0

/** The last letter. */
val String.last: Char
    get() = this[length - 1]

var lazyOne: String by lazy { "x" }

/** A name for it. */
typealias Handler<T> = suspend (event: T) -> Unit

/**
 * Collects all.
 *
 * More text.
 *
 * @param T what flows
 * @param action done with each,
 *   in order
 * @return how many
 * @throws IllegalStateException if it ended
 * @receiver the flow
 * @sample com.example.samples.collect
 * @since 1.3
 * @see Flow.map
 */
@Deprecated("no", ReplaceWith("collect2()"))
@JvmOverloads
public suspend inline fun <reified T : Any, R> Flow<T>.collect(
    noinline action: suspend (T) -> R, // done
    vararg rest: Int,
    limit: Int = max(1, 2),
): Map<String, R?> where T : Comparable<T>, R : CharSequence {
    val local = Box(1)
    fun inner() = 3
    this.forEach { action(it) }
    rest.filter { it > 0 }.map { inner() }
    local.value.trim()
    return emptyMap<String, R?>()
}

internal fun plain(x: Int) = x * 2

private fun withLocal() {
    class LocalClass {
        fun hidden() {}
    }
}

tailrec operator fun Int.plus(other: String): String = other

infix fun <T> List<T>.nullable(x: T?): T? = null

/** Flows. */
@ExperimentalFlow
public sealed interface Flow<out T> : Source<T>, AutoCloseable {
    /** Its name. */
    val name: String
    val size: Int get() = 0

    /** Goes. */
    suspend fun go(collector: Collector<T>)

    private fun help() {}

    companion object : Factory<Int>() {
        const val LIMIT = 3
        @JvmStatic fun of(x: Int): Flow<Int> = TODO()
        val DEFAULT = of(1)
    }
}

fun interface Collector<in T> {
    fun emit(value: T)
}

/**
 * A user.
 *
 * @property name who
 * @param age how old
 * @constructor Makes one.
 */
data class User @Inject internal constructor(
    @get:Json("n") val name: String,
    protected open var age: Int? = null,
    private val secret: String = "s",
    plain: Boolean,
) : Base<Int>(plain), Named, Comparable<User> by other {
    /** Written late. */
    lateinit var late: String
    private val cache = mutableMapOf<String, Int>()
    private val computed: Int get() = 3
    protected open val ratio: Double = 1.0
    var guarded: Int = 0
        private set

    val list by lazy { listOf(1) }

    init {
        val inInit = 3
        check(inInit > 0)
    }

    /** Without age. */
    constructor(name: String) : this(name, null, "s", true) { println(name) }

    override fun toString(): String = super.toString()

    protected abstract fun hook()

    inner class Inner {
        internal fun deep() {}
    }

    enum class Level(val code: Int) : Coded {
        /** Low. */
        LOW(1),
        @Deprecated("x")
        HIGH(2) {
            override fun describe() = "high"
        };

        open fun describe() = name

        companion object Parser {
            fun parse(s: String): Level = valueOf(s)
        }
    }

    private object Hidden {
        fun inHidden() = object : Runnable {
            override fun run() {}
        }
    }
}

@JvmInline
value class Id(val raw: Long)

annotation class Marked(val why: String = "none")

/** Only one. */
data object Single : Flow<Nothing> {
    override val name get() = "single"
}

abstract class Old<T> : Base {
    constructor() : super()
}

expect fun platform(): String

external fun native(x: Int)
