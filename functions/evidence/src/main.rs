//! The Lambda function `evidence`.

use std::sync::Arc;

use chamada_platform::{BoxError, Platform, serve_events};
use evidence::Handler;
use futures::FutureExt;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let handler = Arc::new(Handler::new(Platform::from_env().await?));
    serve_events(move |event, deadline| {
        let handler = Arc::clone(&handler);
        // Boxed: the runtime wraps it in many layers, whose types together are too deep for the compiler.
        async move { handler.handle(event, deadline).await }.boxed()
    })
    .await
}
