; What shell scripts declare and refer to.

(function_definition name: (word) @name body: (_) @body) @definition.function

(declaration_command (variable_assignment name: (variable_name) @name)) @definition.const
(declaration_command (variable_name) @name) @definition.const

(command name: (command_name (word) @_alias) argument: [(concatenation) (word)] @name (#eq? @_alias "alias")) @definition.macro

(command name: (command_name (word) @_source) . argument: (_) @name (#any-of? @_source "source" ".")) @reference.imports
(command name: (command_name (word) @name)) @reference.calls
