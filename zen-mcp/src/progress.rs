//! How far long work is: from a backend's threads to the client's notifications.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use tokio::sync::watch;

/// Time between two notifications of one call: more often, nobody could read them.
const PAUSE: Duration = Duration::from_millis(100);
/// What lies between two notifications of equal steps; the protocol wants each above the one before.
const ABOVE: f64 = 0.001;

/// How far something is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// Units done of the whole, whatever a unit is: files, bytes.
    pub done: u64,
    /// Units in all, where that is known.
    pub total: Option<u64>,
    /// What is being done, for people to read.
    pub message: String,
}

/// Takes a backend's word on how far it is. Cheap to clone, callable from any thread, never waits.
#[derive(Clone)]
pub struct Progress(Option<Arc<dyn Fn(Step) + Send + Sync>>);

impl Progress {
    /// Progress that goes to a function.
    #[must_use]
    pub fn new(to: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(to)))
    }

    /// Progress nobody asked for.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Tells a step. Clients see the newest ones only, some ten in a second.
    pub fn report(&self, done: u64, total: Option<u64>, message: impl Into<String>) {
        if let Self(Some(to)) = self {
            to(Step { done, total, message: message.into() });
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Progress").field(&self.0.is_some()).finish()
    }
}

/// Runs work that reports progress, and sends its steps to whoever gave the token, the last one before it returns.
pub(crate) async fn notifying<W>(
    peer: &Peer<RoleServer>,
    token: Option<ProgressToken>,
    work: impl FnOnce(Progress) -> W,
) -> W::Output
where
    W: Future,
{
    let Some(token) = token else { return work(Progress::none()).await };
    let (sender, mut steps) = watch::channel(Step::default());
    let work = work(Progress::new(move |step| {
        sender.send_replace(step);
    }));
    let mut rising = Rising::default();
    let done = {
        let forward = async {
            while steps.changed().await.is_ok() {
                let step = steps.borrow_and_update().clone();
                send(peer, &token, rising.of(step)).await;
                tokio::time::sleep(PAUSE).await;
            }
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            done = work => done,
            never = forward => match never {},
        }
    };
    // The channel is closed by now where the work held its last sender; what it sent last is still there.
    let last = steps.borrow().clone();
    if last != Step::default() && rising.last.as_ref() != Some(&last) {
        send(peer, &token, rising.of(last)).await;
    }
    done
}

async fn send(peer: &Peer<RoleServer>, token: &ProgressToken, (progress, step): (f64, Step)) {
    let mut param = ProgressNotificationParam::new(token.clone(), progress).with_message(step.message);
    // Units are counted up to some billions, which f64 holds.
    if let Some(total) = step.total {
        param = param.with_total(total as f64);
    }
    // A client that is gone hears of it in no other way either; its call is cancelled by the transport.
    drop(peer.notify_progress(param).await);
}

/// Numbers that rise with each step, as the protocol has it, also where the work's own do not.
#[derive(Default)]
struct Rising {
    at: Option<f64>,
    last: Option<Step>,
}

impl Rising {
    // As in `send`: f64 holds these counts.
    fn of(&mut self, step: Step) -> (f64, Step) {
        let done = step.done as f64;
        let at = self.at.map_or(done, |at| if done > at { done } else { at + ABOVE });
        self.at = Some(at);
        self.last = Some(step.clone());
        (at, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_whatever_the_work_says() {
        let mut rising = Rising::default();
        let step = |done| Step { done, total: None, message: String::new() };
        let numbers: Vec<f64> = [0, 0, 3, 3, 1, 4].map(|done| rising.of(step(done)).0).into();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        assert_eq!((numbers[0], numbers[2], numbers[5]), (0.0, 3.0, 4.0));
    }

    #[test]
    fn progress_reaches_its_function_and_none_is_silent() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let progress = Progress::new(move |step| sender.send(step).expect("received below"));
        progress.clone().report(2, Some(5), "parsing");
        assert_eq!(receiver.recv(), Ok(Step { done: 2, total: Some(5), message: "parsing".into() }));
        Progress::none().report(1, None, "");
    }
}
