; What TypeScript and TSX declare and refer to. JSX is asked for in jsx.scm, which only TSX has.

(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
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

; Variables of a module or namespace, whatever they hold.
(program [
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.const)
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.const)
])
(export_statement declaration: [
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.const)
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.const)
])
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
(export_statement declaration: (_ (variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @name)) @definition.const))
(export_statement value: [(function_expression) (generator_function) (arrow_function) (class) (object) (call_expression)]
  @name) @definition.const
(export_statement value: (object (method_definition name: (_) @name) @definition.function))

; `exports.a = …`, `A.prototype.b = function …`, `app.use = function …`, and what the objects given to them hold.
(program (expression_statement (assignment_expression
  left: (member_expression property: (property_identifier) @name)) @definition.const))
(program (expression_statement (assignment_expression right: (assignment_expression
  left: (member_expression property: (property_identifier) @name)) @definition.const)))
(program (expression_statement (assignment_expression
  right: (object (method_definition name: (_) @name) @definition.function))))
(program (expression_statement (assignment_expression
  right: (object (pair key: (_) @name value: [(function_expression) (generator_function) (arrow_function)])
    @definition.function))))

(call_expression function: [(identifier) (member_expression)] @name) @reference.calls
(new_expression constructor: [(identifier) (member_expression)] @name) @reference.calls
(decorator [(identifier) (member_expression)] @name) @reference.calls

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

(import_statement source: (string) @name) @reference.imports
(import_alias (nested_identifier) @name) @reference.imports
(import_require_clause source: (string) @name) @reference.imports
(import_clause (identifier) @name) @reference.imports
(import_specifier name: (identifier) @name) @reference.imports
(export_statement source: (string) @name) @reference.imports
(export_statement (export_clause (export_specifier name: (identifier) @name)) source: (string)) @reference.imports
(call_expression function: (identifier) @_require arguments: (arguments . (string) @name)
  (#eq? @_require "require")) @reference.imports
(call_expression function: (import) arguments: (arguments . (string) @name)) @reference.imports
