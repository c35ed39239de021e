; What C declares and refers to. A declaration is found by its declarator; the rules follow that to the name.

(function_definition declarator: (_) @name body: (compound_statement) @body) @definition.function

(translation_unit (declaration declarator: (_) @definition.static))
(declaration_list (declaration declarator: (_) @definition.static))
(linkage_specification body: (declaration declarator: (_) @definition.static))
(ERROR (declaration declarator: (_) @definition.static))
(preproc_if (declaration declarator: (_) @definition.static))
(preproc_ifdef (declaration declarator: (_) @definition.static))
(preproc_else (declaration declarator: (_) @definition.static))
(preproc_elif (declaration declarator: (_) @definition.static))
(preproc_elifdef (declaration declarator: (_) @definition.static))

(struct_specifier name: (type_identifier) @name body: (_) @body) @definition.struct
(union_specifier name: (type_identifier) @name body: (_) @body) @definition.union
(enum_specifier name: (type_identifier) @name body: (_) @body) @definition.enum

(type_definition type: (struct_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (union_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.union
(type_definition type: (enum_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.enum
(type_definition declarator: (_) @definition.type_alias)

(enum_specifier !name body: (enumerator_list (enumerator name: (identifier) @name) @definition.const))

(preproc_def name: (identifier) @name) @definition.macro
(preproc_function_def name: (identifier) @name) @definition.macro

(call_expression function: [(identifier) (field_expression) (parenthesized_expression)] @name) @reference.calls
(preproc_include path: (_) @name) @reference.imports
