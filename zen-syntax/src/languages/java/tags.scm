; What Java declares and refers to.

(program (package_declaration [(identifier) (scoped_identifier)] @name)) @definition.module
(module_declaration name: (_) @name body: (module_body) @body) @definition.module

(class_declaration name: (identifier) @name body: (class_body) @body) @definition.class
(record_declaration name: (identifier) @name body: (class_body) @body) @definition.class
(interface_declaration name: (identifier) @name body: (interface_body) @body) @definition.interface
(annotation_type_declaration name: (identifier) @name body: (annotation_type_body) @body) @definition.interface
(enum_declaration name: (identifier) @name body: (enum_body) @body) @definition.enum

(method_declaration name: (identifier) @name) @definition.method
(annotation_type_element_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(compact_constructor_declaration name: (identifier) @name) @definition.method

(class_body (field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.const)
(enum_body_declarations (field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.const)
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.const

(import_declaration) @reference.imports
(requires_module_directive module: (_) @name) @reference.imports
(superclass (_) @name) @reference.extends
(extends_interfaces (type_list (_) @name)) @reference.extends
(super_interfaces (type_list (_) @name)) @reference.implements

(method_invocation !object name: (identifier) @name) @reference.calls
(method_invocation object: [(identifier) (field_access) (this) (super)]) @reference.calls
(method_invocation
  object: [(method_invocation) (object_creation_expression) (parenthesized_expression) (array_access) (class_literal)
           (string_literal) (array_creation_expression)]
  name: (identifier) @name) @reference.calls
(object_creation_expression type: (_) @name) @reference.calls
