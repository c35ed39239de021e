; What TypeScript and TSX declare and refer to.
