; What Haskell declares and refers to.

(header module: (module) @name) @definition.module

(declarations (signature name: (_) @name) @definition.function)
(declarations (signature names: (binding_list name: (_) @name)) @definition.function)
(declarations (function name: (_) @name) @definition.function)
(declarations (function (infix operator: (_) @name)) @definition.function)
(declarations (bind name: (_) @name) @definition.function)
(declarations (foreign_import signature: (signature name: (_) @name)) @definition.function)
(declarations (pattern_synonym (signature synonym: (_) @name)) @definition.function)
(declarations (pattern_synonym (equation synonym: (_) @name)) @definition.function)

(declarations (data_type name: (_) @name) @definition.struct)
(declarations (newtype name: (_) @name) @definition.struct)
(declarations (type_synonym name: (_) @name) @definition.type_alias)
(declarations (type_family name: (_) @name) @definition.type_alias)
(declarations (data_family name: (_) @name) @definition.type_alias)
(declarations (class name: (_) @name) @definition.trait)
(class_declarations (signature name: (_) @name) @definition.method)
(class_declarations (signature names: (binding_list name: (_) @name)) @definition.method)
(class_declarations [(bind name: (_) @name) (function name: (_) @name)] @definition.method)

(apply function: [(variable) (qualified)] @name) @reference.calls
(infix_id (variable) @name) @reference.calls
(import module: (module) @name) @reference.imports
(deriving classes: (name) @name) @reference.implements
(deriving classes: (tuple (name) @name)) @reference.implements
(class context: (context context: (apply constructor: (name) @name))) @reference.extends
(class context: (context context: (tuple (apply constructor: (name) @name)))) @reference.extends
(class context: (context context: (parens (apply constructor: (name) @name)))) @reference.extends
(instance name: (_) @name patterns: (type_patterns . (name) @from)) @reference.implements
(instance name: (_) @name patterns: (type_patterns . (parens (apply constructor: (name) @from)))) @reference.implements
(instance name: (_) @name patterns: (type_patterns . (parens (apply constructor: (apply constructor: (name) @from))))) @reference.implements
(instance name: (_) @name patterns: (type_patterns . [(list) (tuple) (unit)])) @reference.implements
(deriving_instance name: (_) @name patterns: (type_patterns . (name) @from)) @reference.implements
(deriving_instance name: (_) @name patterns: (type_patterns . (parens (apply constructor: (name) @from)))) @reference.implements
