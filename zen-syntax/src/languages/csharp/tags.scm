; What C# declares and refers to.

(compilation_unit (file_scoped_namespace_declaration name: (_) @name)) @definition.module
(namespace_declaration name: (_) @name) @definition.module

(class_declaration name: (identifier) @name) @definition.class
(struct_declaration name: (identifier) @name) @definition.struct
(record_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(delegate_declaration name: (identifier) @name) @definition.type_alias

(method_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(operator_declaration operator: _ @name) @definition.method
(conversion_operator_declaration type: (_) @name) @definition.method
(property_declaration name: (identifier) @name) @definition.method
(indexer_declaration "this" @name) @definition.method
(event_declaration name: (identifier) @name) @definition.method
(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.method
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.const

(using_directive) @reference.imports

(class_declaration (base_list . (_) @name) (#not-match? @name "^([A-Za-z0-9_]+[.])*I[A-Z][a-z]")) @reference.extends
(class_declaration (base_list . (_) @name) (#match? @name "^([A-Za-z0-9_]+[.])*I[A-Z][a-z]")) @reference.implements
(class_declaration (base_list (_) . (_) @name)) @reference.implements
(record_declaration (base_list . (_) @name) (#not-match? @name "^([A-Za-z0-9_]+[.])*I[A-Z][a-z]")) @reference.extends
(record_declaration (base_list . (_) @name) (#match? @name "^([A-Za-z0-9_]+[.])*I[A-Z][a-z]")) @reference.implements
(record_declaration (base_list (_) . (_) @name)) @reference.implements
(struct_declaration (base_list (_) @name)) @reference.implements
(interface_declaration (base_list (_) @name)) @reference.extends

(invocation_expression function: [(identifier) (generic_name)] @name) @reference.calls
(invocation_expression
  function: (member_access_expression
    expression: [(identifier) (member_access_expression) "this" "base" (generic_name) (predefined_type)
                 (alias_qualified_name) (qualified_name)]) @name) @reference.calls
(invocation_expression
  function: (member_access_expression
    expression: [(invocation_expression) (object_creation_expression) (parenthesized_expression)
                 (element_access_expression) (string_literal) (interpolated_string_expression) (typeof_expression)
                 (postfix_unary_expression) (conditional_access_expression)]
    name: (_) @name)) @reference.calls
(invocation_expression
  function: (conditional_access_expression (member_binding_expression name: (_) @name))) @reference.calls
(invocation_expression function: (member_binding_expression name: (_) @name)) @reference.calls
(object_creation_expression type: (_) @name) @reference.calls
