; What Go declares and refers to.

(package_clause (package_identifier) @name) @definition.module

(function_declaration name: (identifier) @name body: (block)? @body) @definition.function
(method_declaration name: (field_identifier) @name body: (block)? @body) @definition.method
(method_elem name: (field_identifier) @name) @definition.method

(type_declaration (type_spec name: (type_identifier) @name type: (struct_type (field_declaration_list) @body)) @definition.struct)
(type_declaration (type_spec name: (type_identifier) @name type: (interface_type)) @definition.interface)
(type_declaration (type_spec name: (type_identifier) @name) @definition.type_alias)
(type_declaration (type_alias name: (type_identifier) @name) @definition.type_alias)

(source_file (const_declaration (const_spec name: (identifier) @name) @definition.const))
(source_file (var_declaration (var_spec name: (identifier) @name) @definition.static))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @definition.static)))

(import_spec path: (_) @name) @reference.imports
(field_declaration
  !name type: [(type_identifier) (qualified_type) (pointer_type) (generic_type)] @name) @reference.extends
(interface_type (type_elem . [(type_identifier) (qualified_type) (generic_type)] @name .)) @reference.extends

(call_expression function: (identifier) @name) @reference.calls
(call_expression function: (selector_expression operand: [(identifier) (selector_expression)]) @name) @reference.calls
(call_expression
  function: (selector_expression
    operand: [(call_expression) (parenthesized_expression) (index_expression) (type_assertion_expression)
              (composite_literal) (type_conversion_expression) (slice_expression) (interpreted_string_literal)]
    field: (_) @name)) @reference.calls
; `New[int](x)`: with one argument it looks like a conversion, otherwise like an element that is called.
(call_expression
  function: (index_expression
    operand: [(identifier) (selector_expression)] @name
    index: [(identifier) (selector_expression)])) @reference.calls
(type_conversion_expression type: (generic_type type: [(type_identifier) (qualified_type)] @name)) @reference.calls
