; What PHP declares and refers to.

(namespace_definition name: (namespace_name) @name body: (compound_statement)? @body) @definition.module

(class_declaration name: (name) @name body: (_) @body) @definition.class
(interface_declaration name: (name) @name body: (_) @body) @definition.interface
(trait_declaration name: (name) @name body: (_) @body) @definition.trait
(enum_declaration name: (name) @name body: (_) @body) @definition.enum

(function_definition name: (name) @name body: (_) @body) @definition.function
(method_declaration name: (name) @name body: (_)? @body) @definition.method
(property_declaration (property_element name: (variable_name (name) @name)) (property_hook_list) @body) @definition.method

(const_declaration (const_element . (name) @name)) @definition.const
(function_call_expression function: (name) @_define arguments: (arguments . (argument (string (string_content) @name)))
  (#eq? @_define "define")) @definition.const

(function_call_expression function: [(name) (qualified_name)] @name) @reference.calls
(member_call_expression name: (name) @name) @reference.calls
(nullsafe_member_call_expression name: (name) @name) @reference.calls
(scoped_call_expression name: (name) @name) @reference.calls
(object_creation_expression [(name) (qualified_name)] @name) @reference.calls

(namespace_use_clause . [(name) (qualified_name)] @name) @reference.imports
(include_expression (_) @name) @reference.imports
(include_once_expression (_) @name) @reference.imports
(require_expression (_) @name) @reference.imports
(require_once_expression (_) @name) @reference.imports

(base_clause [(name) (qualified_name)] @name) @reference.extends
(class_interface_clause [(name) (qualified_name)] @name) @reference.implements
(use_declaration [(name) (qualified_name)] @name) @reference.implements
