; What Rust declares and refers to.

; The documentation of the file itself.
(source_file (line_comment inner: (inner_doc_comment_marker)) @definition.module)
(source_file (block_comment inner: (inner_doc_comment_marker)) @definition.module)

(mod_item name: (identifier) @name) @definition.module
(struct_item name: (type_identifier) @name) @definition.struct
(union_item name: (type_identifier) @name) @definition.union
(enum_item name: (type_identifier) @name) @definition.enum
(trait_item name: (type_identifier) @name) @definition.trait
(type_item name: (type_identifier) @name) @definition.type_alias
(const_item name: (identifier) @name) @definition.const
(static_item name: (identifier) @name) @definition.static
(function_item name: (identifier) @name) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(macro_definition name: (identifier) @name) @definition.macro

(impl_item type: (_) @name) @scope

(impl_item trait: (_) @name type: (_) @from) @reference.implements
(trait_item bounds: (trait_bounds
  [(type_identifier) (scoped_type_identifier) (generic_type) (function_type) (higher_ranked_trait_bound)] @name)) @reference.extends

(call_expression function: [(identifier) (scoped_identifier) (field_expression)] @name) @reference.calls
(call_expression function: (generic_function function: (_) @name)) @reference.calls
(macro_invocation macro: (_) @name) @reference.calls

(use_declaration argument: [(identifier) (scoped_identifier) (use_as_clause) (use_wildcard) (crate) (self) (super)] @name) @reference.imports
(use_list [(identifier) (scoped_identifier) (use_as_clause) (use_wildcard) (crate) (self) (super)] @name) @reference.imports
(extern_crate_declaration name: (identifier) @name) @reference.imports
