//! Where packages come from: working trees, the ecosystems' own clients, git.
