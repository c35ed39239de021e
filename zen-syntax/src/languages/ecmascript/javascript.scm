; What only JavaScript declares and refers to.

(class_declaration name: (identifier) @name) @definition.class
(class_body (method_definition name: (_) @name) @definition.method)
(class_body (field_definition property: (_) @name) @definition.const)
(class_heritage [(identifier) (member_expression)] @name) @reference.extends
