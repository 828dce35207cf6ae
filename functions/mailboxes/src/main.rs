//! The function as AWS Lambda runs it.

use chamada_platform::{BoxError, Platform, serve_http};
use chamada_web::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let platform = Platform::from_env().await?;
    // A failure here shows again, and is answered, at the first request.
    if let Err(error) = App::new(platform.clone()).store.warm_up().await {
        tracing::warn!(%error, "the table did not answer at start");
    }
    serve_http(chamada_web::service(mailboxes::router(platform.clone()), &platform)).await
}
