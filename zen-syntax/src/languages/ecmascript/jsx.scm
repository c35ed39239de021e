; What JavaScript and TSX have and TypeScript has not: components are called.

(jsx_opening_element name: [(identifier) (member_expression)] @name (#match? @name "^[A-Z]|[.]")) @reference.calls
(jsx_self_closing_element name: [(identifier) (member_expression)] @name (#match? @name "^[A-Z]|[.]")) @reference.calls
