//! Threads that encode. They are few and stay the same, so that what one has freed is what it takes next: spread over the
//! many threads of a runtime's pool, memory goes back to the system and comes anew all the time.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::error::WriteError;

type Job = Box<dyn FnOnce() + Send>;

/// Up to a number of threads, started when there is work for them and ended with the pool.
pub(super) struct Pool {
    shared: Arc<Shared>,
    threads: usize,
}

struct Shared {
    queue: Mutex<Queue>,
    news: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    started: usize,
    idle: usize,
    ended: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    pub(super) fn new(threads: usize) -> Self {
        let shared = Shared { queue: Mutex::default(), news: Condvar::new() };
        Self { shared: Arc::new(shared), threads: threads.max(1) }
    }

    /// Does work on one of the threads, after all that was asked for before; its panic is an error. Work goes on to its
    /// end when nobody waits for it any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, WriteError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (tell, told) = oneshot::channel();
        self.start(Box::new(move || {
            // Nobody may be there to hear it.
            let _ = tell.send(work());
        }))?;
        told.await.map_err(|_| WriteError::Interrupted("a thread that encodes has failed".to_string()))?
    }

    fn start(&self, job: Job) -> Result<(), WriteError> {
        let mut queue = self.shared.queue();
        if queue.jobs.len() >= queue.idle && queue.started < self.threads {
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name("ducklake-encode".to_string());
            match thread.spawn(move || serve(&shared)) {
                Ok(_) => queue.started += 1,
                Err(error) if queue.started == 0 => return Err(WriteError::Interrupted(error.to_string())),
                // Those that are there do it later.
                Err(_) => {}
            }
        }
        queue.jobs.push_back(job);
        self.shared.news.notify_one();
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.queue().ended = true;
        self.shared.news.notify_all();
    }
}

fn serve(shared: &Shared) {
    let mut queue = shared.queue();
    loop {
        if let Some(job) = queue.jobs.pop_front() {
            drop(queue);
            // The one who waits sees that there is no answer.
            let _ = catch_unwind(AssertUnwindSafe(job));
            queue = shared.queue();
        } else if queue.ended {
            return;
        } else {
            queue.idle += 1;
            queue = shared.news.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_by_few_threads_and_failures_are_told() {
        let pool = Pool::new(2);
        let jobs = (0..50).map(|number| pool.run(move || Ok((number, std::thread::current().id()))));
        let done: Vec<_> = futures::future::join_all(jobs).await.into_iter().map(Result::unwrap).collect();
        assert!(done.iter().map(|(number, _)| *number).eq(0..50));
        let threads: std::collections::HashSet<_> = done.iter().map(|(_, thread)| *thread).collect();
        assert!(threads.len() <= 2);
        let failed: Result<(), _> = pool.run(|| panic!("of a test")).await;
        assert!(matches!(failed, Err(WriteError::Interrupted(_))));
        assert_eq!(pool.run(|| Ok(7)).await.unwrap(), 7);
    }
}
