//! What a lock file holds, as a graph: which packages are needed by which.

use super::{Dependency, Ecosystem, Origin, Reading};

/// A package of a lock file.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) origin: Origin,
    /// The packages that it needs, as indices.
    pub(super) needs: Vec<usize>,
}

/// What a manifest names.
#[derive(Debug, Clone)]
pub(super) struct Direct {
    /// The name in the registry.
    pub(super) name: String,
    /// The name that the project uses, where it is another.
    pub(super) alias: Option<String>,
    pub(super) requirement: Option<String>,
    /// The version, if the manifest itself pins it.
    pub(super) version: Option<String>,
    pub(super) is_dev: bool,
    pub(super) origin: Origin,
    /// The manifest.
    pub(super) source: String,
    /// The packages of the lock file that it became; more than one where it differs by platform.
    pub(super) nodes: Vec<usize>,
}

impl Direct {
    pub(super) fn new(name: impl Into<String>, requirement: Option<String>, is_dev: bool, source: &str) -> Self {
        Self {
            name: name.into(),
            alias: None,
            requirement,
            version: None,
            is_dev,
            origin: Origin::Registry,
            source: source.to_owned(),
            nodes: Vec::new(),
        }
    }
}

impl Reading {
    /// Takes up what the manifests name and what the lock file adds to it.
    pub(super) fn add_graph(&mut self, ecosystem: Ecosystem, directs: Vec<Direct>, nodes: &[Node], lock: &str) {
        // What is reached without the manifests' development dependencies is no development dependency.
        let mut is_needed = vec![false; nodes.len()];
        let mut open: Vec<usize> =
            directs.iter().filter(|direct| !direct.is_dev).flat_map(|direct| direct.nodes.iter().copied()).collect();
        while let Some(at) = open.pop() {
            if let Some(seen) = is_needed.get_mut(at)
                && !std::mem::replace(seen, true)
            {
                open.extend(&nodes[at].needs);
            }
        }
        let mut is_named = vec![false; nodes.len()];
        for direct in directs {
            let dependency = |node: Option<&Node>, is_dev: bool| Dependency {
                ecosystem,
                name: node.map_or(&direct.name, |node| &node.name).clone(),
                requirement: direct.requirement.clone(),
                version: node.and_then(|node| node.version.clone()).or_else(|| direct.version.clone()),
                is_direct: true,
                is_dev,
                source: direct.source.clone(),
                origin: node.map_or(direct.origin, |node| node.origin),
            };
            if direct.nodes.is_empty() {
                self.add(dependency(None, direct.is_dev));
            }
            for at in direct.nodes.iter().copied().filter(|at| *at < nodes.len()) {
                is_named[at] = true;
                self.add(dependency(Some(&nodes[at]), direct.is_dev && !is_needed[at]));
            }
        }
        for ((node, is_named), is_needed) in nodes.iter().zip(is_named).zip(is_needed) {
            // Folders that no manifest names are the workspace's own members.
            if is_named || node.origin == Origin::Path {
                continue;
            }
            self.add(Dependency {
                ecosystem,
                name: node.name.clone(),
                requirement: None,
                version: node.version.clone(),
                is_direct: false,
                is_dev: !is_needed,
                source: lock.to_owned(),
                origin: node.origin,
            });
        }
    }
}
