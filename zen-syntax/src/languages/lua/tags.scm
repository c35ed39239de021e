; What Lua declares and refers to.

(chunk (return_statement (expression_list . [(identifier) (table_constructor) (function_call) (function_definition)] @name))) @definition.module

(function_declaration name: (_) @name body: (_)? @body) @definition.function
(assignment_statement (variable_list . name: (_) @name) (expression_list . value: (function_definition body: (_)? @body))) @definition.function
(field name: [(identifier) (string)] @name value: (function_definition body: (_)? @body)) @definition.function

(chunk (variable_declaration (assignment_statement (variable_list . name: (identifier) @name))) @definition.static)
(chunk (assignment_statement (variable_list . name: [(identifier) (dot_index_expression)] @name)) @definition.static)

(function_call name: (_) @name) @reference.calls

(function_call name: (identifier) @_require arguments: (arguments . (string content: (_) @name))
  (#any-of? @_require "require" "dofile" "loadfile")) @reference.imports

(function_call name: (identifier) @_meta
  arguments: (arguments . (identifier) @from . (table_constructor (field name: (identifier) @_index value: [(identifier) (dot_index_expression)] @name)))
  (#eq? @_meta "setmetatable") (#eq? @_index "__index")) @reference.extends
(chunk (variable_declaration (assignment_statement (variable_list . name: (identifier) @from)
  (expression_list . value: (function_call name: (identifier) @_meta
    arguments: (arguments . (table_constructor)
      (table_constructor (field name: (identifier) @_index value: [(identifier) (dot_index_expression)] @name))))))
  (#eq? @_meta "setmetatable") (#eq? @_index "__index"))) @reference.extends
