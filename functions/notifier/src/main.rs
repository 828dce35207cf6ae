//! The Lambda function `notifier`.

use std::sync::Arc;

use chamada_platform::{BoxError, Platform, serve_events};
use notifier::Handler;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let handler = Arc::new(Handler::new(Platform::from_env().await?));
    handler.warm_up().await;
    serve_events(move |event, deadline| {
        let handler = handler.clone();
        async move { handler.handle(event, deadline).await }
    })
    .await
}
