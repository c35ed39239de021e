; What Scala declares and refers to.

(compilation_unit (package_clause name: (package_identifier) @name !body)) @definition.module
(package_clause name: (package_identifier) @name body: (_)) @definition.module
(package_object name: (_) @name) @definition.module

(class_definition name: (_) @name) @definition.class
(object_definition name: (_) @name) @definition.class
(trait_definition name: (_) @name) @definition.trait
(enum_definition name: (_) @name) @definition.enum
(type_definition name: (type_identifier) @name) @definition.type_alias

(function_definition name: (_) @name) @definition.function
(function_declaration name: (_) @name) @definition.function
(given_definition name: (_) @name) @definition.const
(given_definition !name) @definition.const

(val_definition pattern: [(identifier) (operator_identifier)] @name) @definition.const
(val_definition pattern: (identifiers (identifier) @name)) @definition.const
(val_definition pattern: (tuple_pattern (identifier) @name)) @definition.const
(val_declaration name: (_) @name) @definition.const
(var_definition pattern: [(identifier) (operator_identifier)] @name) @definition.static
(var_definition pattern: (identifiers (identifier) @name)) @definition.static
(var_declaration name: (_) @name) @definition.static

(import_declaration path: (identifier) @name . ",") @reference.imports
(import_declaration) @reference.imports
(import_declaration
  [(namespace_wildcard) (as_renamed_identifier) (arrow_renamed_identifier)] @name) @reference.imports
(namespace_selectors [(identifier) (operator_identifier) (arrow_renamed_identifier) (as_renamed_identifier)
                      (namespace_wildcard)] @name) @reference.imports

(class_definition extend: (extends_clause . (_) @name)) @reference.extends
(object_definition extend: (extends_clause . (_) @name)) @reference.extends
(trait_definition extend: (extends_clause . (_) @name)) @reference.extends
(enum_definition extend: (extends_clause . (_) @name)) @reference.extends
(class_definition extend: (extends_clause "with" . (_) @name)) @reference.implements
(object_definition extend: (extends_clause "with" . (_) @name)) @reference.implements
(trait_definition extend: (extends_clause "with" . (_) @name)) @reference.extends
(class_definition extend: (extends_clause "," . (_) @name)) @reference.implements
(object_definition extend: (extends_clause "," . (_) @name)) @reference.implements
(trait_definition extend: (extends_clause "," . (_) @name)) @reference.extends
(derives_clause type: (_) @name) @reference.implements
(given_definition return_type: (_) @name body: [(with_template_body) (template_body)]) @reference.implements

(call_expression function: [(identifier) (operator_identifier)] @name) @reference.calls
(call_expression function: (generic_function function: (identifier) @name)) @reference.calls
(call_expression function: (field_expression value: [(identifier) (field_expression)]) @name) @reference.calls
(call_expression
  function: (field_expression
    value: [(call_expression) (generic_function) (instance_expression) (parenthesized_expression) (string) (block)
            (interpolated_string_expression) (tuple_expression) (integer_literal)]
    field: (_) @name)) @reference.calls
(call_expression
  function: (generic_function function: (field_expression value: [(identifier) (field_expression)]) @name)) @reference.calls
(call_expression
  function: (generic_function
    function: (field_expression value: [(call_expression) (instance_expression) (parenthesized_expression)]
      field: (_) @name))) @reference.calls
(instance_expression
  [(type_identifier) (generic_type) (stable_type_identifier) (projected_type)] @name) @reference.calls
