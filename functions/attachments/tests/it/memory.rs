//! Completing a file takes as much memory for a large one as for a small one: what is not read takes none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chamada_domain::{Role, media};
use chamada_tests::desk::{Desk, Setup};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::kit::{announce, announcement, complete, put};

/// Passes connections on to `upstream` and counts the bytes that come back.
async fn counting(upstream: String) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&upstream).await.unwrap();
            let counter = Arc::clone(&counter);
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(async move {
                let mut piece = vec![0; 64 * 1024];
                while let Ok(read @ 1..) = from_server.read(&mut piece).await {
                    counter.fetch_add(read as u64, Ordering::SeqCst);
                    if to_client.write_all(&piece[..read]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (endpoint, count)
}

#[tokio::test]
async fn completing_fifty_megabytes_fetches_no_more_than_completing_five_kilobytes() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (_, ana) = desk.enter("ana@example.org", Role::User).await;
    let s3 = desk.services.server_file().s3.clone();
    let (endpoint, count) = counting(s3.trim_start_matches("http://").to_owned()).await;
    let platform = desk.platform_by(|endpoints| endpoints.s3 = Some(endpoint));
    let through = desk.browser_of(attachments::router, &platform);
    through.set_cookie(ana.cookie());
    let mut fetched = Vec::new();
    for size in [5 << 10, 50 << 20] {
        let bytes = vec![b'a'; size];
        let announced = announce(&ana, &announcement("registro.txt", "text/plain", &bytes))
            .await
            .expect(201);
        assert_eq!(put(&announced, &bytes).await, 200);
        let before = count.load(Ordering::SeqCst);
        complete(&through, announced["attachment_id"].as_str().unwrap()).await.expect(200);
        fetched.push(count.load(Ordering::SeqCst) - before);
    }
    println!("bytes fetched for 5 KiB and for 50 MiB, headers included: {fetched:?}");
    // Both answers' headers, and the first bytes.
    let most = media::SNIFFED_BYTES as u64 + 4 * 1024;
    assert!(fetched.iter().all(|bytes| (1..most).contains(bytes)), "{fetched:?}");
}
