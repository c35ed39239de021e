//! Documentation as chunks: files cut by headings and size.
