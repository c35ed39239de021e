; What Haskell declares and refers to.
