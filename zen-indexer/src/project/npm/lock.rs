//! What the lock files of JavaScript's package managers have in common.

use std::collections::HashMap;

use crate::project::graph::{Direct, Node};

/// The packages of a lock file, and how a dependency finds its own among them.
#[derive(Default)]
pub(super) struct Lock {
    pub(super) nodes: Vec<Node>,
    pub(super) places: HashMap<String, usize>,
    pub(super) style: Style,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// By place in `node_modules`, from the folder upwards.
    #[default]
    Folders,
    /// The same, from the name of the workspace's member.
    Names,
    /// By member and name.
    Importers,
    /// By name and requirement.
    Requirements,
}

impl Lock {
    /// The package that a dependency of the member in `folder`, called `member`, became.
    pub(super) fn find(&self, folder: &str, member: &str, direct: &Direct) -> Option<usize> {
        let alias = direct.alias.as_deref().unwrap_or(&direct.name);
        match self.style {
            Style::Folders => self.upwards(folder, alias),
            Style::Names => self.upwards(&format!("node_modules/{member}"), alias),
            Style::Importers => self.places.get(&importer_key(folder, alias)).copied(),
            Style::Requirements => self.required(alias, direct.requirement.as_deref().unwrap_or_default()),
        }
    }

    /// The package that node finds from a folder: in the `node_modules` there, or in those of the folders above.
    pub(super) fn upwards(&self, folder: &str, name: &str) -> Option<usize> {
        let mut folder = folder;
        // Deeper trees than this are none that npm makes.
        for _ in 0..100 {
            if folder.is_empty() {
                return self.places.get(&format!("node_modules/{name}")).copied();
            }
            if !folder.ends_with("node_modules")
                && let Some(place) = self.places.get(&format!("{folder}/node_modules/{name}"))
            {
                return Some(*place);
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
        None
    }

    /// The package that a name with a requirement became, in yarn's files.
    pub(super) fn required(&self, name: &str, requirement: &str) -> Option<usize> {
        let place = self.places.get(&format!("{name}@{requirement}"));
        place.or_else(|| self.places.get(&format!("{name}@npm:{requirement}"))).copied()
    }
}

pub(super) fn importer_key(folder: &str, name: &str) -> String {
    format!("{folder}\n{name}")
}
