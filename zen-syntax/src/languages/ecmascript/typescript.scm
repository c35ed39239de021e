; What only TypeScript and TSX declare and refer to.

(function_signature name: (identifier) @name) @definition.function
(class_declaration name: (type_identifier) @name) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(interface_declaration name: (type_identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(type_alias_declaration name: (type_identifier) @name) @definition.type_alias
(internal_module name: (_) @name) @definition.module
(module name: (_) @name) @definition.module
(class_body [
  (method_definition name: (_) @name)
  (method_signature name: (_) @name)
  (abstract_method_signature name: (_) @name)
] @definition.method)
(class_body (public_field_definition name: (_) @name) @definition.const)
(interface_body (method_signature name: (_) @name) @definition.method)

; Variables of a namespace, whatever they hold.
(ambient_declaration [
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.const)
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.const)
  (statement_block [
    (lexical_declaration (variable_declarator name: (identifier) @name) @definition.const)
    (variable_declaration (variable_declarator name: (identifier) @name) @definition.const)
  ])
])
(internal_module body: (statement_block [
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.const)
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.const)
]))
(module body: (statement_block [
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.const)
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.const)
]))

(extends_clause value: [(identifier) (member_expression)] @name) @reference.extends
(extends_type_clause type: [
  (type_identifier) @name
  (nested_type_identifier) @name
  (generic_type name: (_) @name)
]) @reference.extends
(implements_clause [
  (type_identifier) @name
  (nested_type_identifier) @name
  (generic_type name: (_) @name)
]) @reference.implements
(import_alias (nested_identifier) @name) @reference.imports
(import_require_clause source: (string) @name) @reference.imports
