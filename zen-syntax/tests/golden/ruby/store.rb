#!/usr/bin/env ruby
# frozen_string_literal: true

require "json"
require_relative "../lib/base"
autoload :Later, "store/later"

# Keeps things.
#
# @api public
module Store
  # First in its body.
  VERSION = "1.0".freeze
  LEFT, RIGHT = 1, 2
  LIMITS ||= { small: 1 }
  HIDDEN = 3
  private_constant :HIDDEN

  # A point.
  Point = Struct.new(:x, :y, keyword_init: true) do
    include Comparable

    # @return [Float] from the origin
    def distance
      Math.sqrt(x**2 + y**2)
    end
  end
  Size = Data.define(:width, :height)
  Failed = Class.new(StandardError)
  Tools = Module.new do
    def tool; end
  end

  class Error < ::StandardError; end

  class Pair < Struct.new(:left, :right)
  end

  # Holds values.
  # @example Making one
  #   box = Box.new("a")
  #   box.open
  # @deprecated Use {Crate}.
  # @since 1.2
  # @see Crate
  class Box < Base::Container
    include Enumerable
    include Comparable, Store::Mixins
    extend ClassMethods
    prepend Logging

    attr_reader :name, "label"
    # Writes.
    attr_writer :size
    attr_accessor :open
    cattr_accessor :count
    delegate :each, :size, to: :@items
    def_delegators :@items, :first, :last
    def_delegator :@items, :length, :items_length

    # Makes a box.
    #
    # @param name [String] what it is called
    #   and more of that
    # @param [Integer, nil] size how large
    # @option options [Boolean] :strict checks
    # @yieldparam box [Box] itself
    # @raise [ArgumentError] if the name is empty
    # @return [void]
    def initialize(name, size = nil, *rest, strict:, mode: :a, **options, &block)
      @name = name
      super()
      setup!
      helper.call(name).other
      yield self if block_given?
    end

    def self.build(...) = new(...)

    class << self
      # Of the class.
      attr_accessor :config

      def configure
        yield config
      end

      private

      def reset; end
    end

    alias unpack open
    alias_method :shut, :close
    alias == eql?

    define_method(:dynamic) { |a, b = 2| a + b }

    # Compares.
    def <=>(other)
      name <=> other.name
    end

    def value=(value)
      @value = value
    end

    def [](key) = @items[key]

    # rubocop:disable Naming/PredicateName
    # Whether it is.
    def empty?
      def inner; end
      @items.empty?
    end

    def internal; end # :nodoc:

    # @private
    def tagged; end

    # @api private
    def tagged_too; end

    private def inline(a) = a

    private attr_reader :secret

    def later_private; end
    def later_protected; end
    private :later_private
    protected :later_protected
    private_class_method :build
    private(*[:dynamic])

    sig { params(a: Integer).returns(String) }
    def typed(a)
      a.to_s
    end

    # A paragraph ends.

    def undocumented; end

    protected

    def guarded; end

    private

    attr_reader :hidden

    # Hides.
    def hide_it
      Store::Registry.add(self)
      self.class.name
      @items.push(1)
    end

    def initialize_copy(other); end

    public

    def shown; end

    class Nested
      def not_private; end
    end

    included do
      def from_block; end
    end

    class_methods do
      def for_class; end
    end

    if RUBY_VERSION > "3"
      def conditional; end
    end
  end

  module Helpers
    module_function

    def help(text) = puts(text)
  end

  class Box::Lid
    def turn; end
  end

  # Reopened.
  class Box
    def again; end
  end

  extend self

  def helper; end
  module_function :helper
end

=begin
A block comment
that documents.
=end
def top_level(a, (b, c), *)
  Store::Box.build(a)&.open
end

def Store.singleton; end

private

%i[a b].each do |name|
  define_method(name) { }
end
