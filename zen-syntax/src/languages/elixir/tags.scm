; What Elixir declares and refers to.
