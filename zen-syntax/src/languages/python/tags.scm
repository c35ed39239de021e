; What Python declares and refers to.

(class_definition name: (identifier) @name body: (block) @body) @definition.class
(function_definition name: (identifier) @name body: (block) @body) @definition.function
(type_alias_statement left: (type) @name) @definition.type_alias

; Names of a module, conditional ones too.
(module (expression_statement (assignment left: (identifier) @name) @definition.static))
(module (expression_statement (assignment right: (assignment left: (identifier) @name) @definition.static)))
(module (expression_statement (assignment left: (pattern_list (identifier) @name)) @definition.static))
(module (if_statement (block (expression_statement (assignment left: (identifier) @name) @definition.static))))
(module (if_statement (else_clause (block (expression_statement (assignment left: (identifier) @name) @definition.static)))))
(module (try_statement (block (expression_statement (assignment left: (identifier) @name) @definition.static))))
(module (try_statement (except_clause (block (expression_statement (assignment left: (identifier) @name) @definition.static)))))

; Constants of a class; its other names are fields.
(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @definition.const)))

(call function: [(identifier) (attribute)] @name) @reference.calls
(decorator [(identifier) (attribute)] @name) @reference.calls
(class_definition superclasses: (argument_list [(identifier) (attribute)] @name)) @reference.extends
(class_definition superclasses: (argument_list (subscript value: (_) @name))) @reference.extends
(import_statement name: (dotted_name) @name) @reference.imports
(import_statement name: (aliased_import name: (dotted_name) @name)) @reference.imports
(import_from_statement name: (dotted_name) @name) @reference.imports
(import_from_statement name: (aliased_import name: (dotted_name) @name)) @reference.imports
(import_from_statement (wildcard_import) @name) @reference.imports
