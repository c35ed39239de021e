; What Java declares and refers to.
