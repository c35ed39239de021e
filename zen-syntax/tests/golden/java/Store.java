/*
 * Copyright: nobody. Not documentation.
 */
package com.example.store;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.*;
import java.util.function.Function;

/**
 * Keeps things by key.
 *
 * <p>Not for threads.
 *
 * @param <K> what finds
 * @param <V> what is found
 * @author Somebody
 * @since 1.2
 * @see Map
 * @see Entry
 */
@Deprecated(since = "3.0", forRemoval = true)
@SuppressWarnings({"unchecked", "rawtypes"})
public abstract sealed class Store<K extends Comparable<K>, V>
    extends Base.Inner<K>
    implements Iterable<V>, AutoCloseable permits MemoryStore, Store.Disk {

  /** How many fit. */
  public static final int MAX_SIZE = 1 << 20;

  static final Map<String, List<Integer>> TABLE = new HashMap<>() {
    {
      put("a", List.of());
    }

    @Override
    public int size() {
      return 0;
    }
  };

  private static final long serialVersionUID = 1L, other = 2L;

  public static int counter;

  /** The name; never null. */
  @Nullable protected final String name;

  transient volatile int[] sizes[], lone;
  private V hidden;

  static {
    class Local { void inLocal() {} }
    counter = 1;
  }

  /**
   * Makes a store.
   *
   * @param name its name
   */
  protected Store(String name) {
    super(name);
    this.name = requireNonNull(name);
  }

  @SafeVarargs
  private <T> Store(final T... first) { this("x"); }

  /**
   * Finds a value, or
   * makes it.
   *
   * @param key what to look for,
   *     on two lines
   * @param make makes it
   * @param <R> what is made
   * @return the value,
   *     never null
   * @throws IOException if the disk is full
   * @throws IllegalStateException when closed
   * @deprecated use {@link #get}
   */
  @Override
  public final synchronized <R extends V, X> Map.Entry<K, R> find(
      @Nullable K key, // which
      final Function<? super K, ? extends R> make,
      int... rest) throws IOException, IllegalStateException {
    Runnable r = new Runnable() {
      public void run() { Store.this.flush(); }
    };
    List<R> list = new ArrayList<R>(List.<R>of());
    list.stream()
        .map(x -> make.apply(key))
        .forEach(System.out::println);
    super.toString();
    this.name.trim();
    values[0].call();
    return com.example.Util.wrap(list);
  }

  abstract int size();

  // Not documentation.
  native void poke(byte buffer[])[];

  /// Markdown *here*.
  /// Two lines.
  static strictfp double twice(double d) { return d * 2; }

  /** A blank line follows. */

  public void far() {}

  /** Nested. */
  public static non-sealed class Disk extends Store<String, byte[]> {
    Disk() { super("disk"); }
  }

  private class Secret {
    public void shown() {}
  }

  /** Goes through it. */
  public interface Visitor<T> extends Function<T, Void>, Comparable<T> {
    String PREFIX = "visit";

    /** Visits one. */
    void visit(T one) throws Exception;

    default boolean done() { return false; }

    private void help() {}

    static <T> Visitor<T> none() { return null; }

    class Always {}
  }

  /** What it is. */
  @FunctionalInterface
  @interface Marked {
    /** Why. */
    String value() default "nothing";

    int[] levels() default {1, 2};
  }

  /** How it goes on. */
  protected enum Mode implements Supplier<String> {
    /** Once. */
    ONCE,
    @Deprecated
    OFTEN("often", 3) {
      @Override
      public String get() { return "x"; }
    };

    public final String label;

    Mode(String... labels) { this.label = labels[0]; }

    public String get() { return label; }
  }

  /**
   * A point.
   *
   * @param x across
   */
  public record Point<N extends Number>(@NotNull N x, int y) implements Cloneable {
    public static final Point<Integer> ZERO = new Point<>(0, 0);

    public Point {
      if (y < 0) throw new IllegalArgumentException("y");
    }

    Point(N x) { this(x, 0); }

    int sum() { return y; }
  }
}

class PackagePrivate {}
