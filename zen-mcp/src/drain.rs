//! A transport whose end is not reached before the last answer is written.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ClientNotification, JsonRpcMessage, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::sync::watch;

/// Requests that have no answer yet. Nobody waits for one that was cancelled.
#[derive(Debug)]
struct Open {
    requests: Mutex<HashSet<RequestId>>,
    /// How many; and whether the client reads no more.
    left: watch::Sender<Left>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Left {
    requests: usize,
    gone: bool,
}

impl Open {
    fn add(&self, id: &RequestId) {
        self.change(|requests| requests.insert(id.clone()));
    }

    fn remove(&self, id: &RequestId) {
        self.change(|requests| requests.remove(id));
    }

    fn change(&self, change: impl FnOnce(&mut HashSet<RequestId>) -> bool) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if change(&mut requests) {
            self.left.send_modify(|left| left.requests = requests.len());
        }
    }
}

/// Holds the end of the input back while there are requests without an answer: the SDK would wait for these for some
/// seconds only. A client that does not even read any more ends it at once.
pub(crate) struct Drain<T> {
    inner: T,
    open: Arc<Open>,
    ended: bool,
}

impl<T> Drain<T> {
    pub(crate) fn new(inner: T) -> Self {
        let open = Arc::new(Open { requests: Mutex::default(), left: watch::channel(Left::default()).0 });
        Self { inner, open, ended: false }
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Drain<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let answered = match &item {
            JsonRpcMessage::Response(response) => Some(response.id.clone()),
            JsonRpcMessage::Error(error) => error.id.clone(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        let (sent, open) = (self.inner.send(item), Arc::clone(&self.open));
        async move {
            let result = sent.await;
            if result.is_err() {
                open.left.send_modify(|left| left.gone = true);
            }
            if let Some(id) = answered {
                open.remove(&id);
            }
            result
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        if !self.ended {
            let message = self.inner.receive().await;
            match &message {
                None => self.ended = true,
                Some(ClientJsonRpcMessage::Request(request)) => self.open.add(&request.id),
                Some(ClientJsonRpcMessage::Notification(notification)) => {
                    if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
                        && let Some(id) = &cancelled.params.request_id
                    {
                        self.open.remove(id);
                    }
                }
                Some(ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_)) => {}
            }
            if message.is_some() {
                return message;
            }
        }
        // This future may be dropped and made anew while answers are written; `ended` stays.
        let mut left = self.open.left.subscribe();
        // The sender lives as long as `self`.
        let _ = left.wait_for(|left| left.requests == 0 || left.gone).await;
        None
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}
