; What Swift declares and refers to.

(class_declaration declaration_kind: "class" name: (type_identifier) @name body: (_) @body) @definition.class
(class_declaration declaration_kind: "actor" name: (type_identifier) @name body: (_) @body) @definition.class
(class_declaration declaration_kind: "struct" name: (type_identifier) @name body: (_) @body) @definition.struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name body: (_) @body) @definition.enum
(protocol_declaration name: (type_identifier) @name body: (_) @body) @definition.trait
(class_declaration declaration_kind: "extension" name: (_) @name) @scope

(function_declaration "func" . _ @name body: (_)? @body) @definition.function
(protocol_function_declaration "func" . _ @name) @definition.function
(init_declaration "init" @name body: (_)? @body) @definition.method
(subscript_declaration "subscript" @name (computed_property)? @body) @definition.method
(property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.static
(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.method
(typealias_declaration "typealias" . (type_identifier) @name) @definition.type_alias
(macro_declaration "macro" . (simple_identifier) @name) @definition.macro

(call_expression . [(simple_identifier) (navigation_expression)] @name) @reference.calls
(constructor_expression constructed_type: (user_type) @name) @reference.calls
(macro_invocation (simple_identifier) @name) @reference.calls
(import_declaration (identifier) @name) @reference.imports
(class_declaration declaration_kind: "class" (inheritance_specifier inherits_from: (_) @name)) @reference.extends
(protocol_declaration (inheritance_specifier inherits_from: (_) @name)) @reference.extends
(class_declaration declaration_kind: ["struct" "enum" "actor"] (inheritance_specifier inherits_from: (_) @name)) @reference.implements
(class_declaration declaration_kind: "extension" name: (_) @from (inheritance_specifier inherits_from: (_) @name)) @reference.implements
