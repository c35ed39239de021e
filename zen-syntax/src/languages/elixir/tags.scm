; What Elixir declares and refers to.

(call target: (identifier) @_module (arguments . (alias) @name) (do_block) @body
  (#any-of? @_module "defmodule" "defprotocol" "defimpl")) @definition.module

(call target: (identifier) @_def (arguments . [(identifier) (call) (binary_operator) (unary_operator)] @name) (do_block)? @body
  (#any-of? @_def "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp")) @definition.function

(unary_operator operand: (call target: (identifier) @_type (arguments . (binary_operator) @name)
  (#any-of? @_type "type" "typep" "opaque" "nominal" "callback" "macrocallback"))) @definition.type_alias

(unary_operator operator: "@" operand: (call target: (identifier) @name (arguments . (_)))) @definition.const

(call target: [(identifier) (dot)] @name) @reference.calls
(binary_operator operator: "|>" right: (identifier) @name) @reference.calls

(call target: (identifier) @_import (arguments . (alias) @name)
  (#any-of? @_import "use" "import" "alias" "require")) @reference.imports
(call target: (identifier) @_alias (arguments . (dot right: (tuple (alias) @name)))
  (#any-of? @_alias "alias" "import" "require" "use")) @reference.imports

(unary_operator operand: (call target: (identifier) @_behaviour (arguments . (alias) @name)
  (#eq? @_behaviour "behaviour"))) @reference.implements
(call target: (identifier) @_impl (arguments . (alias) @name . (keywords (pair value: (alias) @from)))
  (#eq? @_impl "defimpl")) @reference.implements
(call target: (identifier) @_impl (arguments . (alias) @name . (keywords (pair value: (list (alias) @from))))
  (#eq? @_impl "defimpl")) @reference.implements
(call target: (identifier) @_impl (arguments . (alias) @name .) (#eq? @_impl "defimpl")) @reference.implements
