//! How fast a sweep is. Run it alone, on a machine that does nothing else: `cargo nextest run --release -p mail-sweep --run-ignored only`.

use std::time::Instant;

use chamada_domain::mailbox::{AfterImport, SweepState};
use chamada_tests::dovecot::Dovecot;
use chamada_tests::mails::Draft;

use crate::desk::Desk;

/// 500 mails of 100 senders from Dovecot on loopback, 1 in 10 with a 50 KB attachment.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn five_hundred_mails() {
    let server = Dovecot::start(&[("soporte", "x")]);
    for n in 0..500 {
        let (from, id) = (format!("c{}@example.com", n % 100), format!("{n}@speed.example"));
        let mut draft = Draft::new(
            &from,
            &format!("Pedido {n}"),
            &id,
            &"Buenos dias, la impresora no imprime. ".repeat(13),
        );
        if n % 10 == 0 {
            let bytes: Vec<u8> = [b"%PDF-1.4\n".to_vec(), (0..50_000).map(|i| (i * n % 251) as u8).collect()].concat();
            draft = draft.with_attachment("a.pdf", "application/pdf", &bytes);
        }
        server.deliver("soporte", &draft.bytes());
    }
    let desk = Desk::open().await;
    let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
    let began = Instant::now();
    let sweep = desk.sweep(&mailbox).await;
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!((sweep.state, sweep.counts.imported), (SweepState::Done, 500), "{sweep:?}");
    assert_eq!(server.count("soporte"), 0);
    println!("{:.0} messages/s", 500.0 / seconds);
}
