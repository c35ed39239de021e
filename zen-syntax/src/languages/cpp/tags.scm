; What C++ declares and refers to. A declaration is found by its declarator; the rules follow that to the name.

(namespace_definition name: (_) @name body: (_) @body) @definition.module

(class_specifier name: (_) @name body: (_) @body) @definition.class
(struct_specifier name: (_) @name body: (_) @body) @definition.struct
(union_specifier name: (_) @name body: (_) @body) @definition.union
(enum_specifier name: (_) @name body: (_) @body) @definition.enum
(concept_definition name: (identifier) @name) @definition.trait

(function_definition declarator: (_) @name body: (_)? @body) @definition.function

(translation_unit (declaration declarator: (_) @definition.static))
(declaration_list (declaration declarator: (_) @definition.static))
(template_declaration (declaration declarator: (_) @definition.static))
(linkage_specification body: (declaration declarator: (_) @definition.static))
(ERROR (declaration declarator: (_) @definition.static))
(field_declaration_list (declaration declarator: (_) @definition.static))
(field_declaration_list (field_declaration declarator: (_) @definition.static))
(preproc_if [(declaration declarator: (_) @definition.static) (field_declaration declarator: (_) @definition.static)])
(preproc_ifdef [(declaration declarator: (_) @definition.static) (field_declaration declarator: (_) @definition.static)])
(preproc_else [(declaration declarator: (_) @definition.static) (field_declaration declarator: (_) @definition.static)])
(preproc_elif [(declaration declarator: (_) @definition.static) (field_declaration declarator: (_) @definition.static)])
(preproc_elifdef [(declaration declarator: (_) @definition.static) (field_declaration declarator: (_) @definition.static)])

(type_definition type: (struct_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (class_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.class
(type_definition type: (union_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.union
(type_definition type: (enum_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.enum
(type_definition declarator: (_) @definition.type_alias)
(alias_declaration name: (type_identifier) @name) @definition.type_alias

(enum_specifier !name body: (enumerator_list (enumerator name: (identifier) @name) @definition.const))

(preproc_def name: (identifier) @name) @definition.macro
(preproc_function_def name: (identifier) @name) @definition.macro

(call_expression function: [(identifier) (field_expression) (qualified_identifier) (template_function)] @name) @reference.calls
(new_expression type: (_) @name) @reference.calls
(preproc_include path: (_) @name) @reference.imports
(using_declaration [(identifier) (qualified_identifier)] @name) @reference.imports
(base_class_clause [(type_identifier) (qualified_identifier) (template_type)] @name) @reference.extends
