//! The Lambda function `tickets`.

use chamada_platform::{BoxError, Platform, serve_http};
use chamada_web::App;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let platform = Platform::from_env().await?;
    App::new(platform.clone()).warm_up().await;
    serve_http(chamada_web::service(tickets::router(platform.clone()), &platform)).await
}
