/*
 * Copyright: nobody.
 */
package com.example
package store

import java.util.{List => JList, Map, _}
import scala.concurrent.Future, scala.util.Try
import cats.data._
import cats.syntax.all

/** Keeps things.
  *
  * Not for threads.
  *
  * @tparam K what finds
  * @param name its name,
  *   on two lines
  * @constructor makes one
  * @note a note
  * @example {{{ new Store("x") }}}
  */
@deprecated("old", "1.0")
@SerialVersionUID(1L)
abstract class Store[K <: Ordered[K], +V: Show] private[store] (
    val name: String,
    protected var size: Int = 0, // how many
    hidden: Boolean
)(implicit ec: ExecutionContext)
    extends Base[K](name)
    with Iterable[V]
    with java.io.Closeable { self: Logging =>

  /** Finds one.
    *
    * @param key what to look for
    * @return the value
    * @throws java.io.IOException if the disk is full
    */
  @throws[IOException]("full")
  final override def find[R >: V](key: K, rest: Int*)(implicit show: Show[R]): Either[Error, R] = {
    def inner(x: Int) = x
    val local = Some(1)
    class LocalClass { def inLocal = 1 }
    inner(3)
    rest.map(_ + 1).foreach(println)
    this.cache.get(key)
    foo[Int](1)
    new ArrayBuffer[Int](3)
    new Runnable { def run(): Unit = () }
    ???
  }

  def abstractOne(x: => Int): Unit

  private[this] val cache = new HashMap[K, V]
  private[store] def internalOne = 1
  protected[example] def protectedOne = 2
  private def secret() { println("x") }

  /** Counted. */
  val count: Int = 0
  lazy val expensive: String = compute()
  var changing, another = 1
  val (a, b) = (1, 2)
  val undefined: Int
  implicit val ordering: Ordering[K] = null

  def this(x: Int) = this("x", x, false)

  type Elem
  type Pairs[A] = List[(A, V)]

  def +(other: Store[K, V]): Store[K, V] = this
  def `odd name`: Int = 1

  private class Secret
}

/** One of them. */
final case class Point(x: Int, private val y: Int = 0) extends AnyVal

/** The companion. */
object Store extends App with Logging {
  /** At most. */
  final val Max = 10
  private var total = 0
  val Default: Store[Int, Int] = null

  def apply(name: String): Store[Int, Int] = null

  implicit class Ops[A](private val a: A) extends AnyVal {
    def shout: String = a.toString
  }

  implicit def toInt(s: String): Int = s.toInt

  object Inner { def deep = 1 }
}

case object Empty extends Shape

/** Shapes. */
sealed trait Shape extends Product with Serializable {
  def area: Double
  def twice: Double = area * 2
}

package object syntax {
  type Id[A] = A
  def free(x: Int) = x
}

package inner {
  class InPackage
}
