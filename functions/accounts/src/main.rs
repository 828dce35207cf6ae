//! The `accounts` function on Lambda.

use chamada_platform::{BoxError, Platform, serve_http};
use chamada_store::Store;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let platform = Platform::from_env().await?;
    let config = platform.config();
    Store::new(platform.dynamodb().clone(), config.table_name.as_str(), u32::from(config.shards))
        .warm_up()
        .await?;
    serve_http(chamada_web::service(accounts::router(platform.clone()), &platform)).await
}
