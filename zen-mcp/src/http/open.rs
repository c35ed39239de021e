//! Calls whose answers are still being written.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;
use tokio::sync::watch;

/// Counts them. A GET is none: it is a client listening for whatever may come, and never ends by itself.
#[derive(Debug, Clone)]
pub(super) struct OpenCalls(Arc<watch::Sender<usize>>);

impl Default for OpenCalls {
    fn default() -> Self {
        Self(Arc::new(watch::channel(0).0))
    }
}

struct OpenCall(OpenCalls);

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.0.0.send_modify(|open| *open -= 1);
    }
}

impl OpenCalls {
    /// Passes a request on, and counts it until its answer's last byte is sent or its client is gone.
    pub(super) async fn count(self, request: Request, next: Next) -> Response {
        if request.method() == Method::GET {
            return next.run(request).await;
        }
        self.0.send_modify(|open| *open += 1);
        let call = OpenCall(self);
        next.run(request).await.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _held_until_the_body_is_dropped = &call;
                frame
            }))
        })
    }

    /// Ready when there are none.
    pub(super) async fn ended(&self) {
        // The sender is in `self`.
        let _ = self.0.subscribe().wait_for(|open| *open == 0).await;
    }
}
