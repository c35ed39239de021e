package example.three

import example.other.{A as B, given, *}
import example.single as one
export example.Exported.*

/** Colours. */
enum Color(val rgb: Int) derives CanEqual, Show:
  /** Like blood. */
  case Red extends Color(0xff0000)
  case Green, Blue
  case Mixed(left: Int, right: Int = 1)

  def hex: String = rgb.toHexString
end Color

enum Tree[+T]:
  case Leaf
  case Node[A](value: A) extends Tree[A]

/** Orders. */
trait Ord[T]:
  def compare(x: T, y: T): Int
  extension (x: T)
    def <(y: T): Boolean = compare(x, y) < 0
    infix def less(y: T): Boolean = compare(x, y) < 0
end Ord

given intOrd: Ord[Int] with
  def compare(x: Int, y: Int) = x - y

given [T](using ord: Ord[T]): Ord[List[T]] with
  def compare(x: List[T], y: List[T]) = 0

given Ord[String] = ???

given alias: Context = Context()

/** Strings do more. */
extension [A](s: String)(using ctx: Context)
  /** Shouts. */
  def shout(times: Int): String = s * times

extension (i: Int) def double = i * 2

opaque type Id = Long

object Id:
  def apply(x: Long): Id = x

def topLevel(using ctx: Context)(x: Int = 3): Int =
  val y = helper(x)
  def nested = y
  nested

inline transparent def fast[T](inline x: T): T = x

private val hidden = 1
val shown: Int = 2
lazy val late = 3

class Box[T](var value: T):
  private def secret = value
  def map[R](f: T => R): Box[R] =
    val r = f(value)
    Box(r)

open class Opened

type Fn = [X] =>> List[X]

@main def run(args: String*): Unit = println("hi")
