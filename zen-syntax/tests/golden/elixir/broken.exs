defmodule Open do
  def fine(a), do: a
  def broken(a,
