; What Zig declares and refers to.

(source_file . (comment) @definition.module)
(source_file (container_field) @definition.struct)

(source_file (variable_declaration ["const" "var"] . (identifier) @name) @definition.const)
(struct_declaration (variable_declaration ["const" "var"] . (identifier) @name) @definition.const)
(enum_declaration (variable_declaration ["const" "var"] . (identifier) @name) @definition.const)
(union_declaration (variable_declaration ["const" "var"] . (identifier) @name) @definition.const)
(opaque_declaration (variable_declaration ["const" "var"] . (identifier) @name) @definition.const)

(function_declaration name: (identifier) @name body: (block)? @body) @definition.function
(test_declaration (block) @body) @definition.function

(call_expression function: [(identifier) (field_expression)] @name) @reference.calls
(builtin_function (builtin_identifier) @_import (arguments . (string (string_content) @name)) (#eq? @_import "@import")) @reference.imports
