; What Lua declares and refers to.
