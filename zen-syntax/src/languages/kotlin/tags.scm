; What Kotlin declares and refers to.

(source_file (package_header (qualified_identifier) @name)) @definition.module

(class_declaration name: (identifier) @name) @definition.class
(object_declaration name: (identifier) @name) @definition.class
(companion_object name: (identifier) @name) @definition.class
(companion_object !name) @definition.class
(type_alias type: (identifier) @name) @definition.type_alias

(function_declaration name: (identifier) @name) @definition.function
(secondary_constructor "constructor" @name) @definition.method

(source_file (property_declaration (variable_declaration . (identifier) @name)) @definition.static)
(class_body (property_declaration (variable_declaration . (identifier) @name)) @definition.method)
(enum_class_body (property_declaration (variable_declaration . (identifier) @name)) @definition.method)

(import) @reference.imports

(class_declaration
  (delegation_specifiers (delegation_specifier (constructor_invocation . (user_type) @name)))) @reference.extends
(object_declaration
  (delegation_specifiers (delegation_specifier (constructor_invocation . (user_type) @name)))) @reference.extends
(companion_object
  (delegation_specifiers (delegation_specifier (constructor_invocation . (user_type) @name)))) @reference.extends
(class_declaration "interface" (delegation_specifiers (delegation_specifier (user_type) @name))) @reference.extends
(class_declaration "class" (delegation_specifiers (delegation_specifier (user_type) @name))) @reference.implements
(object_declaration (delegation_specifiers (delegation_specifier (user_type) @name))) @reference.implements
(companion_object (delegation_specifiers (delegation_specifier (user_type) @name))) @reference.implements
(delegation_specifier (explicit_delegation . (user_type) @name)) @reference.implements

(call_expression . (identifier) @name) @reference.calls
(call_expression
  . (navigation_expression
      . [(identifier) (navigation_expression) (this_expression) (super_expression)]) @name) @reference.calls
(call_expression
  . (navigation_expression
      . [(call_expression) (parenthesized_expression) (index_expression) (string_literal) (object_literal)
         (unary_expression) (multiline_string_literal) (callable_reference) (lambda_literal)]
      (identifier) @name .)) @reference.calls
