; What JavaScript and TypeScript both declare and refer to.

(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function

; Variables of a module, whatever they hold.
(program [
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.const)
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.const)
])
(export_statement declaration: [
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.const)
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.const)
])
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

(import_statement source: (string) @name) @reference.imports
(import_clause (identifier) @name) @reference.imports
(import_specifier name: (identifier) @name) @reference.imports
(export_statement source: (string) @name) @reference.imports
(export_statement (export_clause (export_specifier name: (identifier) @name)) source: (string)) @reference.imports
(call_expression function: (identifier) @_require arguments: (arguments . (string) @name)
  (#eq? @_require "require")) @reference.imports
(call_expression function: (import) arguments: (arguments . (string) @name)) @reference.imports
