; What Ruby declares and refers to.

(module name: (_) @name) @definition.module
(class name: (_) @name) @definition.class

(method name: (_) @name) @definition.method
(singleton_method name: (_) @name) @definition.method
(alias name: [(identifier) (constant) (operator) (setter) (simple_symbol)] @name) @definition.method

(call !receiver method: (identifier) @_maker arguments: (argument_list [(simple_symbol) (string)] @name)
  (#any-of? @_maker "attr_reader" "attr_writer" "attr_accessor" "attr" "alias_method" "define_method"
    "define_singleton_method" "delegate" "def_delegator" "def_delegators" "cattr_reader" "cattr_writer" "cattr_accessor"
    "mattr_reader" "mattr_writer" "mattr_accessor" "class_attribute")) @definition.method

(assignment left: [(constant) (scope_resolution)] @name) @definition.const
(assignment left: (left_assignment_list (constant) @name)) @definition.const
(operator_assignment left: (constant) @name) @definition.const

(call method: [(identifier) (constant)] @name) @reference.calls

(call !receiver method: (identifier) @_require arguments: (argument_list (string (string_content) @name) .)
  (#any-of? @_require "require" "require_relative" "load" "autoload")) @reference.imports

(class superclass: (superclass (_) @name)) @reference.extends

(call receiver: (constant) @_class method: (identifier) @_new arguments: (argument_list . [(constant) (scope_resolution)] @name)
  (#eq? @_class "Class") (#eq? @_new "new")) @reference.extends

(call !receiver method: (identifier) @_include arguments: (argument_list [(constant) (scope_resolution)] @name)
  (#any-of? @_include "include" "extend" "prepend")) @reference.implements
