//! Choosing links among near vectors.

use crate::graph::{Scratch, Space, Target};

/// Memory to choose with, used again.
#[derive(Default)]
pub(super) struct Chooser {
    left: Vec<(u32, f32)>,
    passed: Vec<(u32, f32)>,
    entries: Vec<u32>,
}

impl Chooser {
    /// Chooses up to `most` of the candidates, which come with their distances from one vector, nearest first: those that
    /// are nearer to it than to any that was chosen before (algorithm 4 of Malkov and Yashunin, 2016), then the nearest of
    /// the others until there are `fill`.
    pub(super) fn choose(
        &mut self,
        space: Space<'_>,
        candidates: impl Iterator<Item = (u32, f32)>,
        most: usize,
        fill: usize,
        target: &mut Target,
        scratch: &mut Scratch,
    ) -> Vec<u32> {
        let Scratch { dots, distances, .. } = scratch;
        let mut chosen = Vec::with_capacity(most);
        self.passed.clear();
        self.left.clear();
        self.left.extend(candidates);
        while chosen.len() < most && !self.left.is_empty() {
            let (next, _) = self.left.remove(0);
            chosen.push(next);
            space.aim(target, next);
            self.entries.clear();
            self.entries.extend(self.left.iter().map(|(entry, _)| *entry));
            space.distances(target, &self.entries, dots, distances);
            let mut to_chosen = distances.iter();
            let passed = &mut self.passed;
            self.left.retain(|candidate| {
                let keep = to_chosen.next().is_some_and(|to_chosen| candidate.1 < *to_chosen);
                if !keep && passed.len() < fill {
                    passed.push(*candidate);
                }
                keep
            });
        }
        if chosen.len() < fill {
            self.passed.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            let missing = fill - chosen.len();
            chosen.extend(self.passed.iter().take(missing).map(|(entry, _)| *entry));
        }
        chosen
    }
}
