//! How many copies of the model run side by side, and with how many threads each.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;

/// Weights, what the runtime makes of them, and the working memory of one batch.
const BYTES_PER_LANE: u64 = 300 << 20;

/// More copies bring little: each takes memory, and the cores wait for that.
const MAX_LANES: usize = 16;

/// Copies of the model and threads of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lanes {
    pub(super) count: usize,
    pub(super) threads: usize,
}

/// Plans for `threads` in all, by default one for each core that this process may use.
pub(super) fn plan(threads: Option<NonZero<usize>>) -> Lanes {
    let threads = threads.or_else(|| available_parallelism().ok()).map_or(1, NonZero::get);
    plan_for(threads, available_memory())
}

/// One thread for each copy wastes least, so there are as many copies as cores and half of the free memory allow.
fn plan_for(threads: usize, memory: Option<u64>) -> Lanes {
    let fitting = memory.map_or(MAX_LANES, |bytes| usize::try_from(bytes / 2 / BYTES_PER_LANE).unwrap_or(MAX_LANES));
    let count = threads.min(MAX_LANES).min(fitting).max(1);
    Lanes { count, threads: (threads / count).max(1) }
}

/// Memory that may still be used, of the machine and of this process's control group; unknown outside Linux.
fn available_memory() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let machine = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let machine = machine.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.saturating_mul(1024);
    let number = |name: &str| -> Option<u64> {
        fs::read_to_string(Path::new("/sys/fs/cgroup").join(name)).ok()?.trim().parse().ok()
    };
    // Without a limit the file says "max".
    let group = number("memory.max").map(|max| max.saturating_sub(number("memory.current").unwrap_or(0)));
    Some(group.map_or(machine, |group| group.min(machine)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_follow_cores_and_memory() {
        let lanes = |count, threads| Lanes { count, threads };
        assert_eq!(plan_for(2, None), lanes(2, 1));
        assert_eq!(plan_for(64, None), lanes(16, 4));
        assert_eq!(plan_for(4, Some(2 * BYTES_PER_LANE * 2)), lanes(2, 2));
        assert_eq!(plan_for(4, Some(1)), lanes(1, 4));
        assert_eq!(plan_for(0, Some(0)), lanes(1, 1));
    }
}
