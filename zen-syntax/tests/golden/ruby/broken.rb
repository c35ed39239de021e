class Open
  def fine; end
  def broken(
  attr_reader :x
